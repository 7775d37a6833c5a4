"""``porteparole predict`` with a plain classifier: texts, or pairs of texts, to labels or spans."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from .. import load
from ..errors import DataError
from ..files import write_atomically

__all__ = ["pairs_of", "predict_plain"]


def predict_plain(model: Path, rows: Iterable[tuple[str | None, Any]], output: Path | None, device: str) -> None:
    """Print, or write to `output`, one JSON object a text: its id, and what the classifier says."""
    classifier: Any = load(model, device=device)
    lines = (json.dumps(row, ensure_ascii=False) for row in _said(classifier, iter(rows)))
    if output is not None:
        write_atomically(output, "".join(f"{line}\n" for line in lines))
        return
    for line in lines:
        print(line, flush=True)


def _said(classifier: Any, rows: Iterator[tuple[str | None, Any]]) -> Iterator[dict[str, Any]]:
    while chunk := list(islice(rows, 256)):
        for (name, _), said in zip(chunk, classifier.predict([item for _, item in chunk]), strict=True):
            yield {"id": name, **said.to_dict()}


def pairs_of(path: Path) -> Iterator[tuple[str | None, tuple[str, str]]]:
    """Yield the id and the two texts of each line of a JSON Lines file, under ``text`` and ``pair``."""
    from ..data import read_jsonl

    for number, row in read_jsonl(path):
        if not (isinstance(row.get("text"), str) and isinstance(row.get("pair"), str)):
            raise DataError(f'{path}:{number}: expected a "text" and a "pair", as this model reads pairs of texts')
        yield row.get("id"), (row["text"], row["pair"])
