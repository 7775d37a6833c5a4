"""pandas frames in, pandas frames out: one function for Spark, Dask and plain pandas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from .errors import DependencyError, InputError
from .flat import flat_rows, other_columns
from .readers import Columns
from .tables import frame_of
from .tagger import Tagger, load

try:
    import pandas as pd
except ModuleNotFoundError as error:
    raise DependencyError(f'frames need {error.name}: pip install "porteparole[table]"') from None

__all__ = ["predict_frames"]


def predict_frames(
    frames: Iterable[pd.DataFrame],
    *,
    columns: Columns = Columns(),
    model: str | None = None,
    device: str = "auto",
    dtype: str = "auto",
    targets: Sequence[str] = (),
) -> Iterator[pd.DataFrame]:
    """Yield for each frame of texts the frame of their statements, in bounded memory.

    A row without a text (null) has no statements. The model is loaded once a process.

    Args:
        frames: each a row a text.
        columns: where text and id stand; a frame without an ``id`` has its index for one.
        model: see `load`.
        device: see `load`.
        dtype: see `load`; name one where processes or machines are to agree, as ``auto`` is measured in each.
        targets: see `Tagger.predict`.

    Returns:
        Frames with the columns of `porteparole.table`, then the other columns of the texts.

    Raises:
        InputError: there is no such column, or something else than texts in it.
    """
    for frame in frames:
        for name in (columns.text, columns.id):
            if name is not None and name not in frame.columns:
                raise InputError(f'expected a column "{name}", the frame has {", ".join(map(str, frame.columns))}')
        name = columns.id or "id"
        frame = frame[frame[columns.text].notna()]
        ids = frame[name] if name in frame.columns else frame.index
        others = frame.drop(columns=[columns.text, name], errors="ignore")
        documents = _tagger(model, device, dtype).stream(frame[columns.text], targets=targets)
        rows = [
            {**row, **other_columns(dict(zip(others.columns, values, strict=True)))}
            for document, id, values in zip(documents, ids, others.itertuples(index=False, name=None), strict=True)
            for row in flat_rows(replace(document, id=str(id)))
        ]
        yield frame_of(rows, others=other_columns(others.dtypes))


@lru_cache(maxsize=2)
def _tagger(model: str | None, device: str, dtype: str) -> Tagger:
    return load(model, device=device, dtype=dtype)
