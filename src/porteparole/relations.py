"""What is computed of statements, never annotated: their order, their form, who holds whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .schema import Statement
from .text import form, quotations

__all__ = ["excerpt", "link"]


def link(text: str, statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Return the statements in the order of their cues, each with its `form` and `parent`.

    The parent is the statement with the smallest content span that holds the cue (annotation guide,
    section 2). A statement never holds itself, not by way of others either: of a ring, the first has no parent.

    Args:
        text: the raw text.
        statements: of this text, in any order.
    """
    ordered = sorted(statements, key=lambda s: (s.cue.start, s.cue.end))
    quoted = quotations(text)
    contents = sorted((span.start, span.end, k) for k, s in enumerate(ordered) for span in s.content)
    parents: list[int | None] = []
    begun: list[tuple[int, int, int]] = []  # (length, end, statement) of contents that may still hold a cue
    at = 0
    for k, statement in enumerate(ordered):
        cue = statement.cue
        while at < len(contents) and contents[at][0] <= cue.start:
            start, end, holder = contents[at]
            begun.append((end - start, end, holder))
            at += 1
        begun = [content for content in begun if content[1] > cue.start]
        holding = [content for content in begun if content[1] >= cue.end and content[2] != k]
        parents.append(min(holding)[2] if holding else None)
    _break_rings(parents)
    return tuple(
        replace(statement, form=form([(span.start, span.end) for span in statement.content], quoted), parent=parent)
        for statement, parent in zip(ordered, parents, strict=True)
    )


def _break_rings(parents: list[int | None]) -> None:
    """Take the parent from the first statement of each ring, in place."""
    seen = [-1] * len(parents)  # the walk on which a statement was met
    for start in range(len(parents)):
        at: int | None = start
        while at is not None and seen[at] < 0:
            seen[at] = start
            at = parents[at]
        if at is not None and seen[at] == start:
            ring, after = [at], parents[at]
            while after is not None and after != at:
                ring.append(after)
                after = parents[after]
            parents[min(ring)] = None


def excerpt(text: str, statement: Statement) -> str:
    """Return the stretch of raw text from which a stance is judged: source, cue and content in their context.

    A source that lies further than a sentence or two (200 characters) from the rest is left out.
    """
    core = [statement.cue, *statement.content]
    start, end = min(span.start for span in core), max(span.end for span in core)
    near = [span for span in statement.source if start - 200 <= span.start and span.end <= end + 200]
    start = min([start, *(span.start for span in near)])
    end = max([end, *(span.end for span in near)])
    return text[start:end]
