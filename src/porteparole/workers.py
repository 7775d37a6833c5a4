"""Jobs for several processes: each makes its own worker, gets a job at a time, and hands back what came of it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from .errors import PorteparoleError

__all__ = ["spread"]

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")


def spread(
    makers: Sequence[Callable[[], Callable[[_Job], _Result]]], jobs: Iterable[tuple[int, _Job]]
) -> Iterator[tuple[int, _Result]]:
    """Yield the result of each job with its number, as they come.

    No more jobs are taken than there are processes, so memory does not grow with their number.

    Args:
        makers: one a process; called there, each makes the worker of that process. Must pickle, as jobs and results.
        jobs: numbered.

    Raises:
        PorteparoleError: a process ended before its work did. What a worker raises is raised here.
    """
    context = get_context("spawn")  # fork copies threads and CUDA in the state they are in
    jobs = iter(jobs)
    active: dict[Connection, Any] = {}
    try:
        for maker in makers:
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, maker), daemon=True)
            process.start()
            theirs.close()  # so that the end of the process is the end of the pipe
            active[ours] = process
        while active:
            for pipe in wait(list(active)):
                assert isinstance(pipe, Connection)
                answer = _receive(pipe, active[pipe])
                job = next(jobs, None)
                with suppress(ConnectionError):  # a process that has ended: its pipe tells when it is read next
                    pipe.send(job)
                if job is None:
                    active.pop(pipe).join()
                    pipe.close()
                if answer is not None:
                    yield answer
    finally:
        for pipe, process in active.items():
            pipe.close()
            process.terminate()
            process.join()


def _receive(pipe: Connection, process: Any) -> Any:
    """Return what a worker sends: `None` when it is ready for its first job, then results with their numbers."""
    try:
        answer = pipe.recv()
    except (EOFError, ConnectionError):
        process.join()
        raise PorteparoleError(
            f"a worker process ended with exit code {process.exitcode} (-9: killed, perhaps for want of memory)"
        ) from None
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _work(pipe: Connection, maker: Callable[[], Callable[[Any], Any]]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first of them ends the others
    try:
        worker = maker()
        pipe.send(None)
        while (job := pipe.recv()) is not None:
            number, rows = job
            pipe.send((number, worker(rows)))
    except (EOFError, ConnectionError):
        return  # the first process is gone
    except Exception as error:
        pipe.send(error)
