"""Overrides laid over a config, and what is wrong with one, told by dotted path."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from .errors import ConfigError

__all__ = ["lay_over", "tell"]


def lay_over(tree: dict[str, Any], override: str) -> None:
    """Set a value of a config's tree, as ``key=value`` says (``optim.epochs=3``; the value is YAML).

    Raises:
        ConfigError: it says no such thing.
    """
    key, equals, value = override.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"override {override!r}: expected key=value, e.g. optim.epochs=3")
    *parents, last = key.strip().split(".")
    for parent in parents:
        tree = tree.setdefault(parent, {})
        if not isinstance(tree, dict):
            raise ConfigError(f"override {override!r}: {parent} is a value, not a section")
    try:
        tree[last] = yaml.safe_load(value)
    except yaml.YAMLError:
        raise ConfigError(f"override {override!r}: {value!r} is not a YAML value") from None


def tell(error: ValidationError, tasks: Mapping[str, type[BaseModel]]) -> Iterable[str]:
    """Yield each fault as ``dotted.path: what``.

    Args:
        error: of a union of configs, told apart by their task.
        tasks: task: its config.
    """
    for fault in error.errors():
        task, *parts = map(str, fault["loc"] or ("",))
        path = ".".join(parts)
        if fault["type"].startswith("union_tag"):
            got = fault["ctx"].get("tag")
            expected = ", ".join(map(repr, tasks))
            yield f"task: expected one of {expected}, " + (f"got {got!r}" if got else "it is missing")
        elif fault["type"] == "extra_forbidden":
            guess = _nearest(path, tasks[task])
            yield f"{path}: unknown key" + (f"; did you mean {guess!r}?" if guess else "")
        elif fault["type"] == "missing":
            yield f"{path}: missing"
        elif fault["type"] == "value_error":
            yield f"{path}: {fault['ctx']['error']}".removeprefix(": ")
        else:
            yield f"{path}: {fault['msg']}, got {fault['input']!r}"


def _nearest(path: str, model: type[BaseModel]) -> str | None:
    """Return the key of the same section that is most like the last one of `path`, else one with its dotted path."""
    section, _, name = path.rpartition(".")
    places: dict[str, list[str]] = {}  # name: its sections
    for key in _keys(model):
        place, _, known = key.rpartition(".")
        places.setdefault(known, []).append(place)
    if near := difflib.get_close_matches(name, [known for known, held in places.items() if section in held], 1):
        return near[0]
    if near := difflib.get_close_matches(name, places, 1):
        return f"{places[near[0]][0]}.{near[0]}".lstrip(".")
    return None


def _keys(model: type[BaseModel], prefix: str = "") -> Iterable[str]:
    for name, field in model.model_fields.items():
        yield prefix + name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _keys(field.annotation, f"{prefix}{name}.")
