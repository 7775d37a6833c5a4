"""Text files: read with clear errors, written beside and renamed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .errors import DataError

__all__ = ["new_folder", "read_json", "read_text", "write_atomically", "write_bytes"]


def read_text(path: str | os.PathLike[str], *, most: int | None = None) -> str:
    """Return a UTF-8 file's text (a byte order mark is dropped).

    Args:
        path: of the file.
        most: the most bytes that are read, for a file that is never long.

    Raises:
        DataError: the file is missing, unreadable, not UTF-8, or longer than `most`.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read() if most is None else file.read(most + 1)
        if most is not None and len(data) > most:
            raise DataError(f"{path}: expected at most {most} bytes, the file has more; is it the right one?")
        return data.decode("utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: expected UTF-8, but byte {error.start} is 0x{error.object[error.start]:02x}; "
            f"convert it first, e.g. iconv -f windows-1252 -t utf-8 {path}"
        ) from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None


def read_json(path: str | os.PathLike[str], *, most: int) -> Any:
    """Return the content of a JSON file.

    Args:
        path: of the file.
        most: the most bytes that are read.

    Raises:
        DataError: the file cannot be read, is longer than `most`, or no JSON.
    """
    text = read_text(path, most=most)
    try:
        return json.loads(text)
    except ValueError as error:
        raise DataError(f"{path}: expected JSON: {error}") from None
    except RecursionError:
        raise DataError(f"{path}: expected JSON, this is nested too deeply") from None


def write_atomically(path: str | os.PathLike[str], text: str) -> None:
    """Write a UTF-8 file as `write_bytes` does.

    Raises:
        DataError: the text is no UTF-8, or the folder is missing or cannot be written.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"{path}: cannot be written as UTF-8: {error}") from None
    write_bytes(path, data)


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file beside its place and rename it there, so that no half file is ever seen.

    Raises:
        DataError: the folder is missing or cannot be written.
    """
    target = Path(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(data)
        beside.replace(target)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise DataError(f"{path}: cannot be written: {error.strerror or error}") from None


@contextmanager
def new_folder(place: Path) -> Iterator[Path]:
    """Give an empty folder beside `place`, and put it there, instead of what was, when the block has succeeded."""
    beside = place.with_name(f".{place.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        yield beside
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    for file in beside.iterdir():
        file.chmod(0o644)  # safetensors writes files that only their owner can read
    shutil.rmtree(place, ignore_errors=True)
    beside.replace(place)
