"""``porteparole train``: a YAML config to a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from .app import app

__all__ = ["train"]


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="A YAML file, such as configs/statements.yaml.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Values to set over the file's.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint of an interrupted run.")
    ] = False,
) -> None:
    """Train a model as a YAML config says, into the bundle that it names.

    [bold]Examples[/bold]

      porteparole train configs/statements.yaml

      porteparole train configs/statements.yaml encoder=almanach/camembert-base optim.learning_rate=3e-5
    """
    from ..config import StatementsConfig, load_config

    settings = load_config(config, overrides or ())
    if isinstance(settings, StatementsConfig):
        from ..fit_statements import fit_statements

        folder = fit_statements(settings, resume=resume)
    else:
        from ..fit_stance import fit_stance

        folder = fit_stance(settings, resume=resume)
    from ..bundle import Bundle, is_bundle
    from ..card import card

    if is_bundle(folder):
        bundle = Bundle.read(folder)
        bundle.write_card(card(bundle))
    Console(stderr=True).print(f"written: {folder}", highlight=False)
