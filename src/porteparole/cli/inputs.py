"""What the arguments of a command name: rows with a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..errors import DataError
from ..readers import Columns, Fault, Row, read_rows
from ..schema import Document
from ..sources import find_sources

__all__ = ["read_documents", "read_inputs"]


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


def read_documents(
    inputs: Sequence[str],
    columns: Columns = Columns(),
    *,
    targets: Sequence[str],
    model: str | None,
    device: str,
    backend: str = "torch",
) -> Iterator[Document]:
    """Yield the document of each text; all texts are read first, so that a fault is told before any is shown."""
    from ..tagger import load

    rows = list(read_inputs(inputs, columns))
    documents = load(model, device=device, backend=backend).stream((row.text for row in rows), targets=targets)
    return (replace(document, id=row.id) for row, document in zip(rows, documents, strict=True))
