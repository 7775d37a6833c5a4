"""The command line: ``porteparole predict | train | evaluate | card``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from . import __version__
from .errors import InputError, PorteparoleError

__all__ = ["main"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

_Model = Annotated[
    str | None, typer.Option("--model", "-m", help="A bundle's folder or hub id; default: the shipped one.")
]
_Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")]


@app.callback(invoke_without_command=True)
def _top(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
) -> None:
    """Who said what to whom in French news, and where they stand.

    [bold]Examples[/bold]

      porteparole predict "Selon Kiev, la trêve n'a pas tenu."

      porteparole predict depeche.txt

      porteparole predict depeches.jsonl -o statements.jsonl

      porteparole train configs/statements.yaml optim.epochs=4

      porteparole evaluate runs/porteparole-mini dev.jsonl
    """
    if version:
        print(f"porteparole {__version__}")
        raise typer.Exit


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
    target: Annotated[
        list[str] | None,
        typer.Option("--target", "-t", help="Also judge the stance to this target, in French; may be repeated."),
    ] = None,
    model: _Model = None,
    device: _Device = "auto",
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

    from .tagger import load

    if output is not None and not output.parent.is_dir():
        raise InputError(f"{output}: there is no folder {output.parent} to write it into; make it first")
    rows = list(_texts(source))
    tagger = load(model, device=device)
    ids = [name for name, _ in rows]
    documents = tagger.stream((text for _, text in rows), targets=target or ())
    named = (replace(document, id=name) for name, document in zip(ids, documents, strict=True))
    if output is not None:
        from tqdm import tqdm

        from .files import write_atomically

        shown = tqdm(named, total=len(ids), unit="text", disable=None)  # None: only on a terminal
        write_atomically(output, "".join(document.to_json() + "\n" for document in shown))
    elif as_json or (as_json is None and not sys.stdout.isatty()):
        for document in named:
            print(document.to_json(), flush=True)
    else:
        from .render import print_documents

        print_documents(list(named), Console())


def _texts(source: str) -> Iterator[tuple[str | None, str]]:
    """Yield the id and text of each text that the argument of `predict` names."""
    from .data import read_jsonl
    from .files import read_text

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
    from .config import StatementsConfig, load_config

    settings = load_config(config, overrides or ())
    if isinstance(settings, StatementsConfig):
        from .fit_statements import fit_statements

        folder = fit_statements(settings, resume=resume)
    else:
        from .fit_stance import fit_stance

        folder = fit_stance(settings, resume=resume)
    from .bundle import Bundle, is_bundle
    from .card import card

    if is_bundle(folder):
        bundle = Bundle.read(folder)
        bundle.write_card(card(bundle))
    Console(stderr=True).print(f"written: {folder}", highlight=False)


@app.command()
def evaluate(
    bundle: Annotated[str, typer.Argument(help="A bundle's folder or hub id; 'shipped' for the one in the package.")],
    file: Annotated[Path, typer.Argument(help="An annotated corpus, JSON Lines in the resolved form.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the figures here as JSON.")] = None,
    device: _Device = "auto",
) -> None:
    """Score a model on an annotated corpus.

    Statements are paired one to one by the overlap of their cues; every other figure follows from that pairing.

    [bold]Example[/bold]

      porteparole evaluate shipped dev.jsonl -o metrics.json
    """
    from .data import read_corpus
    from .evaluate import evaluate as score
    from .evaluate import table
    from .files import write_atomically
    from .tagger import load

    tagger = load(None if bundle == "shipped" else bundle, device=device)
    scores: dict[str, Any] = score(tagger, read_corpus(file, tagger.labels))
    if output is not None:
        write_atomically(output, json.dumps(scores, ensure_ascii=False, indent=1) + "\n")
    Console().print(table(scores))


@app.command()
def card(
    bundle: Annotated[str, typer.Argument(help="A bundle's folder; 'shipped' for the one in the package.")] = "shipped",
) -> None:
    """Print the model card, rendered from the bundle's metrics.

    [bold]Example[/bold]

      porteparole card > model_card.md
    """
    from .bundle import find_bundle
    from .card import card as render

    print(render(find_bundle(None if bundle == "shipped" else bundle)), end="")


def main() -> None:
    """Run the command line; a fault of the input is one line on standard error and exit code 2."""
    try:
        app()
    except PorteparoleError as error:
        print(f"porteparole: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
