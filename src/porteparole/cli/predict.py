"""``porteparole predict``: texts to statements."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ..errors import InputError
from ..readers import Columns
from .app import Backend, Model, Target, app
from .inputs import read_documents

if TYPE_CHECKING:
    from ..pools import Pool

__all__ = ["predict"]


class EngineName(str, Enum):
    """Who reads the shards of a run."""

    LOCAL = "local"
    RAY = "ray"


@app.command()
def predict(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|FOLDER|GLOB|hf:NAME|-|TEXT...",
            help="Files (.txt, .jsonl, .csv, .parquet; .gz and .zst of them), folders of them, globs, datasets "
            "(saved, or hf:user/name), - for standard input, or the text itself.",
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write here: JSON lines (.jsonl) or Parquet (.parquet).")
    ] = None,
    as_json: Annotated[
        bool | None,
        typer.Option(
            "--json/--view", help="JSON lines, one document a line, or the view for readers; default: by where it goes."
        ),
    ] = None,
    target: Target = None,
    text_column: Annotated[str, typer.Option(help="Column that holds the text.")] = "text",
    id_column: Annotated[
        str | None, typer.Option(help="Column that holds the id.", show_default="id, else the row's place")
    ] = None,
    flat: Annotated[bool, typer.Option("--flat", help="With -o: one row a statement, not one a document.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="With -o: stop at the first row without a text.")] = False,
    workers: Annotated[
        int | None, typer.Option(help="With -o: so many processes.", show_default="one a device")
    ] = None,
    engine: Annotated[
        EngineName, typer.Option(help="With -o: this machine, or the actors of a Ray cluster.")
    ] = EngineName.LOCAL,
    model: Model = None,
    device: Annotated[
        str, typer.Option(help="auto, cpu, cuda, cuda:N or mps; with -o also several: cuda:0,cuda:1.")
    ] = "auto",
    backend: Backend = "torch",
) -> None:
    """Find the statements of texts.

    A .txt file is one text; in the others each row holds one, and its other columns are kept. On a terminal the
    result is a coloured view, in a pipe or with --json it is JSON lines. With -o it is a file: the same command goes
    on where it was stopped, and rows without a text are told in OUTPUT.errors.jsonl.

    [bold]Examples[/bold]

      porteparole predict "« C'est non », a répondu Rome."

      porteparole predict depeche.txt --target "l'élargissement de l'OTAN"

      cat depeche.txt | porteparole predict - --json | jq .statements[].speaker

      porteparole predict archive/ 2024.csv.gz --text-column body -o statements.parquet --workers 2
    """
    from ..bundle import find_folder
    from ..plain import is_plain

    columns = Columns(text_column, id_column)
    folder = find_folder(model)
    if is_plain(folder):
        from .plain import predict_plain

        predict_plain(folder, inputs, columns, output, device)
        return
    if output is not None:
        from ..batch import predict_files

        try:
            summary = predict_files(
                inputs,
                output,
                model=model,
                backend=backend,
                targets=target or (),
                columns=columns,
                flat=flat,
                strict=strict,
                pool=_pool(engine, device, workers),
            )
        except KeyboardInterrupt:
            print(f"porteparole: stopped; the same command goes on from {output}.parts", file=sys.stderr)
            raise typer.Exit(130) from None
        print(f"porteparole: {summary}", file=sys.stderr)
        return
    if flat or strict or workers or engine is EngineName.RAY:
        raise InputError("--flat, --strict, --workers and --engine are for a file; name it with -o")
    documents = read_documents(inputs, columns, targets=target or (), model=model, device=device, backend=backend)
    if as_json or (as_json is None and not sys.stdout.isatty()):
        for document in documents:
            print(document.to_json(), flush=True)
    else:
        from ..render import print_documents

        print_documents(list(documents), Console())


def _pool(engine: EngineName, device: str, workers: int | None) -> Pool:
    if engine is EngineName.RAY:
        from ..ray import Cluster

        if device not in ("auto", "cpu", "cuda"):
            raise InputError(f"device {device!r}: expected cpu or cuda (a GPU for each actor) with --engine ray")
        return Cluster(workers, gpus=1 if device == "cuda" else 0)
    from ..pools import Local

    return Local(tuple(device.split(",")), workers)
