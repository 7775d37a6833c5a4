"""The mistakes of a model on an annotated corpus, the surest first, with the text that they stand in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .metrics import pair
from .schema import Document, Span, Statement

__all__ = ["KINDS", "Mistake", "judged", "mistakes"]

# In the order in which a page shows them.
KINDS = (
    "missed statement",
    "invented statement",
    "wrong source",
    "wrong content",
    "wrong act",
    "wrong stance",
    "invented topic",
)

_AROUND = 120  # characters of text to show on either side


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that a model got wrong.

    Attributes:
        kind: one of `KINDS`.
        score: how sure the model was of it; 1 where it said nothing.
        document: its id, else its number in the corpus, from 0.
        start: where the excerpt to show begins in the text.
        text: the excerpt.
        predicted: spans found there, in the text's own offsets.
        annotated: spans annotated there.
        said: what was found, in words.
        wanted: what was annotated, in words.
    """

    kind: str
    score: float
    document: str
    start: int
    text: str
    predicted: tuple[Span, ...]
    annotated: tuple[Span, ...]
    said: str
    wanted: str


def mistakes(predicted: Sequence[Document], gold: Sequence[Document], *, most: int = 20) -> dict[str, list[Mistake]]:
    """Return the mistakes of each of `KINDS`, the surest first; missed statements come in the order of the corpus.

    Args:
        predicted: documents as a model found them.
        gold: the same documents, annotated.
        most: of each kind.
    """
    found: dict[str, list[Mistake]] = {kind: [] for kind in KINDS}
    for number, (guess, truth) in enumerate(zip(predicted, gold, strict=True)):
        for mistake in _of_document(guess, truth, truth.id or str(number)):
            found[mistake.kind].append(mistake)
    return {kind: sorted(items, key=lambda mistake: -mistake.score)[:most] for kind, items in found.items()}


def _of_document(guess: Document, truth: Document, name: str) -> Iterator[Mistake]:
    pairs = pair(guess, truth)
    found, wanted = {p for p, _ in pairs}, {g for _, g in pairs}

    def mistake(
        kind: str, score: float, mine: Statement | None, theirs: Statement | None, part: str = "cue"
    ) -> Mistake:
        ours, others = (_spans(statement, part) for statement in (mine, theirs))
        cues = [statement.cue for statement in (mine, theirs) if statement]
        low = max(0, min(span.start for span in (*ours, *others, *cues)) - _AROUND)
        high = max(span.end for span in (*ours, *others, *cues)) + _AROUND
        said, wanted = (" … ".join(span.text for span in spans) or "nothing" for spans in (ours, others))
        return Mistake(kind, score, name, low, truth.text[low:high], ours, others, said, wanted)

    for g, statement in enumerate(truth.statements):
        if g not in wanted:
            yield mistake("missed statement", 1.0, None, statement)
    for p, statement in enumerate(guess.statements):
        if p not in found:
            yield mistake("invented statement", statement.cue.score, statement, None)
    for p, g in pairs:
        mine, theirs = guess.statements[p], truth.statements[g]
        for part in ("source", "content"):
            spans = _spans(mine, part)
            if spans and _places(spans) != _places(_spans(theirs, part)):
                yield mistake(f"wrong {part}", max(span.score for span in spans), mine, theirs, part)
        yield from _labels(mistake("wrong act", mine.act.score, mine, theirs), mine, theirs)


def _labels(place: Mistake, mine: Statement, theirs: Statement) -> Iterator[Mistake]:
    """The wrong labels of a statement that was found."""
    if mine.act.label != theirs.act.label:
        yield replace(place, said=mine.act.label, wanted=theirs.act.label)
    held = {stance.topic: stance.label for stance in theirs.topics}
    for stance in mine.topics:
        said = f"{stance.topic}: {stance.label}"
        if stance.topic not in held:
            wanted = ", ".join(str(topic) for topic in held) or "no topic"
            yield replace(place, kind="invented topic", score=stance.topic_score, said=said, wanted=wanted)
        elif held[stance.topic] != stance.label:
            wanted = f"{stance.topic}: {held[stance.topic]}"
            yield replace(place, kind="wrong stance", score=stance.score, said=said, wanted=wanted)


def judged(predicted: Sequence[Document], gold: Sequence[Document]) -> dict[str, tuple[list[float], list[bool]]]:
    """Return every score that `predict` gave, and whether it was right, for a reliability curve.

    Returns:
        ``cue`` (right: a statement is there), ``act`` of statements found, ``topic`` of statements found,
        ``stance`` to topics found rightly.
    """
    out: dict[str, tuple[list[float], list[bool]]] = {name: ([], []) for name in ("cue", "act", "topic", "stance")}

    def add(name: str, score: float, right: bool) -> None:
        out[name][0].append(score)
        out[name][1].append(right)

    for guess, truth in zip(predicted, gold, strict=True):
        partner = dict(pair(guess, truth))
        for p, mine in enumerate(guess.statements):
            add("cue", mine.cue.score, p in partner)
            if p not in partner:
                continue
            theirs = truth.statements[partner[p]]
            add("act", mine.act.score, mine.act.label == theirs.act.label)
            held = {stance.topic: stance.label for stance in theirs.topics}
            for stance in mine.topics:
                add("topic", stance.topic_score, stance.topic in held)
                if stance.topic in held:
                    add("stance", stance.score, stance.label == held[stance.topic])
    return out


def _spans(statement: Statement | None, part: str) -> tuple[Span, ...]:
    if statement is None:
        return ()
    if part == "cue":
        return (statement.cue,)
    spans: tuple[Span, ...] = getattr(statement, part)
    return spans


def _places(spans: Sequence[Span]) -> set[tuple[int, int]]:
    return {(span.start, span.end) for span in spans}
