"""``porteparole predict`` with a plain classifier: texts, or pairs of texts, to labels or spans."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .. import load
from ..errors import DataError
from ..files import write_atomically
from ..plain import read_plain
from ..readers import Columns, Row
from .inputs import read_inputs

__all__ = ["predict_plain"]


def predict_plain(model: Path, inputs: Sequence[str], columns: Columns, output: Path | None, device: str) -> None:
    """Print, or write to `output`, one JSON object a text: its id, and what the classifier says."""
    rows = list(read_inputs(inputs, columns))
    items = [_pair(row) for row in rows] if read_plain(model).pair else [row.text for row in rows]
    classifier: Any = load(model, device=device)
    lines = (json.dumps(said, ensure_ascii=False) for said in _said(classifier, [row.id for row in rows], items))
    if output is not None:
        write_atomically(output, "".join(f"{line}\n" for line in lines))
        return
    for line in lines:
        print(line, flush=True)


def _said(classifier: Any, ids: Sequence[str | None], items: Sequence[Any]) -> Iterator[dict[str, Any]]:
    for start in range(0, len(items), 256):
        part = slice(start, start + 256)
        for name, said in zip(ids[part], classifier.predict(items[part]), strict=True):
            yield {"id": name, **said.to_dict()}


def _pair(row: Row) -> tuple[str, str]:
    pair = row.columns.get("pair")
    if not isinstance(pair, str):
        raise DataError(f'row {row.id}: expected a "text" and a "pair", as this model reads pairs of texts')
    return row.text, pair
