"""What a passage of an annotated corpus must hold (see `porteparole.data`), and every way in which it does not."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from .labels import ROLES, Labels

__all__ = ["faults_of"]


def faults_of(row: Mapping[str, Any], labels: Labels) -> Iterator[str]:
    """Yield what is wrong with a passage: fields, spans outside the text or over one another, unknown labels.

    Args:
        row: the JSON object.
        labels: the inventory that it may use.
    """
    for field, kind, name in (("text", str, "a string"), ("statements", list, "a list")):
        yield from _field(row, field, kind, name)
    text, statements = row.get("text"), row.get("statements")
    if not isinstance(text, str):
        return
    if not text.strip():
        yield "text: expected some words, it is empty"
    for k, statement in enumerate(statements if isinstance(statements, list) else ()):
        yield from (f"statement {k}: {fault}" for fault in _statement(text, statement, labels))


def _field(row: Mapping[str, Any], field: str, kind: type, name: str) -> Iterator[str]:
    if field not in row:
        yield f"field {field!r} is missing"
    elif not isinstance(row[field], kind):
        yield f"{field}: expected {name}, got {type(row[field]).__name__}"


def _statement(text: str, row: Any, labels: Labels) -> Iterator[str]:
    if not isinstance(row, dict):
        yield f"expected an object, got {type(row).__name__}"
        return
    for role in ("cue", *ROLES):
        yield from (f"{role}: {fault}" for fault in _spans(text, row.get(role, [])))
    cue = row.get("cue", [])
    if isinstance(cue, list) and len(cue) != 1:
        yield f"cue: expected exactly one span, got {len(cue)}"
    yield from _label(row, "act", labels.acts)
    stances = row.get("stances", [])
    if not isinstance(stances, list):
        yield f"stances: expected a list, got {type(stances).__name__}"
        return
    topics = []
    for stance in stances:
        if not isinstance(stance, dict):
            yield f"stances: expected objects, got {type(stance).__name__}"
            continue
        yield from _label(stance, "topic", tuple(labels.topics))
        for key in ("stance", "topic_stance"):
            yield from _label(stance, key, labels.stances)
        yield from _field(stance, "target", str, "a string")
        if stance.get("topic") in topics:
            yield f"topic {stance.get('topic')!r} stands twice; a statement has one stance a topic"
        topics.append(stance.get("topic"))


def _label(row: Mapping[str, Any], field: str, known: Collection[str]) -> Iterator[str]:
    if field not in row:
        yield f"field {field!r} is missing"
    elif row[field] not in known:
        yield f"{field} {row[field]!r}: expected one of {', '.join(known)}"


def _spans(text: str, pairs: Any) -> Iterator[str]:
    """Faults of one role's spans, which may stand in any order and touch, but not overlap."""
    if not isinstance(pairs, list):
        yield f"expected a list of [start, end] offsets, got {type(pairs).__name__}"
        return
    inside = []
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and all(type(offset) is int for offset in pair)):
            yield f"expected a span as [start, end] in whole numbers, got {pair!r}"
        elif not 0 <= pair[0] < pair[1] <= len(text):
            yield f"span {pair[0]}:{pair[1]} is not inside the text, which has {len(text)} characters"
        else:
            inside.append(pair)
    inside.sort()
    for (start, end), (later, last) in itertools.pairwise(inside):
        if later < end:
            yield f"spans {start}:{end} and {later}:{last} overlap"
