"""Precision, recall and F1 of predicted documents against annotated ones.

Statements are paired one to one by the overlap of their cues; all other figures follow from that pairing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .labels import ROLES
from .schema import Document, Span, Statement

__all__ = ["SPANS", "Counts", "Tally", "headline", "pair", "score", "tabulate", "tally"]

# ("source.exact", "hit" | "predicted" | "gold"), or ("act" | "stance", predicted label, annotated label), to a number.
Tally = Counter[tuple[str, ...]]


# What is compared span by span; the speaker is the antecedent, else the source.
SPANS = ("cue", *ROLES, "speaker")


@dataclass(slots=True)
class Counts:
    """True positives, predicted and annotated items, summed over documents."""

    hit: float = 0
    predicted: float = 0
    gold: float = 0

    def add(self, hit: float, predicted: float, gold: float) -> None:
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


def tally(predicted: Document, gold: Document) -> Tally:
    """Count what `tabulate` needs of one document; tallies of several documents add up."""
    count: Tally = Counter()
    pairs = pair(predicted, gold)
    partner = dict(pairs)
    _add(count, "cue.overlap", len(pairs), len(predicted), len(gold))
    paired_gold = {g for _, g in pairs}
    couples: list[tuple[Statement | None, Statement | None]] = [
        (s, gold.statements[partner[p]] if p in partner else None) for p, s in enumerate(predicted.statements)
    ]
    couples += [(None, s) for g, s in enumerate(gold.statements) if g not in paired_gold]
    for mine, theirs in couples:
        _count_spans(count, mine, theirs)
        _count_topics(count, mine, theirs)
        if mine and theirs:
            count["act", mine.act.label, theirs.act.label] += 1
            ours = {t.topic: t.label for t in mine.topics}
            for t in theirs.topics:
                if t.topic in ours:
                    count["stance", ours[t.topic], t.label] += 1
    return count


def tabulate(total: Mapping[tuple[str, ...], float]) -> dict[str, Any]:
    """Return the figures of `score`, without its number of documents and statements, from a sum of tallies."""
    count: defaultdict[str, Counts] = defaultdict(Counts)
    choices: dict[str, dict[tuple[str, str], float]] = {"act": {}, "stance": {}}
    for (name, *rest), number in total.items():
        if name in choices:
            choices[name][rest[0], rest[1]] = number
        else:
            setattr(count[name], rest[0], number)
    table: dict[str, Any] = {}
    for part in SPANS:
        table[part] = {kind: count[f"{part}.{kind}"].to_dict() for kind in ("exact", "characters")}
    table["cue"]["overlap"] = count["cue.overlap"].to_dict()
    table["act"] = _classification(choices["act"])
    table["topic"] = _micro_and_labels(count, "topic.")
    table["topic_stance"] = _micro_and_labels(count, "topic_stance.")
    table["stance"] = _classification(choices["stance"])
    return table


def score(predicted: Sequence[Document], gold: Sequence[Document]) -> dict[str, Any]:
    """Compare predictions with annotations.

    Spans of statements that were not paired count as missed or invented. A figure ``exact`` counts spans
    with the same offsets, ``characters`` the characters inside them.

    Returns:
        A table of figures, each ``{"precision", "recall", "f1", "n"}`` or a plain number:
        each of `SPANS` (``exact``, ``characters``, and ``overlap`` for the cue), ``act``
        (``accuracy`` and ``macro_f1`` on paired statements, F1 by label, and ``confusion``: annotated label
        to predicted label to number), ``topic``, ``topic_stance`` (micro, and by topic), ``stance`` (as ``act``,
        on topics found in both).
    """
    total: Tally = Counter()
    for guess, truth in zip(predicted, gold, strict=True):
        total.update(tally(guess, truth))
    return {"documents": len(gold), "statements": sum(map(len, gold)), **tabulate(total)}


def _add(count: Tally, name: str, hit: int, predicted: int, gold: int) -> None:
    count[name, "hit"] += hit
    count[name, "predicted"] += predicted
    count[name, "gold"] += gold


def _count_spans(count: Tally, mine: Statement | None, theirs: Statement | None) -> None:
    for part in SPANS:
        ours, others = ([(s.start, s.end) for s in _spans(x, part)] for x in (mine, theirs))
        _add(count, f"{part}.exact", len(set(ours) & set(others)), len(ours), len(others))
        inside, wanted = ({i for span in spans for i in range(*span)} for spans in (ours, others))
        _add(count, f"{part}.characters", len(inside & wanted), len(inside), len(wanted))


def _spans(statement: Statement | None, part: str) -> Sequence[Span]:
    if statement is None:
        return ()
    if part == "cue":
        return (statement.cue,)
    if part == "speaker":
        return statement.antecedent or statement.source
    spans: tuple[Span, ...] = getattr(statement, part)
    return spans


def _count_topics(count: Tally, mine: Statement | None, theirs: Statement | None) -> None:
    ours, others = ({t.topic: t.label for t in x.topics} if x else {} for x in (mine, theirs))
    for topic in ours.keys() | others.keys():
        found = topic in ours and topic in others
        _add(count, f"topic.{topic}", found, topic in ours, topic in others)
        right = found and ours[topic] == others[topic]
        _add(count, f"topic_stance.{topic}", right, topic in ours, topic in others)


def _micro_and_labels(count: Mapping[str, Counts], prefix: str) -> dict[str, Any]:
    found = {key.removeprefix(prefix): value for key, value in count.items() if key.startswith(prefix)}
    labels = {label: value for label, value in sorted(found.items()) if value.predicted or value.gold}
    micro = Counts()
    for value in labels.values():
        micro.add(value.hit, value.predicted, value.gold)
    return {"micro": micro.to_dict(), "labels": {label: value.to_dict() for label, value in labels.items()}}


def _classification(choices: Mapping[tuple[str, str], float]) -> dict[str, Any]:
    """Accuracy, macro-F1 over the labels that occur in the annotation, F1 by label, confusion matrix.

    Args:
        choices: how often each (predicted, annotated) couple of labels occurs.
    """
    count: defaultdict[str, Counts] = defaultdict(Counts)
    confusion: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for (guess, truth), number in sorted(choices.items()):
        if number:
            count[guess].predicted += number
            count[truth].gold += number
            count[truth].hit += number * (guess == truth)
            confusion[truth][guess] = number
    labels = {label: count[label].to_dict() for label in sorted(count)}
    annotated = [labels[label]["f1"] for label in labels if count[label].gold]
    total = sum(counts.gold for counts in count.values())
    return {
        "accuracy": sum(counts.hit for counts in count.values()) / total if total else 0.0,
        "macro_f1": sum(annotated) / len(annotated) if annotated else 0.0,
        "n": total,
        "labels": labels,
        "confusion": dict(sorted(confusion.items())),
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
