"""From logits to spans, in numpy alone: constrained Viterbi decoding, many sequences at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["TagSpan", "log_softmax", "sigmoid", "softmax", "spans_of", "viterbi"]

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]


def log_softmax(logits: FloatArray) -> FloatArray:
    """Return the log-probabilities over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    out: FloatArray = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return out


def softmax(logits: FloatArray) -> FloatArray:
    """Return the probabilities over the last axis."""
    return np.exp(log_softmax(logits))


def sigmoid(logits: FloatArray) -> FloatArray:
    """Return the logistic function, without overflow."""
    out: FloatArray = 0.5 * (1.0 + np.tanh(0.5 * logits))
    return out


def viterbi(emissions: FloatArray, transitions: FloatArray, lengths: IntArray) -> IntArray:
    """Return the best tag sequence of each row (Viterbi 1967), all rows in step.

    Args:
        emissions: log-probabilities of the tags. Shape: (rows, words, tags).
        transitions: score of each step, ``-inf`` where illegal; an ``I`` tag (even, above 0) cannot
            begin a sequence. Shape: (tags, tags), row = from, column = to.
        lengths: number of words of each row; what lies beyond is padding. Shape: (rows,).

    Returns:
        Tags, 0 (``O``) beyond each row's length. Shape: (rows, words).
    """
    rows, steps, tags = emissions.shape
    best = np.zeros((rows, steps), dtype=np.int64)
    if not rows or not steps:
        return best
    score = emissions[:, 0].copy()
    score[:, 2::2] = -np.inf
    back = np.zeros((steps, rows, tags), dtype=np.int16)
    everyone = np.arange(rows)
    for t in range(1, steps):
        step = score[:, :, None] + transitions  # (rows, from, to)
        back[t] = step.argmax(axis=1)
        moved = np.take_along_axis(step, back[t][:, None, :].astype(np.int64), axis=1)[:, 0] + emissions[:, t]
        score = np.where((t < lengths)[:, None], moved, score)  # a row that has ended keeps its score
    tag = score.argmax(axis=1)
    for t in range(steps - 1, -1, -1):
        live = t < lengths
        best[live, t] = tag[live]
        if t:
            tag = np.where(live, back[t][everyone, tag], tag)
    return best


class TagSpan(NamedTuple):
    """A tagged run of words: ``row``, name ``label``, words ``start:end``."""

    row: int
    label: int
    start: int
    end: int


def spans_of(tags: IntArray) -> list[TagSpan]:
    """Return the spans that legal IOB2 tags spell, ordered by row, then start.

    Args:
        tags: tag ``2k + 1`` begins a span of label ``k``, ``2k + 2`` goes on in it. Shape: (rows, words).
    """
    rows, steps = tags.shape
    starts = np.argwhere(tags % 2 == 1)
    inside = np.zeros((rows, steps + 1), dtype=bool)
    inside[:, :steps] = (tags > 0) & (tags % 2 == 0)
    stops = np.flatnonzero(~inside.ravel())  # places where no span goes on; each row ends with one
    flat = starts[:, 0] * (steps + 1) + starts[:, 1] + 1
    ends = stops[np.searchsorted(stops, flat, side="left")] % (steps + 1)
    return [
        TagSpan(int(row), int((tags[row, start] - 1) // 2), int(start), int(end))
        for (row, start), end in zip(starts, ends, strict=True)
    ]
