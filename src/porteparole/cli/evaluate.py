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
    html: Annotated[Path | None, typer.Option(help="Write a page with figures, curves and the worst mistakes.")] = None,
    plots: Annotated[Path | None, typer.Option(help="Write the curves and matrices as PNG into this folder.")] = None,
    device: Device = "auto",
    backend: Backend = "torch",
) -> None:
    """Score a model on an annotated corpus.

    Statements are paired one to one by the overlap of their cues; every other figure follows from that pairing.
    Intervals hold 95 % of the figure's values over 1,000 draws of the passages.

    [bold]Examples[/bold]

      porteparole evaluate shipped dev.jsonl -o metrics.json

      porteparole evaluate shipped dev.jsonl --html page.html
    """
    from ..data import read_corpus
    from ..evaluate import find, judge, table
    from ..files import write_atomically
    from ..report import report
    from ..tagger import load

    tagger = load(None if bundle == "shipped" else bundle, device=device, backend=backend)
    gold = read_corpus(file, tagger.labels)
    predicted = find(tagger, gold)
    scores: dict[str, Any] = {"file": file.name, **judge(predicted, gold)}
    if output is not None:
        write_atomically(output, json.dumps(scores, ensure_ascii=False, indent=1) + "\n")
    if html is not None:
        write_atomically(html, report(predicted, gold, scores, model=str(tagger.describe()["model"])))
    if plots is not None:
        from ..curves import plot

        plot(predicted, gold, scores, plots)
    Console().print(table(scores))
