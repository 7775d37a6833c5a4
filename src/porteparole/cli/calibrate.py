"""``porteparole calibrate``: scores that can be believed, for a bundle that is trained already."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from .app import app

__all__ = ["calibrate"]


@app.command()
def calibrate(
    bundle: Annotated[Path, typer.Argument(help="A bundle's folder; it is changed.")],
    file: Annotated[Path, typer.Argument(help="Its validation corpus, JSON Lines in the resolved form.")],
) -> None:
    """Fit a bundle's temperatures on its validation corpus, and write its metrics and card anew.

    `porteparole train` does so at its end; this is for a bundle that was trained before, or for texts of another kind.

    [bold]Example[/bold]

      porteparole calibrate runs/mine dev.jsonl
    """
    from ..bundle import Bundle
    from ..data import read_corpus
    from ..fit_calibration import fit_calibration

    fit_calibration(bundle, read_corpus(file, Bundle.read(bundle).labels), file=file.name)
    Console(stderr=True).print(f"calibrated: {bundle}", highlight=False)
