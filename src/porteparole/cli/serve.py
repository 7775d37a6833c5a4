"""``porteparole serve``: a page and a REST API."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from ..errors import InputError
from .app import Device, Model, app

__all__ = ["serve"]


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen at; the default is reached from here only.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="0 for any that is free.")] = 8000,
    token_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="The environment variable with the token that clients must send.")
    ] = None,
    model: Model = None,
    device: Device = "auto",
) -> None:
    """Serve a page to paste dispatches into, and a REST API.

    What many clients ask at the same time is computed together. Ctrl+C answers what is under way, then ends.

    [bold]Examples[/bold]

      porteparole serve

      TOKEN=secret porteparole serve --host 0.0.0.0 --port 80 --token-env TOKEN
    """
    from ..serve import serve as run
    from ..tagger import load

    token = os.environ.get(token_env) if token_env is not None else None
    if token_env is not None and not token:
        raise InputError(f"--token-env {token_env}: expected a token in this variable, it is empty or unset")
    run(load(model, device=device), host=host, port=port, token=token)
