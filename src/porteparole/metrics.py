"""Precision, recall and F1 of predicted documents against annotated ones.

Statements are paired one to one by the overlap of their cues; all other figures follow from that pairing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .labels import ROLES
from .schema import Document, Span, Statement

__all__ = ["SPANS", "Counts", "headline", "pair", "score"]


# What is compared span by span; the speaker is the antecedent, else the source.
SPANS = ("cue", *ROLES, "speaker")


@dataclass(slots=True)
class Counts:
    """True positives, predicted and annotated items, summed over documents."""

    hit: float = 0
    predicted: int = 0
    gold: int = 0

    def add(self, hit: float, predicted: int, gold: int) -> None:
        """Count one more comparison."""
        self.hit += hit
        self.predicted += predicted
        self.gold += gold

    def to_dict(self) -> dict[str, float]:
        """Return ``{"precision", "recall", "f1", "n"}``; `n` is the number of annotated items."""
        precision = self.hit / self.predicted if self.predicted else 0.0
        recall = self.hit / self.gold if self.gold else 0.0
        f1 = 2 * self.hit / (self.predicted + self.gold) if self.predicted + self.gold else 0.0
        return {"precision": precision, "recall": recall, "f1": f1, "n": self.gold}


def pair(predicted: Document, gold: Document) -> list[tuple[int, int]]:
    """Pair statements one to one by cue overlap in characters, the largest overlap first.

    Returns:
        ``(index in predicted, index in gold)``, in the order of the predicted ones.
    """
    overlaps = []
    first = 0  # both lists are ordered by cue, and the cues of one document do not overlap
    for g, annotated in enumerate(gold.statements):
        while first < len(predicted) and predicted.statements[first].cue.end <= annotated.cue.start:
            first += 1
        for p in range(first, len(predicted)):
            cue = predicted.statements[p].cue
            if cue.start >= annotated.cue.end:
                break
            shared = min(cue.end, annotated.cue.end) - max(cue.start, annotated.cue.start)
            if shared > 0:
                overlaps.append((-shared, p, g))
    taken_p: set[int] = set()
    taken_g: set[int] = set()
    pairs = []
    for _, p, g in sorted(overlaps):
        if p not in taken_p and g not in taken_g:
            taken_p.add(p)
            taken_g.add(g)
            pairs.append((p, g))
    return sorted(pairs)


def score(predicted: Sequence[Document], gold: Sequence[Document]) -> dict[str, Any]:
    """Compare predictions with annotations.

    Spans of statements that were not paired count as missed or invented. A figure ``exact`` counts spans
    with the same offsets, ``characters`` the characters inside them.

    Returns:
        A table of figures, each ``{"precision", "recall", "f1", "n"}`` or a plain number:
        each of `SPANS` (``exact``, ``characters``, and ``overlap`` for the cue), ``act``
        (``accuracy`` and ``macro_f1`` on paired statements, and F1 by label), ``topic``,
        ``topic_stance`` (micro, and by topic), ``stance`` (on topics found in both).
    """
    count: defaultdict[str, Counts] = defaultdict(Counts)
    acts: list[tuple[str, str]] = []
    stances: list[tuple[str, str]] = []
    for guess, truth in zip(predicted, gold, strict=True):
        pairs = pair(guess, truth)
        partner = dict(pairs)
        count["cue.overlap"].add(len(pairs), len(guess), len(truth))
        paired_gold = {g for _, g in pairs}
        couples: list[tuple[Statement | None, Statement | None]] = [
            (s, truth.statements[partner[p]] if p in partner else None) for p, s in enumerate(guess.statements)
        ]
        couples += [(None, s) for g, s in enumerate(truth.statements) if g not in paired_gold]
        for mine, theirs in couples:
            _count_spans(count, mine, theirs)
            _count_topics(count, mine, theirs)
            if mine and theirs:
                acts.append((mine.act.label, theirs.act.label))
                ours = {t.topic: t.label for t in mine.topics}
                stances += [(ours[t.topic], t.label) for t in theirs.topics if t.topic in ours]
    table: dict[str, Any] = {"documents": len(gold), "statements": sum(map(len, gold))}
    for part in SPANS:
        table[part] = {kind: count[f"{part}.{kind}"].to_dict() for kind in ("exact", "characters")}
    table["cue"]["overlap"] = count["cue.overlap"].to_dict()
    table["act"] = _classification(acts)
    table["topic"] = _micro_and_labels(count, "topic.")
    table["topic_stance"] = _micro_and_labels(count, "topic_stance.")
    table["stance"] = _classification(stances)
    return table


def _count_spans(count: dict[str, Counts], mine: Statement | None, theirs: Statement | None) -> None:
    for part in SPANS:
        ours, others = ([(s.start, s.end) for s in _spans(x, part)] for x in (mine, theirs))
        count[f"{part}.exact"].add(len(set(ours) & set(others)), len(ours), len(others))
        inside, wanted = ({i for span in spans for i in range(*span)} for spans in (ours, others))
        count[f"{part}.characters"].add(len(inside & wanted), len(inside), len(wanted))


def _spans(statement: Statement | None, part: str) -> Sequence[Span]:
    if statement is None:
        return ()
    if part == "cue":
        return (statement.cue,)
    if part == "speaker":
        return statement.antecedent or statement.source
    spans: tuple[Span, ...] = getattr(statement, part)
    return spans


def _count_topics(count: dict[str, Counts], mine: Statement | None, theirs: Statement | None) -> None:
    ours, others = ({t.topic: t.label for t in x.topics} if x else {} for x in (mine, theirs))
    for topic in ours.keys() | others.keys():
        found = topic in ours and topic in others
        count[f"topic.{topic}"].add(found, topic in ours, topic in others)
        right = found and ours[topic] == others[topic]
        count[f"topic_stance.{topic}"].add(right, topic in ours, topic in others)


def _micro_and_labels(count: dict[str, Counts], prefix: str) -> dict[str, Any]:
    labels = {key.removeprefix(prefix): value for key, value in count.items() if key.startswith(prefix)}
    micro = Counts()
    for value in labels.values():
        micro.add(value.hit, value.predicted, value.gold)
    return {"micro": micro.to_dict(), "labels": {label: labels[label].to_dict() for label in sorted(labels)}}


def _classification(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Accuracy, macro-F1 over the labels that occur in the annotation, and F1 by label."""
    pairs = list(pairs)
    guessed, true = Counter(p for p, _ in pairs), Counter(g for _, g in pairs)
    right = Counter(p for p, g in pairs if p == g)
    labels = {label: Counts(right[label], guessed[label], true[label]).to_dict() for label in sorted(guessed | true)}
    annotated = [labels[label]["f1"] for label in true]
    return {
        "accuracy": sum(right.values()) / len(pairs) if pairs else 0.0,
        "macro_f1": sum(annotated) / len(annotated) if annotated else 0.0,
        "n": len(pairs),
        "labels": labels,
    }


def headline(table: dict[str, Any]) -> dict[str, float]:
    """Return the figures by which a model is chosen and compared, from a table of `score`."""
    return {
        "cue": table["cue"]["overlap"]["f1"],
        "source": table["source"]["exact"]["f1"],
        "content": table["content"]["exact"]["f1"],
        "content_characters": table["content"]["characters"]["f1"],
        "speaker": table["speaker"]["exact"]["f1"],
        "act": table["act"]["accuracy"],
        "topic": table["topic"]["micro"]["f1"],
        "topic_stance": table["topic_stance"]["micro"]["f1"],
    }
