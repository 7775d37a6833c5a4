"""Tables with a text column and a label column, by `datasets`: CSV, JSON Lines, Parquet, or a dataset of the hub."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from .config import SequenceConfig, TokenConfig
from .config_data import TableConfig
from .errors import DataError, DependencyError
from .spans import read_spans

__all__ = ["Row", "Split", "read_splits"]

_READERS = {"csv": "csv", "jsonl": "json", "json": "json", "parquet": "parquet"}


@dataclass(frozen=True, slots=True)
class Row:
    """One annotated text.

    Attributes:
        place: ``file: row N``, counted from 1.
        text: what is classified.
        pair: the second text of a pair.
        labels: of the text (sequence task).
        spans: start, end and label of each (token task).
    """

    place: str
    text: str
    pair: str | None = None
    labels: tuple[str, ...] = ()
    spans: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """The rows of a split that can be read, and what is wrong with the others, each as ``file: row N: what``."""

    rows: list[Row]
    faults: list[str]


def read_splits(config: SequenceConfig | TokenConfig) -> dict[str, Split]:
    """Return ``train``, ``validation`` and the config's tests, in this order.

    Raises:
        DataError: a table cannot be read, or has not the columns that the config names.
        DependencyError: `datasets` is not installed.
    """
    data = config.data
    return {
        "train": _split(config, data.train, data.where),
        "validation": _split(config, (data.validation,), data.where),
        **{name: _split(config, (test.rows,), {**data.where, **test.where}) for name, test in data.tests.items()},
    }


def _split(config: SequenceConfig | TokenConfig, sources: tuple[str, ...], where: Mapping[str, Any]) -> Split:
    split = Split([], [])
    for source in sources:
        for number, cells in _cells(config, source, where):
            place = f"{source}: row {number}"
            try:
                split.rows.append(_row(config, place, cells))
            except DataError as error:
                split.faults.append(f"{place}: {error}")
    return split


def _cells(
    config: SequenceConfig | TokenConfig, source: str, where: Mapping[str, Any]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield number and cells of each row that `where` asks for, names in the place of numbered classes."""
    data = config.data
    table = _load(data, source)
    columns = [data.text, data.label, *where]
    if isinstance(config, SequenceConfig) and config.data.pair:
        columns.append(config.data.pair)
    for column in columns:
        if column not in table.column_names:
            near = get_close_matches(column, table.column_names, 1)
            raise DataError(
                f"{source}: expected a column {column!r}, it has {', '.join(table.column_names)}"
                + (f"; did you mean {near[0]!r}?" if near else "; name them under data: in the config")
            )
    kind = table.features[data.label]
    names = getattr(kind, "names", None) or getattr(getattr(kind, "feature", None), "names", None)
    for number, row in enumerate(table, 1):
        if all(str(row[column]) == str(value) for column, value in where.items()):
            label = row[data.label]
            if names and label is not None:
                label = [names[k] for k in label] if isinstance(label, list) else names[label]
            yield number, {**row, data.label: label}


def _load(data: TableConfig, source: str) -> Any:
    try:
        import datasets
    except ImportError:
        raise DependencyError("tables need datasets: pip install 'porteparole[train]'") from None
    from datasets.utils.logging import disable_progress_bar, enable_progress_bar, is_progress_bar_enabled

    bar = is_progress_bar_enabled()
    disable_progress_bar()
    try:
        if data.hub:
            return datasets.load_dataset(data.hub, split=source, revision=data.revision)
        reader = _READERS.get(source.rpartition(".")[2])
        if reader is None:
            raise DataError(f"{source}: expected a .csv, .jsonl or .parquet file; or name a dataset under data.hub")
        return datasets.load_dataset(reader, data_files=source, split="train")
    except DataError:
        raise
    except FileNotFoundError:
        raise DataError(f"{data.hub or source}: no such file or dataset") from None
    except Exception as error:  # datasets raises exceptions of many kinds for what is in a file
        cause = error.__cause__ or error
        raise DataError(f"{data.hub or source}: cannot be read: {' '.join(str(cause).split())}") from None
    finally:
        if bar:
            enable_progress_bar()


def _row(config: SequenceConfig | TokenConfig, place: str, cells: Mapping[str, Any]) -> Row:
    data = config.data
    if isinstance(config, TokenConfig):
        text, spans = read_spans(cells[data.text], cells[data.label])
        return Row(place, text, spans=spans)
    pair = _text(config.data.pair, cells[config.data.pair]) if config.data.pair else None
    return Row(place, _text(data.text, cells[data.text]), pair, _labels(config, cells[data.label]))


def _text(column: str, cell: Any) -> str:
    if cell is None or not str(cell).strip():
        raise DataError(f"{column}: expected a text, it is empty")
    return str(cell)


def _labels(config: SequenceConfig, cell: Any) -> tuple[str, ...]:
    if not config.multi_label:
        if isinstance(cell, list):
            raise DataError(f"{config.data.label}: expected one label, got a list; set multi_label: true")
        return (_text(config.data.label, cell),)
    if cell is None or isinstance(cell, str):
        cell = (cell or "").split(config.data.separator)
    elif not isinstance(cell, list):
        cell = [cell]
    return tuple(dict.fromkeys(str(label).strip() for label in cell if str(label).strip()))
