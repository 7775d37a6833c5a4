"""The model behind the server: asked by many, one batch at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from ..errors import BundleError, InputError
from ..schema import Document, Stance
from ..tagger import Tagger
from .batcher import Batcher, BusyError
from .limits import Limits

__all__ = ["FAULTS", "Service", "problem"]

Answer = TypeVar("Answer")
Reading = tuple[str, tuple[str, ...]]  # a text and its targets

FAULTS = (RequestValidationError, ValidationError, InputError, BundleError, BusyError)


def problem(error: Exception) -> tuple[int, str]:
    """Return the HTTP status and the words for one of `FAULTS`."""
    if isinstance(error, (RequestValidationError, ValidationError)):
        return 422, "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
    return (503 if isinstance(error, BusyError) else 501 if isinstance(error, BundleError) else 422), str(error)


class Service:
    """Answers from one worker thread, which computes what has come in while it was busy.

    Args:
        tagger: the model.
        limits: what the server bears.
    """

    def __init__(self, tagger: Tagger, limits: Limits) -> None:
        self.tagger = tagger
        self._limits = limits
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="porteparole")
        self._readings: Batcher[Reading, Document] = Batcher(
            self._read, weight=lambda item: len(item[0]), most=limits.batch, waiting=limits.waiting, worker=self._worker
        )
        self._pairs: Batcher[tuple[str, str], Stance] = Batcher(
            tagger.stances, weight=lambda item: len(item[0]), most=limits.batch, waiting=limits.waiting,
            worker=self._worker,
        )  # fmt: skip
        self._tasks: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work from here to the end of the block."""
        self._tasks = [asyncio.create_task(batcher.run()) for batcher in (self._readings, self._pairs)]
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            self._worker.shutdown()

    @property
    def alive(self) -> bool:
        """Whether requests are being answered."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    async def predict(self, texts: Sequence[str], targets: Sequence[str]) -> list[Document]:
        """Return the document of each text.

        Raises:
            InputError: a text or target cannot be read.
            BundleError: targets are given, but the bundle has no stance classifier.
            BusyError: too much waits already, or the answer takes too long.
        """
        return await self._in_time(self._readings([(text, tuple(targets)) for text in texts]))

    async def stance(self, text: str, target: str) -> Stance:
        """Return the stance of a text to a target; raises as `predict` does."""
        return (await self._in_time(self._pairs([(text, target)])))[0]

    async def _in_time(self, answer: Awaitable[Answer]) -> Answer:
        try:
            return await asyncio.wait_for(answer, self._limits.seconds)
        except asyncio.TimeoutError:
            raise BusyError(
                f"no answer within {self._limits.seconds:g} seconds; send fewer texts, or come back later"
            ) from None

    def _read(self, items: Sequence[Reading]) -> list[Document]:
        """Texts with the same targets are read together."""
        groups: dict[tuple[str, ...], list[int]] = {}
        for k, (_, targets) in enumerate(items):
            groups.setdefault(targets, []).append(k)
        found: dict[int, Document] = {}
        for targets, group in groups.items():
            found |= zip(group, self.tagger.predict([items[k][0] for k in group], targets=targets), strict=True)
        return [found[k] for k in range(len(items))]
