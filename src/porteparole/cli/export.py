"""``porteparole export``: a bundle for another backend."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..errors import InputError
from .app import app

__all__ = ["export"]


@app.command()
def export(
    bundle: Annotated[str, typer.Argument(help="A bundle's folder or hub id; 'shipped' for the one in the package.")],
    onnx: Annotated[bool, typer.Option("--onnx", help="Write ONNX graphs, in fp32 and in int8.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Copy the bundle here first; default: write into the bundle.")
    ] = None,
) -> None:
    """Add to a bundle what another backend computes it from.

    [bold]Example[/bold]

      porteparole export shipped --onnx -o quick

      porteparole predict depeche.txt --model quick --backend onnx
    """
    from ..bundle import find_bundle
    from ..export import export_onnx

    if not onnx:
        raise InputError("export: expected a form to export to; say --onnx")
    folder = export_onnx(find_bundle(None if bundle == "shipped" else bundle), output)
    Console(stderr=True).print(f"written: {folder}", highlight=False)
