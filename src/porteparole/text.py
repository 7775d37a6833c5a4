"""Words, sentences, windows and quotation marks of a raw text; nothing here knows a model.

The *word* is the unit that the taggers tag: a run of letters and digits, or one grapheme cluster of
anything else. Word edges are grapheme boundaries of the raw text by construction, so no span can cut
an accent or an emoji in two, whatever a tokenizer does to the text.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import regex
from numpy.typing import NDArray

__all__ = ["QUOTATION_MARKS", "Window", "form", "pair_marks", "quotations", "sentence_starts", "windows", "words"]

IntArray = NDArray[np.int64]

# Grapheme clusters (`\X`, Unicode Standard Annex 29) that begin with a letter, at most 64 at a time, so that
# a megabyte without a space still makes many small words; or one cluster of anything else.
_WORD = regex.compile(r"(?:(?=[\p{L}\p{N}_])\X){1,64}+|\X")
_BLANK = regex.compile(r"[\p{Z}\p{Cc}\p{Cf}]+")
# Possessive throughout, and never begun inside a run of marks: time stays linear in the text.
_SENTENCE_END = regex.compile(
    r"(?<![.!?…])[.!?…]++(?:(?:\p{Z}*+[»”\")\]]++)?+(?=\s+[\p{Lu}«“\"—–-])|(?=\p{Lu}\p{Ll}))|\n++"
)


def words(text: str) -> IntArray:
    """Return the start and end of each word of `text`, blanks left out.

    Returns:
        Shape: (words, 2), character indices, ascending and disjoint.
    """
    spans = [match.span() for match in _WORD.finditer(text) if not _BLANK.fullmatch(match[0])]
    return np.array(spans, dtype=np.int64).reshape(-1, 2)


def sentence_starts(text: str, spans: IntArray) -> IntArray:
    """Return the indices of the words that begin a sentence (the first word always does).

    A rule for cutting windows, not for linguistics: it ends a sentence after ``.!?…`` and closing
    marks where a capital or an opening mark follows, and at line breaks.

    Args:
        text: the raw text.
        spans: its words. Shape: (words, 2).
    """
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    starts = np.searchsorted(spans[:, 0], np.array([0, *ends]), side="left")
    return np.unique(starts[starts < len(spans)])


class Window(NamedTuple):
    """A run of words that the encoder reads at once.

    The model sees words ``start:end`` and answers for ``own_start:own_end``; the owned parts of a
    text's windows follow each other without gap or overlap, so nothing is found twice or lost.
    """

    start: int
    end: int
    own_start: int
    own_end: int


def windows(sizes: IntArray, starts: IntArray, budget: int, overlap: int) -> list[Window]:
    """Cut a text into windows that overlap and, where possible, begin and end with sentences.

    Args:
        sizes: number of tokens of each word. Shape: (words,).
        starts: words that begin a sentence, as `sentence_starts` returns them.
        budget: the most tokens in a window; a single word above it still gets a window of its own.
        overlap: tokens that a window should share with the one before it, less than `budget`.
    """
    count = len(sizes)
    if not count:
        return []
    before = np.concatenate(([0], np.cumsum(sizes)))  # tokens before each word
    if before[-1] <= budget:
        return [Window(0, count, 0, count)]
    edges = np.append(starts, count)

    def last_fit(start: int) -> int:
        """The furthest end within the budget: a sentence end if one is in the second half, else any word."""
        limit = max(int(np.searchsorted(before, before[start] + budget, side="right")) - 1, start + 1)
        edge = int(edges[np.searchsorted(edges, limit, side="right") - 1])
        return edge if before[edge] - before[start] > budget // 2 else min(limit, count)

    cuts = [(0, last_fit(0))]
    while cuts[-1][1] < count:
        start, end = cuts[-1]
        # The shared part is cut short where the next word would not fit beside it.
        shared = min(overlap, budget - (before[end + 1] - before[end]))
        back = min(max(int(np.searchsorted(before, before[end] - shared, side="left")), start + 1), end)
        k = int(np.searchsorted(edges, back, side="left"))
        start = int(edges[k]) if k < len(edges) and edges[k] < end else min(back, end)
        cuts.append((start, max(last_fit(start), end + 1)))

    # The overlap of two windows is shared out at the sentence start nearest its middle.
    owned = [0]
    for (_, end), (start, _) in itertools.pairwise(cuts):
        middle = (start + end) // 2
        inside = edges[(edges >= start) & (edges <= end)]
        owned.append(int(inside[np.abs(inside - middle).argmin()]) if len(inside) else middle)
    owned.append(count)
    return [Window(*cut, *own) for cut, own in zip(cuts, itertools.pairwise(owned), strict=True)]


_CLOSES = {"»": "«", "”": "“"}
_DEEPEST = 32  # quotations inside quotations that are told apart; bounds the work on a text of nothing but marks
QUOTATION_MARKS = '«»“”„"'
_QUOTE = regex.compile(rf"[{QUOTATION_MARKS}\n]")


def pair_marks(marks: Iterable[tuple[int, str]]) -> list[tuple[int, int]]:
    """Pair quotation marks: « », “ ”, „ ” and straight ones; a mark that is never closed has no partner.

    Args:
        marks: place and sign of each mark, in order; a line break among them ends open straight marks.

    Returns:
        Places of the opening and the closing mark, in the order of the closing ones.
    """
    pairs: list[tuple[int, int]] = []
    stack: list[tuple[str, int]] = []
    for place, mark in marks:
        if mark == "\n":
            stack = [opened for opened in stack if opened[0] != '"']
        elif mark in "«“„" or (mark == '"' and all(opened[0] != '"' for opened in stack)):
            stack.append(("“" if mark == "„" else mark, place))
            del stack[:-_DEEPEST]
        else:
            opener = _CLOSES.get(mark, mark)
            depth = next((d for d in range(len(stack) - 1, -1, -1) if stack[d][0] == opener), None)
            if depth is not None:
                pairs.append((stack[depth][1], place))
                del stack[depth:]
    return pairs


def quotations(text: str) -> IntArray:
    """Return the inside of each outermost quotation, without its marks.

    Returns:
        Shape: (quotations, 2), character indices, ascending and disjoint.
    """
    outer: list[tuple[int, int]] = []
    for opening, closing in sorted(pair_marks((match.start(), match[0]) for match in _QUOTE.finditer(text))):
        if not outer or opening >= outer[-1][1]:
            outer.append((opening + 1, closing))
    return np.array(outer, dtype=np.int64).reshape(-1, 2)


def form(content: Sequence[tuple[int, int]], quoted: IntArray) -> str:
    """Return how a content is told: ``direct``, ``indirect`` or ``mixed``.

    ``direct`` if each of its spans lies inside a quotation, ``indirect`` if none touches one (or there
    is no content), else ``mixed``.

    Args:
        content: start and end of each span.
        quoted: the quotations of the text, as `quotations` returns them.
    """
    if not content or not len(quoted):
        return "indirect"
    spans = np.array(content)
    first = np.searchsorted(quoted[:, 1], spans[:, 0], side="right")  # first quotation that ends after the span starts
    begins, ends = np.append(quoted, [[np.iinfo(np.int64).max] * 2], axis=0)[first].T
    if np.all((begins <= spans[:, 0]) & (spans[:, 1] <= ends)):
        return "direct"
    return "mixed" if np.any(begins < spans[:, 1]) else "indirect"
