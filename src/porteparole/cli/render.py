"""``porteparole render``: texts to a page to look at."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import DataError, InputError
from ..schema import Document
from .app import Device, Model, Target, app
from .inputs import read_documents

__all__ = ["render"]


@app.command()
def render(
    source: Annotated[
        str,
        typer.Argument(metavar="FILE|-|TEXT", help="A .txt or .jsonl file, - for standard input, or the text itself."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Write the page here.")],
    target: Target = None,
    model: Model = None,
    device: Device = "auto",
) -> None:
    """Find the statements of a text or a file, and write a page that shows them.

    The page is one file that needs no network; several documents get an index. A .jsonl file that predict wrote is
    shown as it is.

    [bold]Examples[/bold]

      porteparole render depeche.txt -o page.html

      porteparole render statements.jsonl -o page.html
    """
    from ..files import write_atomically
    from ..page import page

    if not output.parent.is_dir():
        raise InputError(f"{output}: there is no folder {output.parent} to write it into; make it first")
    documents = _predicted(Path(source))
    if documents is None:
        documents = list(read_documents([source], targets=target or (), model=model, device=device))
    title = documents[0].id if len(documents) == 1 else None
    write_atomically(output, page([d.to_dict() for d in documents], title=str(title or "porteparole")))
    print(f"written: {output}", file=sys.stderr)


def _predicted(path: Path) -> list[Document] | None:
    """The documents of a file that predict wrote, or None for anything else."""
    from ..data import read_jsonl

    if path.suffix != ".jsonl":
        return None
    documents = []
    for number, row in read_jsonl(path):
        if "statements" not in row:
            return None
        try:
            documents.append(Document.from_dict(row))
        except DataError as error:
            raise DataError(f"{path}:{number}: {error}") from None
    return documents
