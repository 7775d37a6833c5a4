"""The command line: one file a command."""

from __future__ import annotations

import sys

from ..errors import PorteparoleError
from . import calibrate, card, compare, evaluate, predict, train  # noqa: F401  each adds its command to the app, in this order of the help
from .app import app

__all__ = ["main"]


def main() -> None:
    """Run the command line; a fault of the input is one line on standard error and exit code 2."""
    try:
        app()
    except PorteparoleError as error:
        print(f"porteparole: {error}", file=sys.stderr)
        raise SystemExit(2) from None
