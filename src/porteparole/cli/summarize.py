"""``porteparole summarize``: who stands where, from a file of statements."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..errors import DataError
from .app import app

__all__ = ["summarize"]


@app.command()
def summarize(
    file: Annotated[Path, typer.Argument(help="What `predict -o` wrote: .parquet or .jsonl, flat or not.")],
    csv: Annotated[Path | None, typer.Option(help="Write the whole matrix here, a row a speaker and topic.")] = None,
    png: Annotated[Path | None, typer.Option(help="Draw the matrix here.")] = None,
    speakers: Annotated[int, typer.Option(help="Print and draw so many, those who say most.", min=1)] = 20,
) -> None:
    """Print who stands where: the mean stance of each speaker to each topic.

    It runs from -1 (always against) to +1 (always in favor); behind it stands the number of stances.

    [bold]Example[/bold]

      porteparole summarize statements.parquet --csv matrix.csv --png matrix.png
    """
    from ..files import write_atomically
    from ..tables import read_table, stance_matrix

    matrix = stance_matrix(read_table(file))
    if matrix.empty:
        raise DataError(f"{file}: there is no stance of a named speaker to a topic in it")
    shown = matrix.head(speakers)
    if csv is not None:
        long = matrix.stack().rename_axis(["speaker", "topic"]).query("count > 0")
        write_atomically(csv, long.to_csv())
    if png is not None:
        from ..plots import heat_map

        heat_map(shown, png)
    view = Table("speaker", "mean stance (number)", box=None)
    for speaker in shown.index:  # few fields are filled, so each speaker's are listed
        pairs = zip(shown["stance"].loc[speaker].items(), shown["count"].loc[speaker], strict=True)
        view.add_row(
            Text(speaker), Text(", ").join(_field(topic, mean, count) for (topic, mean), count in pairs if count)
        )
    Console().print(view)


def _field(topic: str, mean: float, count: int) -> Text:
    style = "green" if mean > 0.25 else "red" if mean < -0.25 else ""
    return Text(f"{topic} {mean:+.1f} ({count})", style=style)
