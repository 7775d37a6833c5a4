"""The parts of an output that is being written: a folder beside it, from which an interrupted run goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .errors import DataError
from .files import read_text, write_atomically, write_bytes

__all__ = ["Parts"]

_MANIFEST = "manifest.json"


class Parts:
    """The folder ``OUT.parts``: a manifest that tells the run, and two files for each shard that is done.

    Each is written beside its place and renamed, the shard's content last; so a shard is either done or not begun.

    Args:
        output: where the whole will lie.
    """

    def __init__(self, output: Path) -> None:
        self.output = output
        self.folder = output.with_name(f"{output.name}.parts")
        self.errors = output.with_name(f"{output.name}.errors.jsonl")

    def manifest(self) -> dict[str, Any] | None:
        """Return the manifest of the run that was interrupted, if one was.

        Raises:
            DataError: the folder is there, but is none of ours.
        """
        file = self.folder / _MANIFEST
        if file.is_file():
            try:
                found: dict[str, Any] = json.loads(read_text(file))
            except ValueError:
                raise DataError(f"{file}: expected JSON; remove {self.folder} to start anew") from None
            return found
        if self.folder.is_dir() and any(path.suffix != ".part" for path in self.folder.iterdir()):
            raise DataError(f"{self.folder}: expected the parts of an interrupted run, but there is no {_MANIFEST}")
        return None

    def begin(self, manifest: Mapping[str, Any]) -> None:
        """Make the folder.

        Raises:
            DataError: it cannot be written.
        """
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise DataError(f"{self.folder}: cannot be made: {error.strerror or error}") from None
        write_atomically(self.folder / _MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")

    def write(self, index: int, content: bytes, notes: Mapping[str, Any]) -> None:
        """Keep a shard, and what is to be known of it.

        Raises:
            DataError: the disk is full, or the folder gone.
        """
        write_atomically(self._notes(index), json.dumps(notes, ensure_ascii=False))
        write_bytes(self._content(index), content)

    def is_done(self, index: int) -> bool:
        """Whether a shard has been kept."""
        return self._content(index).exists()

    def notes(self) -> Iterator[dict[str, Any]]:
        """Yield the notes of the shards that are done, in order."""
        for content in self._contents():
            yield json.loads(read_text(content.with_suffix(".json")))

    def finish(self, join: Callable[[list[Path], Path], None], errors: str) -> None:
        """Join the shards into the output, write the errors if there are any, and remove the folder.

        Raises:
            DataError: the disk is full, or the folder gone.
        """
        joined = self.folder / "joined.part"
        try:
            join(self._contents(), joined)
            if errors:
                write_atomically(self.errors, errors)
            else:
                self.errors.unlink(missing_ok=True)  # those of an earlier run
            joined.replace(self.output)
            for path in (*self._contents(), *self.folder.iterdir()):  # no shard is ever without its notes
                if path.name != _MANIFEST:
                    path.unlink(missing_ok=True)
            (self.folder / _MANIFEST).unlink()  # last: a folder without it is none of ours
            self.folder.rmdir()
        except OSError as error:
            raise DataError(f"{self.output}: cannot be written: {error.strerror or error}") from None

    def _contents(self) -> list[Path]:
        return sorted(self.folder.glob("*.shard"))

    def _content(self, index: int) -> Path:
        return self.folder / f"{index:08d}.shard"

    def _notes(self, index: int) -> Path:
        return self.folder / f"{index:08d}.json"
