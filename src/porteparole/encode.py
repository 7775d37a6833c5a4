"""Texts to what the encoder reads: tokens, the words they belong to, and windows of both.

The tokenizer's own offsets are used only to find the first token of each word; spans are told in
words, whose edges come from the raw text (`text.words`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter

import numpy as np
import regex
from numpy.typing import NDArray
from tokenizers import Tokenizer

from .text import Window, sentence_starts, windows, words

__all__ = ["Encoder", "TextWindow"]

IntArray = NDArray[np.int64]

# Tokenizers drop or merge these, which would shift every later offset; a space is as good to the model.
_UNSAFE = regex.compile(r"[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]")

_SPACE = regex.compile(r"\s")
_PIECE = 10_000  # characters
_TOGETHER = 64  # pieces


@dataclass(frozen=True, slots=True, eq=False)
class TextWindow:
    """One window of one text, ready for the model.

    Attributes:
        text_index: which text it belongs to.
        tokens: token ids with the special ones at both ends. Shape: (tokens,).
        first: index in `tokens` of each word's first token. Shape: (words,).
        spans: character offsets of each word. Shape: (words, 2).
        own_start: first word that this window answers for.
        own_end: word after the last one that it answers for.
    """

    text_index: int
    tokens: IntArray
    first: IntArray
    spans: IntArray
    own_start: int
    own_end: int


class Encoder:
    """Cuts texts into `TextWindow`s with a fast tokenizer.

    Args:
        tokenizer: a Rust tokenizer; truncation and padding are switched off on a copy.
        budget: the most tokens in a window, special ones included.
        overlap: tokens that neighbouring windows share.
    """

    def __init__(self, tokenizer: Tokenizer, *, budget: int, overlap: int) -> None:
        self._tokenizer = Tokenizer.from_str(tokenizer.to_str())
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        around = self._tokenizer.encode("").ids
        if len(around) != 2:
            raise ValueError(f"expected a tokenizer that puts one token at each end of a text, got {around}")
        self._bos, self._eos = around
        self.budget = budget
        self.overlap = overlap

    def windows(self, texts: Sequence[str], first_index: int = 0) -> Iterator[TextWindow]:
        """Yield the windows of `texts` in order; a text without words has none.

        Args:
            texts: raw texts.
            first_index: `text_index` of the first of them.
        """
        for index, parts in groupby(self._read(texts), key=itemgetter(0)):
            ids, ends, spans = map(np.concatenate, zip(*(part for _, part in parts), strict=True))
            if not len(spans) or not len(ids):
                continue
            first, sizes = self._align(spans, ends)
            for window in windows(sizes, sentence_starts(texts[index], spans), self.budget - 2, self.overlap):
                yield self._cut(first_index + index, window, ids, first, spans)

    def _read(self, texts: Sequence[str]) -> Iterator[tuple[int, tuple[IntArray, IntArray, IntArray]]]:
        """Yield each piece of each text: the text's index; token ids, where each token ends, and the words' spans.

        Pieces are tokenized together, but never more than a few of them: what a tokenizer makes of a character
        takes a hundred bytes, and is thrown away at once.
        """
        pieces = ((index, start, text[start:end]) for index, text in enumerate(texts) for start, end in _pieces(text))
        while group := list(islice(pieces, _TOGETHER)):
            encodings = self._tokenizer.encode_batch(
                [_UNSAFE.sub(" ", piece) for _, _, piece in group], add_special_tokens=False
            )
            for (index, start, piece), encoding in zip(group, encodings, strict=True):
                ends = np.array([end for _, end in encoding.offsets], dtype=np.int64)
                yield index, (np.array(encoding.ids, dtype=np.int64), ends + start, words(piece) + start)

    @staticmethod
    def _align(spans: IntArray, ends: IntArray) -> tuple[IntArray, IntArray]:
        """Return each word's first token, and how many tokens each word adds to the one before it."""
        ends = np.maximum.accumulate(ends)
        first = np.minimum(np.searchsorted(ends, spans[:, 0], side="right"), len(ends) - 1)
        sizes = np.diff(np.append(first, len(ends)))
        sizes[0] += first[0]
        return first, sizes

    def _cut(self, index: int, window: Window, ids: IntArray, first: IntArray, spans: IntArray) -> TextWindow:
        begin = first[window.start] if window.start else 0
        stop = first[window.end] if window.end < len(first) else len(ids)
        # Two words can share a token at the window's end (`».`): keep it, and bound what a word may bring.
        stop = min(max(int(stop), int(first[window.end - 1]) + 1), int(begin) + max(self.budget - 2, 1))
        tokens = np.concatenate(([self._bos], ids[begin:stop], [self._eos]))
        here = np.clip(first[window.start : window.end] - begin + 1, 1, max(len(tokens) - 2, 1))
        return TextWindow(
            text_index=index,
            tokens=tokens,
            first=here,
            spans=spans[window.start : window.end],
            own_start=window.own_start - window.start,
            own_end=window.own_end - window.start,
        )


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of the pieces that a text is tokenized in: cut before a blank, if it is a long one."""
    start = 0
    while start < len(text):
        blank = _SPACE.search(text, start + _PIECE) if start + _PIECE < len(text) else None
        end = blank.start() if blank else len(text)
        yield start, end
        start = end
