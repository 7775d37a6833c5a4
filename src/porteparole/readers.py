"""The rows of a source, one after the other: texts with their other columns, or why there is no text in a row."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from .data import json_object
from .errors import DataError
from .extras import require
from .sources import Source, load_splits

__all__ = ["Columns", "Fault", "Row", "count_rows", "read_rows"]

_AT_ONCE = 256  # rows of a Parquet file or dataset that are held at a time


@dataclass(frozen=True, slots=True)
class Columns:
    """Where text and id stand in files with columns.

    Attributes:
        text: the text.
        id: the id; by default ``id``, and the place of the row where there is none.
    """

    text: str = "text"
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A text to read.

    Attributes:
        text: the text.
        id: the row's own id, else the place where it stands; ``None`` for a text given by itself.
        columns: the other columns of the row, as they came.
    """

    text: str
    id: str | None = None
    columns: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """A row without a text.

    Attributes:
        file: path of the file, or the dataset with its split.
        row: line of a text file (of a CSV row, its last), else row; counted from 1.
        reason: what was expected, what came.
    """

    file: str
    row: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.row}: {self.reason}"


class _RowError(Exception):
    """A row cannot be read; its text says why."""


_Records = Iterator[tuple[int, dict[str, Any] | _RowError]]


def read_rows(source: Source, columns: Columns) -> Iterator[Row | Fault]:
    """Yield the rows of a source in order, in bounded memory.

    Raises:
        DataError: the source cannot be read, or has no such column.
        DependencyError: an optional package reads this kind, and is not installed.
    """
    if source.kind == "text":
        yield Row(source.where)
        return
    with _told(source):
        if source.kind == "txt":
            yield _whole(source)
            return
        for part, records in _tables(source, columns):
            for number, record in records:
                try:
                    if isinstance(record, _RowError):
                        raise record
                    yield _row(record, columns, f"{source.name}{part}:{number}")
                except _RowError as fault:
                    yield Fault(f"{source.where}{part}", number, str(fault))


def count_rows(source: Source, columns: Columns) -> int:
    """Return how many rows `read_rows` yields, without their texts where the format allows; raises what it raises."""
    with _told(source):
        if source.kind in ("text", "txt"):
            return 1
        if source.kind == "jsonl":
            with _open(source) as lines:
                return sum(1 for line in lines if line.strip())
        if source.kind == "csv":
            return sum(1 for _ in _csv_rows(source, columns))
        if source.kind == "parquet":
            return int(_parquet(source, columns).metadata.num_rows)
        return sum(len(data) for data in load_splits(source).values())


def _whole(source: Source) -> Row | Fault:
    with _open(source) as file:
        content = file.read()
    try:
        return Row(content.decode("utf-8-sig"), source.name)
    except UnicodeDecodeError as error:
        return Fault(source.where, 1, _not_utf8(error))


def _row(record: dict[str, Any], columns: Columns, place: str) -> Row:
    """Tell text, id and other columns of a record apart."""
    text = record.get(columns.text)
    if not isinstance(text, str):
        got = f"got {type(text).__name__}" if columns.text in record else f"there is none among {_list(record)}"
        raise _RowError(f'expected a string under the key "{columns.text}", {got}')
    _check_characters(record)
    name = record.get(columns.id or "id")
    if name is None and columns.id:
        raise _RowError(f'expected an id under the key "{columns.id}", there is none')
    others = {key: value for key, value in record.items() if key not in (columns.text, columns.id or "id")}
    return Row(text, place if name is None else str(name), others)


