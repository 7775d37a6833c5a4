"""The exceptions of porteparole, one tree.

    PorteparoleError                  catch this to catch them all
    ├── InputError        ValueError  a text, target or argument that cannot be read
    ├── DataError         ValueError  a corpus or input file: missing, not UTF-8, a bad line
    ├── ConfigError       ValueError  a training config: unknown key, wrong type, bad override
    ├── BundleError                   a model folder: missing file, wrong version, failed check
    └── DependencyError   ImportError a feature whose optional packages are not installed

Every message says what was expected, what came, where, and how to mend it.
"""

from __future__ import annotations

__all__ = [
    "BundleError",
    "ConfigError",
    "DataError",
    "DependencyError",
    "InputError",
    "PorteparoleError",
]


class PorteparoleError(Exception):
    """Base class of everything that porteparole raises on purpose."""


class InputError(PorteparoleError, ValueError):
    """A text, a target or an argument is not what the call can read."""


class DataError(PorteparoleError, ValueError):
    """A file of texts or annotations cannot be read; the message names file and line."""


class ConfigError(PorteparoleError, ValueError):
    """A training config has faults; the message lists all of them with their dotted paths."""


class BundleError(PorteparoleError):
    """A model folder is incomplete, of another version, or fails its own checks."""


class DependencyError(PorteparoleError, ImportError):
    """An optional package is missing; the message names the extra that brings it."""
