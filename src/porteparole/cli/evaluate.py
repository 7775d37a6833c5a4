"""``porteparole evaluate``: a model against an annotated corpus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from .app import Backend, Device, app

__all__ = ["evaluate"]


@app.command()
def evaluate(
    bundle: Annotated[str, typer.Argument(help="A bundle's folder or hub id; 'shipped' for the one in the package.")],
    file: Annotated[Path, typer.Argument(help="An annotated corpus, JSON Lines in the resolved form.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the figures here as JSON.")] = None,
    device: Device = "auto",
    backend: Backend = "torch",
) -> None:
    """Score a model on an annotated corpus.

    Statements are paired one to one by the overlap of their cues; every other figure follows from that pairing.

    [bold]Example[/bold]

      porteparole evaluate shipped dev.jsonl -o metrics.json
    """
    from ..data import read_corpus
    from ..evaluate import evaluate as score
    from ..evaluate import table
    from ..files import write_atomically
    from ..tagger import load

    tagger = load(None if bundle == "shipped" else bundle, device=device, backend=backend)
    scores: dict[str, Any] = score(tagger, read_corpus(file, tagger.labels))
    if output is not None:
        write_atomically(output, json.dumps(scores, ensure_ascii=False, indent=1) + "\n")
    Console().print(table(scores))
