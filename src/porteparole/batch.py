"""Files in, files out: any number of texts, in shards, so that a run goes on where it was stopped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

from tqdm import tqdm

from . import __version__
from .bundle import find_bundle
from .errors import DataError, InputError
from .parts import Parts
from .pools import Job, Local, Pool
from .readers import Columns, Fault, Row, count_rows, read_rows
from .shards import Shard, Task
from .sources import Source, find_sources, fingerprint
from .writers import pick_form

__all__ = ["Summary", "predict_files"]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run wrote.

    Attributes:
        output: where the documents are.
        documents: how many.
        statements: how many are in them.
        faults: how many rows hold no text.
        errors: where those are told, a JSON object a line: file, row, reason.
    """

    output: Path
    documents: int
    statements: int
    faults: int
    errors: Path

    def __str__(self) -> str:
        said = f"{self.documents:,} documents, {self.statements:,} statements: {self.output}"
        return f"{said}; rows without a text: {self.faults:,}, see {self.errors}" if self.faults else said


def predict_files(
    inputs: Sequence[str],
    output: Path,
    *,
    model: str | None = None,
    backend: str = "torch",
    targets: Sequence[str] = (),
    columns: Columns = Columns(),
    flat: bool = False,
    strict: bool = False,
    pool: Pool = Local(),
    shard: int = 256,
) -> Summary:
    """Find the statements of all texts in the inputs, and write them with the other columns of their rows.

    What is done lies in ``OUTPUT.parts`` until all is. The same call goes on from there, with the same pool or
    another, and with the same writes the bytes that it had written without the stop.

    Args:
        inputs: see `find_sources`.
        output: a ``.jsonl`` or ``.parquet`` file; it is replaced when all is done.
        model: see `load`.
        backend: see `load`.
        targets: see `Tagger.predict`.
        columns: where text and id stand.
        flat: write a row a statement, not a row a document.
        strict: stop at the first row without a text, rather than tell it in ``OUTPUT.errors.jsonl``.
        pool: who reads.
        shard: rows that are read in one go; by default as many as `Tagger.stream` holds.

    Raises:
        DataError: an input cannot be read, has changed since the run was begun, or holds a row without a text while
            `strict`; the output cannot be written; the parts of another run lie there.
        InputError: the output is no file of a known form.
    """
    form = pick_form(output, flat=flat, targets=bool(targets))
    if output.is_dir() or not output.parent.is_dir():
        raise InputError(f"{output}: cannot be written: there is no folder {output.parent}, or a folder of this name")
    parts = Parts(output)
    sources = find_sources(inputs, leave_out=(output, parts.folder, parts.errors))
    plan = {
        "porteparole": __version__,
        "model": find_bundle(model).digest(),
        "options": {"backend": backend, "columns": asdict(columns), "targets": list(targets), "flat": flat},
        "shard": shard,
        "inputs": _fingerprints(sources),
    }
    manifest = parts.manifest()
    if manifest is None:
        # The dtype belongs to the manifest because on a CPU it is measured, and may come out otherwise next time.
        manifest = {
            **plan,
            "rows": sum(count_rows(source, columns) for source in sources),
            "dtype": pool.dtype() if backend == "torch" else "auto",
        }
    elif changed := [name for name, value in plan.items() if manifest.get(name) != value]:
        raise DataError(_what_changed(changed[-1], manifest.get(changed[-1]), plan[changed[-1]], parts))
    parts.begin(manifest)  # of an interrupted run as well: whether it can be written is told now
    jobs = _pending(_rows(sources, columns, strict=strict), shard, parts)
    task = Task(model, backend, manifest["dtype"], tuple(targets), form)
    _keep(pool.read(task, jobs), parts, rows=manifest["rows"])
    if _fingerprints(sources) != plan["inputs"]:
        raise DataError(f"an input changed while it was read; remove {parts.folder} and start anew")
    return _finish(parts, form.join)


def _fingerprints(sources: Iterable[Source]) -> list[list[Any]]:
    return [entry for source in sources for entry in fingerprint(source)]


def _what_changed(name: str, was: Any, now: Any, parts: Parts) -> str:
    if name == "inputs":
        moved = sorted(set(map(tuple, was)) ^ set(map(tuple, now))) or now  # the same in another order, or twice
        what = f"{moved[0][0]} is not what it was (its place, size or time), or has come or gone"
    elif name == "model":
        what = "the model is another one"
    else:
        what = f"{name} went from {json.dumps(was, ensure_ascii=False)} to {json.dumps(now, ensure_ascii=False)}"
    return f"{parts.folder} holds an interrupted run, but {what}; put that back to go on, or remove {parts.folder}"


def _rows(sources: Iterable[Source], columns: Columns, *, strict: bool) -> Iterator[Row | Fault]:
    for source in sources:
        for row in read_rows(source, columns):
            if strict and isinstance(row, Fault):
                raise DataError(str(row))
            yield row


def _pending(rows: Iterator[Row | Fault], size: int, parts: Parts) -> Iterator[Job]:
    """Yield the shards that are not done; one without rows where there are none at all, so that there is an output."""
    index = 0
    while (items := list(islice(rows, size))) or not index:
        if not parts.is_done(index):
            yield index, items
        index += 1


def _keep(shards: Iterable[tuple[int, Shard]], parts: Parts, *, rows: int) -> None:
    """Keep each shard as soon as it is done, and show how far the run is."""
    notes = list(parts.notes())
    done = sum(note["documents"] + len(note["faults"]) for note in notes)
    statements, words, start = sum(note["statements"] for note in notes), 0, perf_counter()
    with tqdm(total=rows, initial=done, unit="doc", disable=None) as bar:  # None: only on a terminal
        for index, shard in shards:
            faults = [asdict(fault) for fault in shard.faults]
            note = {"documents": shard.documents, "statements": shard.statements, "faults": faults}
            parts.write(index, shard.content, note)
            statements += shard.statements
            words += shard.words
            speed = words / (perf_counter() - start)
            bar.set_postfix_str(f"{statements:,} statements, {speed:,.0f} words/s", refresh=False)
            bar.update(shard.documents + len(faults))


def _finish(parts: Parts, join: Any) -> Summary:
    notes = list(parts.notes())
    faults = [fault for note in notes for fault in note["faults"]]
    parts.finish(join, "".join(json.dumps(fault, ensure_ascii=False) + "\n" for fault in faults))
    return Summary(
        output=parts.output,
        documents=sum(note["documents"] for note in notes),
        statements=sum(note["statements"] for note in notes),
        faults=len(faults),
        errors=parts.errors,
    )
