"""Jobs for several processes."""

from __future__ import annotations

import os
from functools import partial

import pytest

from porteparole import DataError, PorteparoleError
from porteparole.workers import spread


def adder(number: int):
    return partial(add, number)


def add(number: int, job: int) -> tuple[int, int]:
    return number + job, os.getpid()


def faulty(job: int) -> int:
    raise DataError(f"job {job}")


def dying(job: int) -> int:
    os._exit(7)


def make(worker):
    return worker


def test_each_job_is_done_once_by_one_of_the_processes() -> None:
    taken = []

    def jobs():
        for k in range(20):
            taken.append(k)
            yield k, 10 * k

    results = spread([partial(adder, 1), partial(adder, 1)], jobs())
    first = next(results)
    assert len(taken) <= 3  # no more than there are processes, and the one that goes out as a result comes in
    rest = list(results)
    assert sorted((k, total) for k, (total, _) in [first, *rest]) == [(k, 10 * k + 1) for k in range(20)]
    processes = {process for _, (_, process) in [first, *rest]}
    assert os.getpid() not in processes
    assert len(processes) <= 2


def test_what_a_worker_raises_is_raised_here() -> None:
    with pytest.raises(DataError, match="job 3"):
        list(spread([partial(make, faulty)], [(0, 3)]))
    with pytest.raises(DataError, match="job 3"):  # before its first job
        list(spread([partial(faulty, 3)], [(0, 1)]))


def test_the_end_of_a_process_is_told() -> None:
    with pytest.raises(PorteparoleError, match="exit code 7"):
        list(spread([partial(make, dying)], [(k, k) for k in range(5)]))


def test_more_processes_than_jobs_do_no_harm() -> None:
    assert [k for k, _ in spread([partial(adder, 1)] * 3, [(5, 1)])] == [5]
    assert list(spread([partial(adder, 1)], [])) == []
