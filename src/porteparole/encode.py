"""Texts to what the encoder reads: tokens, the words they belong to, and windows of both.

The tokenizer's own offsets are used only to find the first token of each word; spans are told in
words, whose edges come from the raw text (`text.words`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import regex
from numpy.typing import NDArray
from tokenizers import Tokenizer

from .text import Window, sentence_starts, windows, words

__all__ = ["Encoder", "TextWindow"]

IntArray = NDArray[np.int64]

# Tokenizers drop or merge these, which would shift every later offset; a space is as good to the model.
_UNSAFE = regex.compile(r"[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]")


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
        readable = [_UNSAFE.sub(" ", text) for text in texts]
        encodings = self._tokenizer.encode_batch(readable, add_special_tokens=False)
        for index, (text, encoding) in enumerate(zip(texts, encodings, strict=True), first_index):
            spans = words(text)
            ids = np.array(encoding.ids, dtype=np.int64)
            if not len(spans) or not len(ids):
                continue
            first, sizes = self._align(spans, encoding.offsets)
            for window in windows(sizes, sentence_starts(text, spans), self.budget - 2, self.overlap):
                yield self._cut(index, window, ids, first, spans)

    @staticmethod
    def _align(spans: IntArray, offsets: Iterable[tuple[int, int]]) -> tuple[IntArray, IntArray]:
        """Return each word's first token, and how many tokens each word adds to the one before it."""
        ends = np.maximum.accumulate(np.array([end for _, end in offsets], dtype=np.int64))
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
