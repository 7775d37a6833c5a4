"""The folder of a plain classifier: what `save_pretrained` writes, and a porteparole.json that says the task."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from .bundle import FORMAT, MANIFEST
from .config import WindowConfig
from .errors import BundleError, DataError
from .files import read_text, write_atomically

__all__ = ["PlainManifest", "is_plain", "read_plain", "write_plain"]

_FILES = ("config.json", "model.safetensors", "tokenizer.json")


class PlainManifest(BaseModel):
    """The content of porteparole.json; the labels stand in transformers' own config.json.

    Attributes:
        task: what the model does.
        name: of the model.
        pair: whether it reads pairs of texts.
        multi_label: whether each label is right or wrong by itself.
        window: tokens of a text (or pair) that are read; for a token task, how longer texts are cut.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    task: Literal["sequence", "token"]
    name: str
    pair: bool = False
    multi_label: bool = False
    window: WindowConfig


def is_plain(folder: Path) -> bool:
    """Whether a folder holds a plain classifier with its manifest."""
    try:
        return isinstance(tree := json.loads(read_text(folder / MANIFEST)), dict) and "task" in tree
    except (DataError, ValueError):
        return False


def read_plain(folder: Path) -> PlainManifest:
    """Check that a folder is complete and return its manifest.

    Raises:
        BundleError: it is not.
    """
    try:
        manifest = PlainManifest.model_validate_json(read_text(folder / MANIFEST))
    except (DataError, ValidationError) as error:
        raise BundleError(f"{folder / MANIFEST}: expected what `porteparole train` wrote: {error}") from None
    if missing := [name for name in _FILES if not (folder / name).is_file()]:
        raise BundleError(f"{folder}: {', '.join(missing)} missing; copy the whole folder again, or train it again")
    return manifest


def write_plain(folder: Path, manifest: PlainManifest) -> None:
    """Write the manifest; the model's files must be there already."""
    write_atomically(folder / MANIFEST, manifest.model_dump_json(indent=1) + "\n")
