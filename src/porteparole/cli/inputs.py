"""What the arguments of a command name: rows with a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..errors import DataError
from ..readers import Columns, Fault, Row, read_rows
from ..sources import find_sources

__all__ = ["read_inputs"]


def read_inputs(inputs: Sequence[str], columns: Columns = Columns()) -> Iterator[Row]:
    """Yield the rows of files, folders, globs, datasets, standard input or a text itself; see `find_sources`.

    Raises:
        DataError: an input cannot be read, or a row holds no text.
        InputError: there is no such input.
    """
    for source in find_sources(inputs):
        for row in read_rows(source, columns):
            if isinstance(row, Fault):
                raise DataError(str(row))
            yield row
