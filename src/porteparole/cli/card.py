"""``porteparole card``: the model card."""

from __future__ import annotations

from typing import Annotated

import typer

from .app import app

__all__ = ["card"]


@app.command()
def card(
    bundle: Annotated[str, typer.Argument(help="A bundle's folder; 'shipped' for the one in the package.")] = "shipped",
) -> None:
    """Print the model card, rendered from the bundle's metrics.

    [bold]Example[/bold]

      porteparole card > model_card.md
    """
    from ..bundle import find_bundle
    from ..card import card as render

    print(render(find_bundle(None if bundle == "shipped" else bundle)), end="")
