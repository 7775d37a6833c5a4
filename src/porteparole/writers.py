"""Documents as JSON Lines or Parquet: shards as bytes, and the shards of a run joined into one file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import InputError
from .flat import flat_rows, other_columns
from .schema import Document

__all__ = ["Form", "pick_form"]


@dataclass(frozen=True, slots=True)
class Form:
    """The form of an output.

    Attributes:
        parquet: Parquet, not JSON Lines.
        flat: a row is a statement, not a document with its statements in it.
        targets: the statements hold stances to the caller's own targets.
    """

    parquet: bool
    flat: bool = False
    targets: bool = False

    def rows(self, document: Document, columns: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the rows of a document, the other columns of its input behind ours."""
        others = other_columns(columns)
        for row in flat_rows(document) if self.flat else (document.to_dict(),):
            yield {**row, **others}

    def encode(self, rows: Sequence[dict[str, Any]]) -> bytes:
        """Return rows as the bytes of a file."""
        if self.parquet:
            from . import parquet

            ours = parquet.flat_schema() if self.flat else parquet.document_schema(targets=self.targets)
            return parquet.encode(rows, ours)
        return "".join(json.dumps(_plain(row), ensure_ascii=False, default=str) + "\n" for row in rows).encode()

    def join(self, shards: Sequence[Path], out: Path) -> None:
        """Write the rows of all shards to one file, in bounded memory."""
        if self.parquet:
            from . import parquet

            parquet.join(shards, out)
        else:
            with out.open("wb") as joined:
                for shard in shards:
                    with shard.open("rb") as part:
                        shutil.copyfileobj(part, joined)


def pick_form(path: Path, *, flat: bool = False, targets: bool = False) -> Form:
    """Return the form that the suffix of an output asks for.

    Raises:
        InputError: it is neither ``.jsonl`` nor ``.parquet``.
        DependencyError: the extra ``table`` is not installed, which Parquet needs.
    """
    if path.suffix not in (".jsonl", ".parquet"):
        raise InputError(f"{path}: expected a name that ends in .jsonl or .parquet, for that form")
    if path.suffix == ".parquet":
        from . import parquet  # noqa: F401  rather now than after the first shard
    return Form(path.suffix == ".parquet", flat, targets)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Put what JSON does not know as a column of Parquet may hold it: times in ISO form, no number as null."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else None if value != value else value
        for name, value in row.items()
    }
