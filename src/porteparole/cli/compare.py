"""``porteparole compare``: is the new model better?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..errors import InputError
from .app import Device, app

__all__ = ["compare"]

_HELP = "A bundle's folder or hub id; 'shipped' for the one in the package."


@app.command()
def compare(
    old: Annotated[str, typer.Argument(help=_HELP)],
    new: Annotated[str, typer.Argument(help=_HELP)],
    file: Annotated[Path, typer.Argument(help="An annotated corpus, JSON Lines in the resolved form.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the figures here as JSON.")] = None,
    device: Device = "auto",
) -> None:
    """Say whether one model is better than another on an annotated corpus, by a paired bootstrap over passages.

    A difference whose 95 % interval does not hold 0 is coloured; p is two-sided. Eight figures are compared at
    once, so one of them under 0.05 is weak evidence.

    [bold]Example[/bold]

      porteparole compare shipped runs/mine dev.jsonl
    """
    from ..bootstrap import compare as paired_bootstrap
    from ..data import read_corpus
    from ..evaluate import comparison_table, find
    from ..files import write_atomically
    from ..tagger import load

    taggers = [load(None if name == "shipped" else name, device=device) for name in (old, new)]
    if taggers[0].labels != taggers[1].labels:
        raise InputError(f"{old}, {new}: expected two models with the same labels; these know different ones")
    gold = read_corpus(file, taggers[0].labels)
    first, second = (find(tagger, gold) for tagger in taggers)
    compared = paired_bootstrap(first, second, gold)
    if output is not None:
        row = {"file": file.name, "first": old, "second": new, "documents": len(gold), "figures": compared}
        write_atomically(output, json.dumps(row, ensure_ascii=False, indent=1) + "\n")
    Console().print(comparison_table(compared, f"{new} (new) against {old} (old), {len(gold)} passages"))
