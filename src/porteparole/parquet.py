"""Parquet, and the Arrow schemas of what we write."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .errors import DependencyError
from .flat import COLUMNS

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ModuleNotFoundError as error:
    raise DependencyError(f'Parquet needs {error.name}: pip install "porteparole[table]"') from None

__all__ = ["document_schema", "encode", "flat_schema", "join"]

_GROUP = 4096  # rows of a row group of a joined file: more than a shard's, so that readers need not hop


def encode(rows: Sequence[dict[str, Any]], ours: pa.Schema) -> bytes:
    """Return rows as a Parquet file.

    Args:
        rows: each with our columns, and others of any kind.
        ours: types of our columns; the others get the type that their values have.
    """
    others = dict.fromkeys(name for row in rows for name in row if name not in ours.names)
    columns = {field.name: pa.array([row.get(field.name) for row in rows], field.type) for field in ours}
    columns |= {name: _array([row.get(name) for row in rows]) for name in others}
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, compression="zstd")
    return out.getvalue()


def _array(values: list[Any]) -> Any:
    """A column of the type that its values have; of several that do not go together, as text."""
    try:
        return pa.array(values)
    except (TypeError, ValueError, OverflowError):  # pyarrow's errors are of these kinds
        return _as_text(values)


def _as_text(values: Iterable[Any]) -> Any:
    texts = (v if v is None or isinstance(v, str) else json.dumps(v, ensure_ascii=False, default=str) for v in values)
    return pa.array(texts, pa.string())


def join(shards: Sequence[Path], out: Path) -> None:
    """Write the rows of all shards to one file, in bounded memory.

    Columns that some shards lack are null there; types are widened to what all shards can be cast to, else to text.
    """
    schema = pa.schema(_widened([pq.read_schema(shard) for shard in shards]))
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        group: list[pa.Table] = []
        for shard in shards:
            group.append(_cast(pq.read_table(shard), schema))
            if sum(table.num_rows for table in group) >= _GROUP:
                writer.write_table(pa.concat_tables(group))
                group = []
        if group:
            writer.write_table(pa.concat_tables(group))


def _widened(schemas: Sequence[Any]) -> Iterator[Any]:
    """Yield each column that is in some schema, in a type that all of them can be cast to."""
    fields: dict[str, Any] = {}
    for schema in schemas:
        for field in schema:
            have = fields.setdefault(field.name, field)
            if have.type != field.type:
                try:
                    (fields[field.name],) = pa.unify_schemas(
                        [pa.schema([have]), pa.schema([field])], promote_options="permissive"
                    )
                except (TypeError, ValueError):
                    fields[field.name] = pa.field(field.name, pa.string())
    yield from fields.values()


def _cast(table: Any, schema: Any) -> Any:
    columns = []
    for field in schema:
        if field.name not in table.column_names:
            columns.append(pa.nulls(table.num_rows, field.type))
        elif table.schema.field(field.name).type == field.type:
            columns.append(table[field.name])
        elif field.type == pa.string():
            columns.append(_as_text(table[field.name].to_pylist()))
        else:
            columns.append(table[field.name].cast(field.type))
    return pa.table(columns, schema=schema)


def document_schema(*, targets: bool) -> Any:
    """Return the `pyarrow.Schema` of our columns of a row a document: id, text, statements, speakers."""
    span = pa.struct({"start": pa.int64(), "end": pa.int64(), "text": pa.string(), "score": pa.float64()})
    roles = dict.fromkeys(("source", "antecedent", "addressee", "medium", "content"), pa.list_(span))
    statement = {
        "cue": span,
        **roles,
        "speaker": pa.string(),
        "speaker_id": pa.int64(),
        "act": pa.struct({"label": pa.string(), "score": pa.float64()}),
        "topics": _stances(),
        **({"targets": _stances()} if targets else {}),
        "form": pa.string(),
        "parent": pa.int64(),
    }
    speakers = pa.list_(pa.struct({"name": pa.string(), "mentions": pa.list_(span)}))
    found = {"statements": pa.list_(pa.struct(statement)), "speakers": speakers}
    return pa.schema({"id": pa.string(), "text": pa.string(), **found})


def flat_schema() -> Any:
    """Return the `pyarrow.Schema` of our columns of a row a statement; for Spark, `from_arrow_schema` turns it."""
    types = {str: pa.string(), int: pa.int64(), float: pa.float64(), list: _stances()}
    return pa.schema({name: types[kind] for name, kind in COLUMNS.items()})


def _stances() -> Any:
    stance = {"topic": pa.string(), "score": pa.float64(), "target": pa.string(),
              "stance": pa.string(), "stance_score": pa.float64()}  # fmt: skip
    return pa.list_(pa.struct(stance))