def _check_characters(record: dict[str, Any]) -> None:
    try:
        json.dumps(record, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError as error:
        code = ord(error.object[error.start])
        if 0xDC80 <= code <= 0xDCFF:  # how Python carries a byte that is no UTF-8
            raise _RowError(f"expected UTF-8, but there is a byte 0x{code - 0xDC00:02x}") from None
        raise _RowError(f"U+{code:04X} is a lone surrogate, which is no character") from None
    except RecursionError:
        raise _RowError("JSON nested too deeply") from None


def _tables(source: Source, columns: Columns) -> Iterator[tuple[str, _Records]]:
    """Yield the name (empty, or that of a split with a colon before it) and the records of each table of a source."""
    if source.kind == "jsonl":
        yield "", _json_lines(source)
    elif source.kind == "csv":
        yield "", _csv_rows(source, columns)
    elif source.kind == "parquet":
        batches = _parquet(source, columns).iter_batches(batch_size=_AT_ONCE)
        yield "", _numbered(batch.to_pylist() for batch in batches)
    else:
        for split, data in load_splits(source).items():
            _require_columns(f"{source.where}:{split}", data.column_names, columns)
            tables = data.with_format("arrow").iter(batch_size=_AT_ONCE)
            yield f":{split}", _numbered(table.to_pylist() for table in tables)


def _json_lines(source: Source) -> _Records:
    with _open(source) as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield number, json_object(line.decode("utf-8-sig" if number == 1 else "utf-8"))
                except UnicodeDecodeError as error:
                    yield number, _RowError(_not_utf8(error))
                except DataError as error:
                    yield number, _RowError(str(error))


def _csv_rows(source: Source, columns: Columns) -> _Records:
    csv.field_size_limit(2**31 - 1)  # a text may be longer than the 128 KiB that csv allows by default
    with io.TextIOWrapper(_open(source), encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        header = text.readline()
        separator = max(",;\t", key=header.count)
        names = next(csv.reader([header], delimiter=separator), [])
        _require_columns(source.where, names, columns)
        rows = csv.reader(text, delimiter=separator, strict=True)
        while True:
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield rows.line_num + 1, _RowError(f"expected a row of CSV: {error}")
                continue
            if len(cells) == len(names):
                yield rows.line_num + 1, dict(zip(names, cells, strict=True))
            elif cells:  # a blank line has none
                wrong = f"expected {len(names)} columns as in the header, got {len(cells)}"
                yield rows.line_num + 1, _RowError(wrong)


def _numbered(batches: Iterable[list[dict[str, Any]]]) -> _Records:
    return enumerate((record for batch in batches for record in batch), 1)


def _parquet(source: Source, columns: Columns) -> Any:
    file = require("pyarrow.parquet", extra="table", purpose="reading Parquet").ParquetFile(source.where)
    _require_columns(source.where, file.schema_arrow.names, columns)
    return file


def _require_columns(where: str, names: Sequence[str], columns: Columns) -> None:
    for name, option in ((columns.text, "--text-column"), (columns.id, "--id-column")):
        if name is not None and name not in names:
            raise DataError(f'{where}: expected a column "{name}", it has {_list(names)}; name yours with {option}')


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "no columns"


def _open(source: Source) -> BinaryIO:
    path = Path(source.where)
    if path.suffix == ".gz":
        return gzip.open(path)  # type: ignore[return-value]
    if path.suffix == ".zst":
        arrow = require("pyarrow", extra="table", purpose="reading zstd")
        return io.BufferedReader(arrow.input_stream(str(path), compression="zstd"))
    return path.open("rb")


@contextmanager
def _told(source: Source) -> Iterator[None]:
    """Turn what reading raises into a DataError that names the source."""
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"{source.where}: no such file") from None
    except DataError:
        raise
    except (OSError, EOFError, zlib.error, ValueError) as error:  # pyarrow's errors are of these kinds
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise DataError(f"{source.where}: cannot be read: {reason}") from None


def _not_utf8(error: UnicodeDecodeError) -> str:
    wrong = f"byte {error.start} is 0x{error.object[error.start]:02x}"
    return f"expected UTF-8, but {wrong}; convert the file first, e.g. iconv -f windows-1252 -t utf-8"
