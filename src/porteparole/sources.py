"""What the inputs of a run name: files, folders, globs, saved datasets, hub ids, standard input, a text."""

from __future__ import annotations

import glob
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from .errors import DataError, InputError
from .extras import require

__all__ = ["Source", "find_sources", "fingerprint", "load_splits"]

_KINDS = {".txt": "txt", ".jsonl": "jsonl", ".csv": "csv", ".parquet": "parquet"}
_PACKED = (".gz", ".zst")
_HUB = "hf:"


@dataclass(frozen=True, slots=True)
class Source:
    """One file, dataset or text.

    Attributes:
        kind: ``txt``, ``jsonl``, ``csv``, ``parquet``, ``saved`` (a dataset's folder), ``hub`` or ``text``.
        where: path, hub id, or the text itself.
        name: what ids are made of: the path inside the folder that was named, else the file's name.
    """

    kind: str
    where: str
    name: str = ""


def find_sources(inputs: Sequence[str], *, leave_out: Collection[Path] = ()) -> list[Source]:
    """Return what the inputs name, in their order, the files of a folder or glob sorted.

    Args:
        inputs: ``-`` (one text on standard input), ``hf:user/name``, files, folders and globs, or a single text.
        leave_out: files and folders that are passed over in folders and globs: those of the run's own output.

    Raises:
        DataError: there is no such file, or nothing to read in a folder; one of `leave_out` is named as an input.
        InputError: an input is neither a file nor a text.
    """
    own = [path.resolve() for path in leave_out]
    return [source for name in inputs for source in _named(name, own, alone=len(inputs) == 1)]


def _named(name: str, own: list[Path], *, alone: bool) -> list[Source]:
    path = Path(name)
    if name == "-":
        return [Source("text", _standard_input())]
    if name.startswith(_HUB):
        return [Source("hub", name.removeprefix(_HUB), name.removeprefix(_HUB))]
    if _is(path.is_dir):
        return _folder(path, own)
    if _is(path.is_file):
        if _is_own(path, own):
            raise DataError(f"{name}: is written by this run, so it cannot be read by it; name another output")
        return [_file(path)]
    if glob.has_magic(name):
        matched = glob.iglob(name, recursive=True)  # noqa: PTH207  Path.glob takes no absolute pattern
        if files := _files(map(Path, matched), own):
            return [_file(file) for file in files]
    if path.suffix in (*_KINDS, *_PACKED):
        raise DataError(f"{name}: no such file")
    if alone and " " in name.strip():
        return [Source("text", name)]
    raise InputError(f"{name}: no such file; a text of one word goes in through standard input: predict -")


def _file(path: Path) -> Source:
    return Source(_kind(path) or "txt", str(path), path.name)


def _folder(path: Path, own: list[Path]) -> list[Source]:
    if (path / "dataset_info.json").is_file() or (path / "dataset_dict.json").is_file():
        return [Source("saved", str(path), path.name)]
    inside = [(file, file.relative_to(path)) for file in _files(path.rglob("*"), own) if _kind(file)]
    found = [
        Source(_kind(file), str(file), place.as_posix())
        for file, place in inside
        if not any(part.startswith(".") for part in place.parts)
    ]
    if not found:
        raise DataError(f"{path}: expected files of the kinds {', '.join(_KINDS)} in this folder, there are none")
    return found


def _kind(path: Path) -> str:
    suffixes = path.suffixes[-2:]
    return _KINDS.get(suffixes[0] if suffixes and suffixes[-1] in _PACKED else path.suffix, "")


def _files(paths: Iterable[Path], own: list[Path]) -> list[Path]:
    return sorted(path for path in paths if path.is_file() and not _is_own(path, own))


def _is_own(path: Path, own: list[Path]) -> bool:
    if not own:
        return False
    resolved = path.resolve()
    return any(resolved == other or other in resolved.parents for other in own)


def _is(test: Callable[[], bool]) -> bool:
    try:
        return test()
    except (OSError, ValueError):  # too long for a file name, or a NUL in it
        return False


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"standard input: expected UTF-8, but byte {error.start} is none") from None


def fingerprint(source: Source) -> list[list[Any]]:
    """Return what tells whether a source has changed: path, size and time (in ns) of its files; a text's hash.

    Raises:
        DataError: a file is not there any more.
    """
    if source.kind == "text":
        return [["text", sha256(source.where.encode("utf-8", "surrogatepass")).hexdigest()]]
    files = [Path(source.where)]
    if source.kind == "saved":
        files = sorted(path for path in files[0].rglob("*") if path.is_file())
    elif source.kind == "hub":
        cached = (file["filename"] for data in load_splits(source).values() for file in data.cache_files)
        files = [Path(file) for file in cached]
    try:
        return [[str(file), (stat := file.stat()).st_size, stat.st_mtime_ns] for file in files]
    except OSError as error:
        raise DataError(f"{error.filename}: cannot be read: {error.strerror or error}") from None


@cache
def load_splits(source: Source) -> dict[str, Any]:
    """Return the `datasets.Dataset` of each split of a saved dataset or one on the hub, by the split's name.

    Raises:
        DataError: datasets cannot load it.
        DependencyError: the extra ``datasets`` is not installed.
    """
    datasets = require("datasets", extra="datasets", purpose=f"reading the dataset {source.where}")
    try:
        data = (datasets.load_from_disk if source.kind == "saved" else datasets.load_dataset)(source.where)
    except Exception as error:  # datasets raises what its many readers raise
        raise DataError(f"{source.where}: cannot be loaded by datasets: {str(error).strip()}") from None
    return dict(data) if isinstance(data, dict) else {str(data.split or "data"): data}
