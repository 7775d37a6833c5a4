"""What a backend must do: numpy in, numpy out; which library computes between the two is its own affair.

In the shapes below, *batch* counts windows, *tokens* and *words* the longest of a batch, *cues* all cues
read together, *width* the encoder's hidden size.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["HeadLogits", "Models", "PairBackend", "Running", "StatementBackend"]

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class HeadLogits(NamedTuple):
    """What the heads say of each cue.

    Attributes:
        roles: tags of each word. Shape: (cues, words, 11).
        act: Shape: (cues, acts).
        topics: one logit a topic, for a sigmoid. Shape: (cues, topics).
        stances: Shape: (cues, topics, stances).
    """

    roles: FloatArray
    act: FloatArray
    topics: FloatArray
    stances: FloatArray


class Running(NamedTuple):
    """How a backend computes, in words, for logs and bug reports.

    Attributes:
        backend: the library.
        device: where.
        dtype: in which precision: ``fp32``, ``bf16``, ``fp16`` or ``int8``.
        why: what speaks for that precision.
        threads: of one operation on a CPU; 0 where the library chooses.
    """

    backend: str
    device: str
    dtype: str
    why: str
    threads: int


class StatementBackend(Protocol):
    """Computes a statement model."""

    @property
    def token_budget(self) -> int:
        """How many tokens to read at once, padding counted."""

    def read(self, tokens: IntArray, mask: IntArray, first: IntArray) -> tuple[Any, FloatArray]:
        """Read a batch of windows.

        Args:
            tokens: Shape: (batch, tokens).
            mask: 1 where there is a token. Shape: (batch, tokens).
            first: each word's first token; 0 for padding. Shape: (batch, words).

        Returns:
            The word vectors, for `heads` alone to understand; and the cue logits. Shape: (batch, words, 3).
        """

    def heads(self, words: Any, mask: BoolArray, rows: IntArray, starts: IntArray, ends: IntArray) -> HeadLogits:
        """Read the windows again for each cue.

        Args:
            words: as `read` returned them.
            mask: true where there is a word. Shape: (batch, words).
            rows: window of each cue. Shape: (cues,).
            starts: first word of each cue. Shape: (cues,).
            ends: word after the last of each cue. Shape: (cues,).
        """


class PairBackend(Protocol):
    """Computes a stance classifier."""

    @property
    def token_budget(self) -> int:
        """How many tokens to read at once, padding counted."""

    def judge(self, tokens: IntArray, mask: IntArray) -> FloatArray:
        """Return the logits of a batch of pairs. Shape: (batch, tokens) twice -> (batch, labels)."""


class Models(NamedTuple):
    """A bundle's models, opened by a backend.

    Attributes:
        running: how they are computed.
        statements: the statement model.
        open_stances: loads the stance classifier, which not everybody needs.
    """

    running: Running
    statements: StatementBackend
    open_stances: Callable[[], PairBackend]
