"""Optional packages: imported where they are used, by name of the extra that brings them when they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .errors import DependencyError

__all__ = ["require"]


def require(module: str, *, extra: str, purpose: str) -> Any:
    """Import an optional module.

    Args:
        module: its dotted name.
        extra: the extra of porteparole that installs it.
        purpose: what needs it, the subject of the message.

    Raises:
        DependencyError: it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise DependencyError(f'{purpose} needs {error.name}: pip install "porteparole[{extra}]"') from None
