from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from porteparole.batching import Batcher, batches, out_of_memory, pad

lengths = st.lists(st.integers(1, 50), max_size=40)


@given(lengths, st.integers(1, 100))
def test_each_item_is_in_one_batch_and_each_batch_within_the_budget(sizes: list[int], budget: int) -> None:
    grouped = batches(sizes, budget)
    assert sorted(index for batch in grouped for index in batch) == list(range(len(sizes)))
    for batch in grouped:
        assert len(batch) == 1 or max(sizes[index] for index in batch) * len(batch) <= budget


@given(lengths, st.integers(1, 400), st.integers(50, 400))
def test_memory_that_runs_out_halves_the_budget_until_all_is_read(sizes: list[int], budget: int, room: int) -> None:
    batcher = Batcher(budget)
    read: list[int] = []

    def work(batch: list[int]) -> None:
        if max(sizes[index] for index in batch) * len(batch) > room:
            raise MemoryError
        read.extend(batch)

    batcher.run(sizes, work)
    assert sorted(read) == list(range(len(sizes)))
    assert batcher.tokens == sum(sizes)
    assert batcher.read >= batcher.tokens
    assert batcher.budget == budget or room / 2 <= 2 * batcher.budget


def test_the_smaller_budget_is_kept() -> None:
    batcher = Batcher(100)
    tried: list[int] = []

    def work(batch: list[int]) -> None:
        tried.append(len(batch))
        if len(batch) > 3:
            raise MemoryError

    batcher.run([10] * 10, work)
    assert tried == [10, 5, 2, 2, 2, 2, 2]
    batcher.run([10] * 4, work)
    assert tried[7:] == [2, 2]


def test_an_item_that_does_not_fit_by_itself_and_any_other_fault_are_told() -> None:
    def never(batch: list[int]) -> None:
        raise MemoryError("one is too many")

    def broken(batch: list[int]) -> None:
        raise KeyError("not of memory")

    with pytest.raises(MemoryError, match="one is too many"):
        Batcher(100).run([10] * 10, never)
    with pytest.raises(KeyError):
        Batcher(100).run([10] * 10, broken)


def test_what_libraries_say_when_memory_runs_out_is_understood() -> None:
    with pytest.raises(RuntimeError) as said:
        torch.empty(1 << 55, dtype=torch.uint8)
    assert out_of_memory(said.value)
    assert out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."))
    with pytest.raises(MemoryError) as wanted:
        np.empty(1 << 58, dtype=np.uint8)
    assert out_of_memory(wanted.value)
    with pytest.raises(RuntimeError) as other:
        torch.ones(2) @ torch.ones(3)
    assert not out_of_memory(other.value)


def test_rows_are_padded_to_the_longest() -> None:
    assert pad([np.array([1, 2, 3]), np.array([4])], 9).tolist() == [[1, 2, 3], [4, 9, 9]]
