"""Annotated corpora, read with every fault named by file and line.

A corpus is JSON Lines in the resolved form: one passage a line, ``{"id", "text", "statements"}``, where
each statement holds ``cue``, ``source``, ``antecedent``, ``addressee``, ``medium`` and ``content`` as lists
of ``[start, end]`` offsets, ``act``, and ``stances``, each ``{"topic", "target", "stance", "topic_stance"}``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .errors import DataError
from .files import read_text
from .labels import ROLES, Labels
from .relations import link
from .schema import Act, Document, Span, Stance, Statement

__all__ = ["json_object", "read_corpus"]

_MOST_FAULTS = 20
_FAULTS = (AttributeError, KeyError, TypeError, ValueError)  # what wrong JSON raises; a DataError is a ValueError


def read_jsonl(path: str | os.PathLike[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the line number and object of each line that is not blank.

    Raises:
        DataError: the file cannot be read, or a line is no JSON object.
    """
    for number, line in _lines(path):
        try:
            yield number, json_object(line)
        except DataError as error:
            raise DataError(f"{path}:{number}: {error}") from None


def _lines(path: str | os.PathLike[str]) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(read_text(path).split("\n"), 1) if line.strip())


def json_object(line: str) -> dict[str, Any]:
    """Return the object that a line of JSON Lines holds.

    Raises:
        DataError: it holds none.
    """
    try:
        row = json.loads(line)
    except ValueError as error:
        raise DataError(f"expected one JSON object a line: {error}") from None
    except RecursionError:
        raise DataError("JSON nested too deeply") from None
    if not isinstance(row, dict):
        raise DataError(f"expected a JSON object, got {type(row).__name__}")
    return row


def read_corpus(path: str | os.PathLike[str], labels: Labels) -> list[Document]:
    """Read an annotated corpus as the documents that a perfect model would predict.

    A statement's `topics` hold the stance to each topic's canonical target, its `targets` the stance
    to the annotator's own wording of the target.

    Raises:
        DataError: lists every fault (up to 20), each as ``file:line: what``.
    """
    documents: list[Document] = []
    faults: list[str] = []
    for number, line in _lines(path):
        try:
            documents.append(_document(json_object(line), labels))
        except _FAULTS as error:
            faults.append(f"{path}:{number}: {_said(error)}")
    if faults:
        more = f"\n… and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        raise DataError("\n".join(faults[:_MOST_FAULTS]) + more)
    if not documents:
        raise DataError(f"{path}: expected at least one annotated passage, the file holds none")
    return documents


def _said(error: Exception) -> str:
    return f"field {error} is missing" if isinstance(error, KeyError) else str(error)


def _document(row: Mapping[str, Any], labels: Labels) -> Document:
    text = row["text"]
    if not isinstance(text, str):
        raise DataError(f"text: expected a string, got {type(text).__name__}")
    statements = []
    for k, data in enumerate(row["statements"]):
        try:
            statements.append(_statement(text, data, labels))
        except _FAULTS as error:
            raise DataError(f"statement {k}: {_said(error)}") from None
    return Document(text, link(text, statements), id=row.get("id"))


def _statement(text: str, data: Mapping[str, Any], labels: Labels) -> Statement:
    spans = {role: _spans(text, role, data.get(role, [])) for role in ("cue", *ROLES)}
    if len(spans["cue"]) != 1:
        raise DataError(f"cue: expected exactly one span, got {len(spans['cue'])}")
    topics: list[Stance] = []
    targets: list[Stance] = []
    for stance in data.get("stances", []):
        topic, canonical = stance["topic"], labels.topics.get(stance["topic"])
        if canonical is None:
            raise DataError(f"topic {topic!r}: expected one of {', '.join(labels.topics)}")
        for key in ("stance", "topic_stance"):
            if stance[key] not in labels.stances:
                raise DataError(f"{key} {stance[key]!r}: expected one of {', '.join(labels.stances)}")
        if any(topic == other.topic for other in topics):
            raise DataError(f"topic {topic!r} stands twice; a statement has one stance a topic")
        topics.append(Stance(topic, canonical, stance["topic_stance"]))
        targets.append(Stance(topic, stance["target"], stance["stance"]))
    if data["act"] not in labels.acts:
        raise DataError(f"act {data['act']!r}: expected one of {', '.join(labels.acts)}")
    return Statement(
        cue=spans["cue"][0],
        source=spans["source"],
        antecedent=spans["antecedent"],
        addressee=spans["addressee"],
        medium=spans["medium"],
        content=spans["content"],
        act=Act(data["act"]),
        topics=tuple(topics),
        targets=tuple(targets),
    )


def _spans(text: str, role: str, pairs: Iterable[tuple[int, int]]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for start, end in sorted(pairs):
        if not 0 <= start < end <= len(text):
            raise DataError(f"{role}: span {start}:{end} is not inside the text, which has {len(text)} characters")
        if spans and start < spans[-1].end:
            raise DataError(f"{role}: spans {spans[-1].start}:{spans[-1].end} and {start}:{end} overlap")
        spans.append(Span(start, end, text[start:end]))
    return tuple(spans)
