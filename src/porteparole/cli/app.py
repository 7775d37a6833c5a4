"""The typer app, and the options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import __version__

__all__ = ["Backend", "Device", "Model", "Target", "app"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Model = Annotated[
    str | None, typer.Option("--model", "-m", help="A bundle's folder or hub id; default: the shipped one.")
]
Backend = Annotated[str, typer.Option(help="torch; or onnx, for a bundle that `export` has been run on.")]
Target = Annotated[
    list[str] | None,
    typer.Option("--target", "-t", help="Also judge the stance to this target, in French; may be repeated."),
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")]


@app.callback(invoke_without_command=True)
def _top(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
) -> None:
    """Who said what to whom in French news, and where they stand.

    [bold]Examples[/bold]

      porteparole predict "Selon Kiev, la trêve n'a pas tenu."

      porteparole predict depeche.txt

      porteparole predict depeches.jsonl -o statements.jsonl

      porteparole render depeche.txt -o page.html

      porteparole train configs/statements.yaml optim.epochs=4

      porteparole evaluate runs/porteparole-mini dev.jsonl --html page.html

      porteparole compare shipped runs/porteparole-mini dev.jsonl
    """
    if version:
        print(f"porteparole {__version__}")
        raise typer.Exit
