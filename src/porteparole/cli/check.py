"""``porteparole check``: what is wrong with training data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ..errors import InputError
from .app import app

__all__ = ["check"]


@app.command()
def check(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="Annotated corpora; each is a split of its own.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="Check the data that a training config names, by its labels.")
    ] = None,
    fewest: Annotated[int, typer.Option(help="Warn of labels with fewer examples than this.")] = 5,
) -> None:
    """Find what is wrong with training data: all faults at once, and a table of counts.

    Faults (exit code 1) are bad rows, and texts that stand in two splits, word for word or nearly so. Warnings are
    texts that stand twice in one split, and rare labels. `porteparole train` does the same before its first step.

    [bold]Examples[/bold]

      porteparole check train.jsonl dev.jsonl

      porteparole check --config configs/own-classes.yaml
    """
    from ..check import Report, check_corpora, table_of
    from ..labels import DEFAULT

    if bool(files) == bool(config):
        raise InputError("check: expected either files of annotated passages, or --config and no files")
    if config is not None:
        from ..check_config import check_config
        from ..config import load_config

        report: Report = check_config(load_config(config), fewest=fewest)
    else:
        report = check_corpora({str(file): [file] for file in files or ()}, DEFAULT, fewest=fewest)
    table = Table("", *(Path(split).name for split in report.counts))
    for name, counts in table_of(report):
        table.add_row(name, *map(str, counts))
    Console().print(table)
    for warning in report.warnings:
        print(f"warning: {warning}")
    for fault in report.faults:
        print(fault)
    print(f"{len(report.faults)} faults, {len(report.warnings)} warnings")
    raise typer.Exit(1 if report.faults else 0)
