"""A statement as one flat row, for tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .relations import excerpt
from .schema import Document, Span, Statement

__all__ = ["COLUMNS", "DOCUMENT", "flat_rows", "other_columns"]

COLUMNS: dict[str, type] = {
    "id": str,
    "statement": int,
    "speaker": str,
    "cue": str,
    "said": str,
    "act": str,
    "form": str,
    "topic": str,
    "stance": str,
    "addressee": str,
    "medium": str,
    "act_score": float,
    "topic_score": float,
    "stance_score": float,
    "cue_score": float,
    "cue_start": int,
    "cue_end": int,
    "source_start": int,
    "source_end": int,
    "content_start": int,
    "content_end": int,
    "parent": int,
    "text": str,
    "stances": list,
}
"""The columns of a table of statements; docs/scale.md says what each holds."""

DOCUMENT = ("id", "text", "statements", "speakers")
"""The columns of a table of documents."""


def flat_rows(document: Document) -> Iterator[dict[str, Any]]:
    """Yield a row for each statement of a document, with the keys of `COLUMNS`."""
    for k, statement in enumerate(document.statements):
        yield dict(zip(COLUMNS, _cells(document, k, statement), strict=True))


def _cells(document: Document, index: int, statement: Statement) -> Iterator[Any]:
    first = statement.topics[0] if statement.topics else None  # the likeliest comes first
    known = statement.speaker_id is not None and statement.speaker_id < len(document.speakers)
    speaker = document.speakers[statement.speaker_id or 0].name if known else statement.speaker
    yield from (document.id, index, speaker, statement.cue.text, statement.said)
    yield from (statement.act.label, statement.form)
    yield from (first.topic, first.label) if first else (None, None)
    for spans in (statement.addressee, statement.medium):
        yield spans[0].text if spans else None
    yield statement.act.score
    yield from (first.topic_score, first.score) if first else (None, None)
    yield statement.cue.score
    for spans in ((statement.cue,), statement.source, statement.content):
        yield from _ends(spans)
    yield from (statement.parent, excerpt(document.text, statement))
    yield [stance.to_dict() for stance in (*statement.topics, *statement.targets)]


def _ends(spans: tuple[Span, ...]) -> tuple[int | None, int | None]:
    return (min(span.start for span in spans), max(span.end for span in spans)) if spans else (None, None)


def other_columns(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document's further columns, those with a name of ours as ``input_NAME``, so that none is lost."""
    return {_freed(name): value for name, value in columns.items()}


def _freed(name: str) -> str:
    bare = name
    while bare.startswith("input_"):  # input_text beside text stays apart from it: it becomes input_input_text
        bare = bare.removeprefix("input_")
    return f"input_{name}" if bare in COLUMNS or bare in DOCUMENT else name
