"""Batches by token budget: dense, in bounded memory, and smaller once memory runs out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Batcher", "batches", "out_of_memory", "pad"]

IntArray = NDArray[np.int64]


def batches(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Group items into batches of at most `budget` tokens, padding counted, longest first.

    Args:
        lengths: tokens of each item.
        budget: tokens of a batch; an item longer than that is a batch of its own.

    Returns:
        Indices of the items of each batch; every item is in exactly one.
    """
    grouped: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if grouped and lengths[grouped[-1][0]] * (len(grouped[-1]) + 1) <= budget:
            grouped[-1].append(index)
        else:
            grouped.append([index])
    return grouped


class Batcher:
    """Hands items out in batches; a batch that memory cannot hold is cut in two, and so are all after it.

    Args:
        budget: the most tokens of a batch, padding counted.

    Attributes:
        budget: as it is now.
        tokens: of all items that were read.
        read: the same with padding; ``1 - tokens / read`` is what padding wastes.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.tokens = 0
        self.read = 0

    def run(self, lengths: Sequence[int], work: Callable[[list[int]], None]) -> None:
        """Call `work` with the indices of each batch.

        Args:
            lengths: tokens of each item.
            work: reads the items of a batch; it is called again with fewer of them when it runs out of memory,
                so it must keep nothing of a batch that fails.

        Raises:
            Exception: what `work` raises, out-of-memory errors only when an item does not fit by itself.
        """
        waiting = deque(batches(lengths, self.budget))
        while waiting:
            batch = waiting.popleft()
            longest = lengths[batch[0]]
            try:
                work(batch)
            except Exception as error:
                if len(batch) == 1 or not out_of_memory(error):
                    raise
                self.budget = max(longest * len(batch) // 2, 1)
                rest = [*batch, *(index for later in waiting for index in later)]
                waiting = deque(
                    [rest[k] for k in group] for group in batches([lengths[index] for index in rest], self.budget)
                )
                continue
            self.tokens += sum(lengths[index] for index in batch)
            self.read += longest * len(batch)


def out_of_memory(error: Exception) -> bool:
    """Whether an error says that memory has run out; each library has its own way to say so."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":  # numpy; CUDA
        return True
    said = str(error).lower()
    return any(sign in said for sign in ("out of memory", "allocate memory", "not enough memory", "bad allocation"))


def pad(rows: Sequence[IntArray], value: int) -> IntArray:
    """Stack rows of different lengths. Shape: (rows, longest)."""
    out = np.full((len(rows), max(map(len, rows))), value, dtype=np.int64)
    for k, row in enumerate(rows):
        out[k, : len(row)] = row
    return out
