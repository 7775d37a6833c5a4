"""Pictures of tables."""

from __future__ import annotations

import io
from pathlib import Path
from textwrap import shorten

import numpy as np
import pandas as pd

from .errors import DataError, DependencyError
from .files import write_bytes

try:
    from matplotlib.figure import Figure
except ModuleNotFoundError as error:
    raise DependencyError(f'a picture needs {error.name}: pip install "porteparole[plot]"') from None

__all__ = ["heat_map"]

_LONGEST = 50  # characters of a speaker's name


def heat_map(matrix: pd.DataFrame, path: Path) -> None:
    """Draw a stance matrix: blue is in favor, red against, and in each field stands the number of stances.

    Args:
        matrix: as `stance_matrix` makes it, not empty; of a long one, take `head`. Topics without a stance are
            left out.
        path: where to, in the format of its suffix: .png, .svg or .pdf.

    Raises:
        DataError: the format is unknown, or the file cannot be written.
    """
    topics = [topic for topic in matrix["count"] if matrix["count"][topic].any()]
    stance, count = matrix["stance"][topics].to_numpy(float), matrix["count"][topics].to_numpy()
    rows, columns = stance.shape
    figure = Figure(figsize=(5 + 0.5 * columns, 2 + 0.3 * rows), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(stance, cmap="RdBu", vmin=-1, vmax=1, aspect="auto")
    axes.set_xticks(range(columns), topics, rotation=45, ha="right")
    axes.set_yticks(range(rows), [shorten(str(speaker), _LONGEST, placeholder=" …") for speaker in matrix.index])
    for row, column in np.argwhere(count > 0):
        colour = "white" if abs(stance[row, column]) > 0.6 else "black"
        axes.text(column, row, str(count[row, column]), ha="center", va="center", fontsize=8, color=colour)
    figure.colorbar(image, ax=axes, label="against (-1) to in favor (+1)")
    picture = io.BytesIO()
    try:
        figure.savefig(picture, format=path.suffix[1:], dpi=150)
    except ValueError as error:
        raise DataError(f"{path}: {error}") from None
    write_bytes(path, picture.getvalue())
