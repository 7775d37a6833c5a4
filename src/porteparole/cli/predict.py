"""``porteparole predict``: texts to statements."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..errors import InputError
from .app import Device, Model, Target, app

__all__ = ["predict", "read_texts"]


@app.command()
def predict(
    source: Annotated[
        str,
        typer.Argument(metavar="FILE|-|TEXT", help="A .txt or .jsonl file, - for standard input, or the text itself."),
    ],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write JSON lines here.")] = None,
    as_json: Annotated[
        bool | None,
        typer.Option(
            "--json/--view", help="JSON lines, one document a line, or the view for readers; default: by where it goes."
        ),
    ] = None,
    target: Target = None,
    model: Model = None,
    device: Device = "auto",
) -> None:
    """Find the statements of a text, a file or standard input.

    A .txt file is one text. A .jsonl file holds one JSON object a line with a "text" (and an "id", if you like).
    On a terminal the result is a coloured view, in a pipe or with --json it is JSON lines.

    [bold]Examples[/bold]

      porteparole predict "« C'est non », a répondu Rome."

      porteparole predict depeche.txt --target "l'élargissement de l'OTAN"

      cat depeche.txt | porteparole predict - --json | jq .statements[].speaker
    """
    from dataclasses import replace

    from ..tagger import load

    if output is not None and not output.parent.is_dir():
        raise InputError(f"{output}: there is no folder {output.parent} to write it into; make it first")
    rows = list(read_texts(source))
    tagger = load(model, device=device)
    ids = [name for name, _ in rows]
    documents = tagger.stream((text for _, text in rows), targets=target or ())
    named = (replace(document, id=name) for name, document in zip(ids, documents, strict=True))
    if output is not None:
        from tqdm import tqdm

        from ..files import write_atomically

        shown = tqdm(named, total=len(ids), unit="text", disable=None)  # None: only on a terminal
        write_atomically(output, "".join(document.to_json() + "\n" for document in shown))
    elif as_json or (as_json is None and not sys.stdout.isatty()):
        for document in named:
            print(document.to_json(), flush=True)
    else:
        from ..render import print_documents

        print_documents(list(named), Console())


def read_texts(source: str) -> Iterator[tuple[str | None, str]]:
    """Yield the id and text of each text that an argument ``FILE|-|TEXT`` names."""
    from ..data import read_jsonl
    from ..files import read_text

    path = Path(source)
    if source == "-":
        try:
            yield None, sys.stdin.buffer.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(f"standard input: expected UTF-8, but byte {error.start} is none") from None
    elif path.suffix == ".jsonl":
        for number, row in read_jsonl(path):
            if not isinstance(row.get("text"), str):
                got = f"got {type(row['text']).__name__}" if "text" in row else "there is none"
                raise InputError(f'{path}:{number}: expected a string under the key "text", {got}')
            yield row.get("id"), row["text"]
    elif path.suffix == ".txt" or _is_file(path):
        yield path.name, read_text(path)
    elif " " in source.strip():
        yield None, source
    else:
        raise InputError(f"{source}: no such file; a text of one word goes in through standard input: predict -")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long for a file name, or a NUL in it
        return False
