"""A cluster: texts read by the actors of Ray, whose nodes may come and go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import DependencyError, InputError
from .pools import Job, Local
from .readers import Columns
from .shards import Shard, ShardReader, Task
from .tagger import load

try:
    import pyarrow as pa
    import ray
    from ray.data import ActorPoolStrategy, Dataset
    from ray.util import ActorPool
except ModuleNotFoundError as error:
    raise DependencyError(f'a cluster needs {error.name}: pip install "porteparole[ray]"') from None

__all__ = ["Cluster", "predict"]


def predict(
    dataset: Dataset,
    *,
    columns: Columns = Columns(),
    model: str | None = None,
    dtype: str = "auto",
    targets: Sequence[str] = (),
    workers: int | None = None,
    gpus: float = 0,
    batch: int = 256,
) -> Dataset:
    """Return a dataset with a further column ``statements``, as Parquet written by ``porteparole predict`` has it.

    The work is done when the dataset is read. An actor that is lost is replaced, and its batch read again.

    Args:
        dataset: a row a text; one without a text (null) gets null.
        columns: where the text stands.
        model: a folder that every node sees, or a hub id; see `load`.
        dtype: see `load`; name one where actors are to agree, as ``auto`` is measured in each.
        targets: see `Tagger.predict`.
        workers: actors; by default as many as the cluster has room for.
        gpus: how much of a GPU each has; without one it reads on a CPU.
        batch: rows that are read in one go.

    Raises:
        InputError: there is no such column, or there are statements already.
    """
    names = dataset.columns() or []
    if columns.text not in names:
        raise InputError(f'expected a column "{columns.text}", the dataset has {", ".join(names)}')
    if "statements" in names:
        raise InputError('the dataset has a column "statements" already; rename or drop it first')
    return dataset.map_batches(
        _Batches,
        fn_constructor_kwargs={
            "column": columns.text,
            "model": model,
            "device": "cuda" if gpus else "cpu",
            "dtype": dtype,
            "targets": tuple(targets),
        },
        batch_format="pyarrow",
        batch_size=batch,
        compute=ActorPoolStrategy(size=workers or _room(gpus)),
        num_cpus=1,
        num_gpus=gpus,
    )


class _Batches:
    """The actor of `predict`: Arrow tables in and out."""

    def __init__(self, column: str, model: str | None, device: str, dtype: str, targets: tuple[str, ...]) -> None:
        from .parquet import document_schema

        self._column = column
        self._targets = targets
        self._type = document_schema(targets=bool(targets)).field("statements").type
        self._tagger = load(model, device=device, dtype=dtype)

    def __call__(self, table: pa.Table) -> pa.Table:
        texts = table[self._column].to_pylist()
        documents = self._tagger.stream((text for text in texts if text is not None), targets=self._targets)
        found = [None if text is None else next(documents).to_dict()["statements"] for text in texts]
        return table.append_column("statements", pa.array(found, self._type))


@dataclass(frozen=True, slots=True)
class Cluster:
    """The `Pool` of a run (see `predict_files`) whose shards are read by actors; files stay with the first process.

    A shard whose actor is lost is read again, three times at the most: it may be the shard that kills.

    Args:
        workers: actors; by default as many as the cluster has room for.
        gpus: how much of a GPU each has; without one it reads on a CPU.
    """

    workers: int | None = None
    gpus: float = 0

    def dtype(self) -> str:
        """Return on a CPU what suits this machine's, which stands for all; a GPU's actor picks for itself."""
        return "auto" if self.gpus else Local(("cpu",)).dtype()

    def read(self, task: Task, jobs: Iterable[Job]) -> Iterator[tuple[int, Shard]]:
        """Yield what became of each shard; see `Pool`."""
        workers = self.workers or _room(self.gpus)
        actor = ray.remote(num_cpus=1, num_gpus=self.gpus, max_restarts=-1, max_task_retries=3)(_Shards)
        pool = ActorPool([actor.remote(task, "cuda" if self.gpus else "cpu") for _ in range(workers)])
        for job in jobs:
            if not pool.has_free():
                yield pool.get_next_unordered()
            pool.submit(_submit, job)
        while pool.has_next():
            yield pool.get_next_unordered()


class _Shards:
    """The actor of `Cluster`."""

    def __init__(self, task: Task, device: str) -> None:
        self._reader = ShardReader(task, device, threads=1 if device == "cpu" else None)

    def read(self, job: Job) -> tuple[int, Shard]:
        index, rows = job
        return index, self._reader(rows)


def _submit(actor: Any, job: Job) -> Any:
    return actor.read.remote(job)


def _room(gpus: float) -> int:
    """How many actors the cluster has room for."""
    if not ray.is_initialized():
        ray.init()  # the cluster that RAY_ADDRESS names, else one on this machine
    has = ray.cluster_resources()
    return max(1, int(min(has.get("CPU", 1), has.get("GPU", 0) / gpus if gpus else float("inf"))))
