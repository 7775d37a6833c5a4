"""A text cut at every edge of its spans, so that spans which nest and overlap can be marked in a flat row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

__all__ = ["Segment", "segments"]

_ROLES = ("cue", "source", "antecedent", "addressee", "medium", "content")  # of two alike spans, the first is shown


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text that lies under the same spans from its first character to its last.

    Attributes:
        text: the characters.
        over: ``(statement, role)`` of the spans that cover it, the shortest first: that is the one to show.
        begun: ``(statement, role)`` of the spans that begin here, the longest first.
        depth: how many contents lie over it.
    """

    text: str
    over: tuple[tuple[int, str], ...]
    begun: tuple[tuple[int, str], ...]
    depth: int

    @property
    def label(self) -> str:
        """What begins here, with the statements counted from 1: ``"source 1, antecedent 2 3"``, unbroken."""
        numbers: dict[str, list[int]] = {}
        for statement, role in self.begun:
            numbers.setdefault(role, []).append(statement + 1)
        said = ", ".join(" ".join([role, *map(str, sorted(those))]) for role, those in numbers.items())
        return said.replace(" ", "\N{NO-BREAK SPACE}")


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    statement: int
    role: str

    @property
    def key(self) -> tuple[int, int, int]:
        return (self.end - self.start, _ROLES.index(self.role), self.statement)


def segments(document: Mapping[str, Any]) -> Iterator[Segment]:
    """Yield the segments of a document in its JSON form; their texts joined are its text."""
    text = document["text"]
    spans = sorted(_spans(document), key=lambda span: span.start)
    edges = sorted({0, len(text), *(span.start for span in spans), *(span.end for span in spans)})
    open_spans: list[_Span] = []
    at = 0
    for start, end in pairwise(edges):
        open_spans = [span for span in open_spans if span.end > start]
        while at < len(spans) and spans[at].start == start:
            open_spans.append(spans[at])
            at += 1
        open_spans.sort(key=lambda span: span.key)
        yield Segment(
            text=text[start:end],
            over=tuple((span.statement, span.role) for span in open_spans),
            begun=tuple((span.statement, span.role) for span in reversed(open_spans) if span.start == start),
            depth=sum(span.role == "content" for span in open_spans),
        )


def _spans(document: Mapping[str, Any]) -> Iterator[_Span]:
    for k, statement in enumerate(document["statements"]):
        for role in _ROLES:
            for span in [statement["cue"]] if role == "cue" else statement[role]:
                if span["start"] < span["end"]:
                    yield _Span(span["start"], span["end"], k, role)
