"""Statements as a table, one row a statement, and what is counted in it: who stands where, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .data import read_jsonl
from .errors import DataError, DependencyError, InputError
from .extras import require
from .flat import COLUMNS, DOCUMENT, flat_rows
from .schema import Document

try:
    import pandas as pd
except ModuleNotFoundError as error:
    raise DependencyError(f'a table needs {error.name}: pip install "porteparole[table]"') from None

__all__ = ["frame_of", "read_table", "stance_matrix", "table", "timeline"]

_VALUES = {"favor": 1.0, "against": -1.0}  # all others are 0


def table(documents: Iterable[Document]) -> pd.DataFrame:
    """Return the statements of documents, one row a statement.

    ``topic`` and ``stance`` are those of the likeliest topic; ``stances`` lists all of them, and those to the
    caller's own targets, as `Stance.to_dict` gives them.

    Raises:
        DependencyError: the extra ``table`` is not installed.
    """
    if isinstance(documents, Document):
        raise InputError("table: expected documents, got one; use table([document])")
    return frame_of(row for document in documents for row in flat_rows(document))


def read_table(path: str | Path) -> pd.DataFrame:
    """Return the statements that ``porteparole predict`` wrote, one row a statement, whichever form it wrote.

    Further columns of the documents, such as a date, stand behind those of `table`.

    Raises:
        DataError: the file is missing, or not of that form.
        DependencyError: the extra ``table`` is not installed.
    """
    return frame_of(_statements(Path(path)))


def frame_of(rows: Iterable[dict[str, Any]], *, others: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Return flat rows as a table.

    Args:
        rows: as `flat_rows` makes them, with further columns or without.
        others: dtypes of the further columns; by default they come out as they may.
    """
    frame = pd.DataFrame.from_records(list(rows))
    further = [name for name in frame.columns if name not in COLUMNS] if others is None else list(others)
    dtypes = {str: "string", int: "Int64", float: "float64", list: "object"}  # Int64 and not int64: some are missing
    frame = frame.reindex(columns=[*COLUMNS, *further])
    return frame.astype({**{name: dtypes[kind] for name, kind in COLUMNS.items()}, **(others or {})})


def _statements(path: Path) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(_records(path), 1):
        if "statements" in row:
            others = {name: value for name, value in row.items() if name not in DOCUMENT}
            try:
                document = Document.from_dict(row)
            except DataError as error:
                raise DataError(f"{path}:{number}: {error}") from None
            yield from ({**statement, **others} for statement in flat_rows(document))
        elif set(COLUMNS) <= set(row):
            yield row
        else:
            raise DataError(f"{path}:{number}: expected a document or a statement as `porteparole predict` writes them")


def _records(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix == ".parquet":
        parquet = require("pyarrow.parquet", extra="table", purpose="reading Parquet")
        try:
            for batch in parquet.ParquetFile(path).iter_batches():
                yield from batch.to_pylist()
        except (OSError, ValueError) as error:  # pyarrow's errors are of these kinds
            raise DataError(f"{path}: cannot be read: {error}") from None
    else:
        yield from (row for _, row in read_jsonl(path))


def stance_matrix(statements: pd.DataFrame) -> pd.DataFrame:
    """Return where each speaker stands on each topic.

    Every stance counts, not the likeliest topic's alone; one to a target of the caller's stands under its wording.

    Args:
        statements: a table, as `table` and `read_table` make it.

    Returns:
        A row for each speaker, those who say most first. ``matrix["stance"]`` holds the mean of favor = 1,
        against = -1 and all else = 0, by topic; ``matrix["count"]`` the number of stances in that mean.
    """
    found = _long(statements)
    return _means(found, found["speaker"])


def timeline(statements: pd.DataFrame, *, date: str = "date", every: str = "M") -> pd.DataFrame:
    """Return where the statements stand on each topic, period by period.

    Args:
        statements: a table with a column of dates; select a speaker's rows for a speaker's course.
        date: name of that column: dates, or texts in ISO form (2026-03-01).
        every: a period of pandas: ``D``, ``W``, ``M``, ``Q`` or ``Y``.

    Returns:
        A row for each period in which something was said, in order; the columns are those of `stance_matrix`.

    Raises:
        InputError: there is no such column, or no dates in it.
    """
    if date not in statements.columns:
        raise InputError(f"date={date!r}: expected a column of the table, which has {', '.join(statements.columns)}")
    found = _long(statements)
    try:
        periods = pd.to_datetime(found[date], format="ISO8601").dt.tz_localize(None).dt.to_period(every)
    except ValueError as error:
        raise InputError(f"date={date!r}, every={every!r}: {error}") from None
    return _means(found, periods).sort_index()


def _long(statements: pd.DataFrame) -> pd.DataFrame:
    """One row a stance, with its topic and value."""
    found = statements.explode("stances", ignore_index=True).dropna(subset=["stances"])
    topics = [stance["topic"] or stance["target"] for stance in found["stances"]]
    values = [_VALUES.get(stance["stance"], 0.0) for stance in found["stances"]]
    return found.assign(topic=topics, value=values)


def _means(found: pd.DataFrame, rows: pd.Series) -> pd.DataFrame:
    values = found["value"].groupby([rows, found["topic"]])
    count = values.count().unstack(fill_value=0)
    # Those of whom there is most come first; of equals, the alphabet decides.
    count = count.loc[
        count.sum(axis=1).sort_values(ascending=False, kind="stable").index,
        count.sum(axis=0).sort_values(ascending=False, kind="stable").index,
    ]
    stance = values.mean().unstack().reindex_like(count)
    return pd.concat({"stance": stance, "count": count}, axis=1)
