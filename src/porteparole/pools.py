"""Who reads the shards of a run: this process, or several of this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from .device import pick_device, pick_dtype
from .errors import InputError
from .readers import Fault, Row
from .shards import Shard, ShardReader, Task
from .workers import spread

__all__ = ["Job", "Local", "Pool"]

Job = tuple[int, list[Row | Fault]]
"""The number of a shard, and its rows."""


class Pool(Protocol):
    """Reads shards."""

    def dtype(self) -> str:
        """Return the dtype in which it reads best; see `load`."""

    def read(self, task: Task, jobs: Iterable[Job]) -> Iterator[tuple[int, Shard]]:
        """Yield what became of each shard with its number, as they are done; few jobs are held at a time."""


@dataclass(frozen=True, slots=True)
class Local:
    """This machine.

    Args:
        devices: see `load`; they are given to the workers in turn.
        workers: processes; by default one a device. Several on a CPU have one thread each.

    Raises:
        InputError: no workers.
    """

    devices: tuple[str, ...] = ("auto",)
    workers: int | None = None

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise InputError(f"workers={self.workers}: expected 1 or more")

    def dtype(self) -> str:
        """Return what suits the first device. On a CPU this is measured, so it may differ from day to day."""
        return pick_dtype("auto", pick_device(self.devices[0]))[0]

    def read(self, task: Task, jobs: Iterable[Job]) -> Iterator[tuple[int, Shard]]:
        """Yield what became of each shard; see `Pool`."""
        workers = self.workers or len(self.devices)
        devices = [self.devices[k % len(self.devices)] for k in range(workers)]
        if workers == 1:
            reader = ShardReader(task, devices[0])
            return ((index, reader(rows)) for index, rows in jobs)
        threads = [1 if pick_device(device).type == "cpu" else None for device in devices]
        return spread([partial(ShardReader, task, *place) for place in zip(devices, threads, strict=True)], jobs)
