"""The command line: one file a command."""

from __future__ import annotations

import sys

from ..errors import PorteparoleError
from . import (  # noqa: F401  each adds its command to the app
    calibrate,
    card,
    check,
    compare,
    evaluate,
    export,
    predict,
    render,
    serve,
    summarize,
    train,
)
from .app import app

__all__ = ["main"]


def main() -> None:
    """Run the command line; a fault of the input is one line on standard error and exit code 2."""
    try:
        app()
    except PorteparoleError as error:
        print(f"porteparole: {error}", file=sys.stderr)
        raise SystemExit(2) from None
