"""What many clients ask at the same time, computed together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Generic, TypeVar

from ..errors import InputError

__all__ = ["Batcher", "BusyError"]

Item = TypeVar("Item")
Result = TypeVar("Result")


class BusyError(Exception):
    """Too much waits already; the client should come back later."""


class Batcher(Generic[Item, Result]):
    """Collects items while a batch is computed, and computes them as the next one.

    So a lone client waits for nobody, and the more clients there are, the larger the batches.

    Args:
        compute: items to results, in order; called in `worker`, one call at a time.
        weight: of an item.
        most: weight of a batch; a heavier item goes alone.
        waiting: the most items that may wait.
        worker: where to compute, so that the event loop stays free.
    """

    def __init__(
        self,
        compute: Callable[[list[Item]], Sequence[Result]],
        *,
        weight: Callable[[Item], int],
        most: int,
        waiting: int,
        worker: Executor,
    ) -> None:
        self._compute = compute
        self._weight = weight
        self._most = most
        self._waiting = waiting
        self._worker = worker
        self._queue: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._filled = asyncio.Event()

    async def __call__(self, items: Sequence[Item]) -> list[Result]:
        """Return the result of each item.

        Raises:
            BusyError: no room to wait in.
            InputError: an item is not what `compute` can read.
        """
        if len(self._queue) + len(items) > self._waiting:
            raise BusyError(f"{len(self._queue)} texts wait already; come back later")
        loop = asyncio.get_running_loop()
        answers: list[asyncio.Future[Result]] = [loop.create_future() for _ in items]
        self._queue.extend(zip(items, answers, strict=True))
        self._filled.set()
        return await asyncio.gather(*answers)

    async def run(self) -> None:
        """Work for as long as the server lives."""
        loop = asyncio.get_running_loop()
        while True:
            await self._filled.wait()
            batch = self._next()
            if not batch:
                self._filled.clear()
                continue
            results = await loop.run_in_executor(self._worker, self._attempt, [item for item, _ in batch])
            for (_, answer), result in zip(batch, results, strict=True):
                if answer.done():
                    continue  # its client waits no more
                if isinstance(result, Exception):
                    answer.set_exception(result)
                else:
                    answer.set_result(result)

    def _next(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        batch: list[tuple[Item, asyncio.Future[Result]]] = []
        room = self._most
        while self._queue:
            item, answer = self._queue[0]
            if answer.done():  # cancelled: its client waits no more
                self._queue.popleft()
                continue
            room -= self._weight(item)
            if batch and room < 0:
                break
            batch.append(self._queue.popleft())
        return batch

    def _attempt(self, items: list[Item]) -> Sequence[Result | Exception]:
        """Compute a batch; where that fails, each item by itself, so that only the guilty one's client is told."""
        try:
            return self._compute(items)
        except Exception as error:  # whatever it is, it must reach a client and leave the server up
            if len(items) == 1 or not isinstance(error, InputError):
                return [error] * len(items)
        return [self._attempt([item])[0] for item in items]
