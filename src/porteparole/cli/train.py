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
    seeds: Annotated[
        int, typer.Option(min=1, help="Train so many times, from the config's seed upward, and keep the best model.")
    ] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint of an interrupted run.")
    ] = False,
) -> None:
    """Train a model as a YAML config says, into the bundle that it names.

    [bold]Examples[/bold]

      porteparole train configs/statements.yaml

      porteparole train configs/camembert-base/statements.yaml --seeds 3

      torchrun --nproc-per-node 2 -m porteparole train configs/camembert-base/statements.yaml
    """
    from ..config import load_config
    from ..train import train as fit
    from ..train import train_seeds
    from ..trainer import is_main_process

    settings = load_config(config, overrides or ())
    folder = fit(settings, resume=resume) if seeds == 1 else train_seeds(settings, seeds, resume=resume)
    from ..bundle import Bundle, is_bundle
    from ..card import card

    if not is_main_process():
        return
    if is_bundle(folder):
        bundle = Bundle.read(folder)
        bundle.write_card(card(bundle))
    Console(stderr=True).print(f"written: {folder}", highlight=False)
