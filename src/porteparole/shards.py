"""A shard: some hundred rows that are read in one go, and what was made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from .readers import Fault, Row
from .tagger import load
from .writers import Form

__all__ = ["Shard", "ShardReader", "Task"]


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done with each shard; the same in every process and on every machine.

    Attributes:
        model: a bundle's folder or hub id; ``None`` for the one that comes with the package.
        backend: see `load`.
        dtype: see `load`.
        targets: see `Tagger.predict`.
        form: of the output.
    """

    model: str | None
    backend: str
    dtype: str
    targets: tuple[str, ...]
    form: Form


@dataclass(frozen=True, slots=True)
class Shard:
    """What became of the rows of a shard.

    Attributes:
        content: the documents, as a file of the task's form.
        documents: how many there are.
        statements: how many are in them.
        words: how many their texts have, as blanks part them.
        faults: the rows that hold no text.
    """

    content: bytes
    documents: int
    statements: int
    words: int
    faults: tuple[Fault, ...]


class ShardReader:
    """Reads shards with a tagger of its own.

    The rows of a shard go through one call of `Tagger.stream`, so its batches, and with them the last digit of
    every score, depend on nothing but those rows.

    Args:
        task: what to do.
        device: where to compute.
        threads: of a CPU; by default what torch takes.
    """

    def __init__(self, task: Task, device: str, threads: int | None = None) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        self._task = task
        self._tagger = load(task.model, device=device, dtype=task.dtype, backend=task.backend)

    def __call__(self, items: Sequence[Row | Fault]) -> Shard:
        """Return what the tagger finds in the rows."""
        rows = [item for item in items if isinstance(item, Row)]
        form = self._task.form
        documents = list(self._tagger.stream((row.text for row in rows), targets=self._task.targets))
        encoded = form.encode(
            [
                line
                for row, document in zip(rows, documents, strict=True)
                for line in form.rows(replace(document, id=row.id), row.columns)
            ]
        )
        return Shard(
            content=encoded,
            documents=len(rows),
            statements=sum(map(len, documents)),
            words=sum(len(row.text.split()) for row in rows),
            faults=tuple(item for item in items if isinstance(item, Fault)),
        )
