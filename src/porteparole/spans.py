"""Annotated spans as tables hold them: character offsets beside a text, or tags beside a list of words."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from typing import Any

from .errors import DataError

__all__ = ["read_spans"]

Span = tuple[int, int, str]


def read_spans(text: Any, label: Any) -> tuple[str, tuple[Span, ...]]:
    """Return a text and its spans, in order.

    Args:
        text: a string, or a list of words, which are joined by spaces.
        label: for a string, a list of ``{"start", "end", "label"}`` or of ``[start, end, label]``, or such a list in
            JSON; for words, one tag a word: ``O``, ``B-x``, ``I-x``, or just ``x``.

    Raises:
        DataError: they do not fit together.
    """
    if isinstance(text, list):
        return _of_words(text, label)
    if not isinstance(text, str) or not text.strip():
        raise DataError(f"expected a text or a list of words, got {text!r}")
    spans = sorted(_of_offsets(label))
    for start, end, name in spans:
        if not 0 <= start < end <= len(text):
            raise DataError(f"span {start}:{end} ({name}) is not inside the text, which has {len(text)} characters")
    for one, two in itertools.pairwise(spans):
        if two[0] < one[1]:
            raise DataError(f"spans {one[0]}:{one[1]} and {two[0]}:{two[1]} overlap")
    return text, tuple(spans)


def _of_offsets(cell: Any) -> Iterable[Span]:
    if isinstance(cell, str):
        try:
            cell = json.loads(cell)
        except ValueError:
            raise DataError(f"expected spans, or spans in JSON, got {cell[:40]!r}") from None
    for item in cell or ():
        try:
            start, end, name = (item["start"], item["end"], item["label"]) if isinstance(item, dict) else item
            yield int(start), int(end), str(name)
        except (KeyError, TypeError, ValueError):
            raise DataError(f"expected a span as start, end and label, got {item!r}") from None


def _of_words(words: Sequence[Any], tags: Any) -> tuple[str, tuple[Span, ...]]:
    if not isinstance(tags, list) or len(tags) != len(words):
        got = f"{len(tags)} tags" if isinstance(tags, list) else type(tags).__name__
        raise DataError(f"expected one tag for each of {len(words)} words, got {got}")
    if not all(isinstance(word, str) and word.strip() for word in words):
        raise DataError("expected a list of words, one of them is empty or no string")
    spans: list[Span] = []
    place, before = 0, "O"
    for word, tag in zip(words, map(str, tags), strict=True):
        name = tag[2:] if tag[:2] in ("B-", "I-") else tag
        if name != "O":
            goes_on = not tag.startswith("B-") and name == before
            start = spans.pop()[0] if goes_on else place
            spans.append((start, place + len(word), name))
        place, before = place + len(word) + 1, name
    return " ".join(words), tuple(spans)
