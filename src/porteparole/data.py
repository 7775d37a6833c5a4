"""Annotated corpora, read with every fault named by file and line.

A corpus is JSON Lines in the resolved form: one passage a line, ``{"id", "text", "statements"}``, where
each statement holds ``cue``, ``source``, ``antecedent``, ``addressee``, ``medium`` and ``content`` as lists
of ``[start, end]`` offsets, ``act``, and ``stances``, each ``{"topic", "target", "stance", "topic_stance"}``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .errors import DataError
from .files import read_text
from .labels import ROLES, Labels
from .relations import link
from .rules import faults_of
from .schema import Act, Document, Span, Stance, Statement

__all__ = ["corpus_rows", "json_object", "read_corpus", "read_jsonl", "some_of"]

_MOST_FAULTS = 20


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


def corpus_rows(path: str | os.PathLike[str], labels: Labels) -> Iterator[tuple[int, dict[str, Any], list[str]]]:
    """Yield line number, object and faults of each passage; where the line is no JSON object, an empty one.

    Raises:
        DataError: the file cannot be read.
    """
    for number, line in _lines(path):
        try:
            row = json_object(line)
        except DataError as error:
            yield number, {}, [str(error)]
        else:
            yield number, row, list(faults_of(row, labels))


def read_corpus(path: str | os.PathLike[str], labels: Labels) -> list[Document]:
    """Read an annotated corpus as the documents that a perfect model would predict.

    A statement's `topics` hold the stance to each topic's canonical target, its `targets` the stance
    to the annotator's own wording of the target.

    Raises:
        DataError: lists every fault (up to 20), each as ``file:line: what``.
    """
    documents: list[Document] = []
    faults: list[str] = []
    for number, row, wrong in corpus_rows(path, labels):
        faults += [f"{path}:{number}: {fault}" for fault in wrong]
        if not wrong:
            documents.append(_document(row, labels))
    if faults:
        raise DataError(some_of(faults))
    if not documents:
        raise DataError(f"{path}: expected at least one annotated passage, the file holds none")
    return documents


def some_of(faults: Sequence[str]) -> str:
    """Return the first 20 faults, one a line, and how many more there are."""
    more = f"\n… and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
    return "\n".join(faults[:_MOST_FAULTS]) + more


def _document(row: Mapping[str, Any], labels: Labels) -> Document:
    """Build what `faults_of` found in order."""
    text = row["text"]
    return Document(text, link(text, [_statement(text, data, labels) for data in row["statements"]]), id=row.get("id"))


def _statement(text: str, data: Mapping[str, Any], labels: Labels) -> Statement:
    spans = {
        role: tuple(Span(start, end, text[start:end]) for start, end in sorted(data.get(role, [])))
        for role in ("cue", *ROLES)
    }
    stances = data.get("stances", [])
    return Statement(
        cue=spans["cue"][0],
        source=spans["source"],
        antecedent=spans["antecedent"],
        addressee=spans["addressee"],
        medium=spans["medium"],
        content=spans["content"],
        act=Act(data["act"]),
        topics=tuple(Stance(row["topic"], labels.topics[row["topic"]], row["topic_stance"]) for row in stances),
        targets=tuple(Stance(row["topic"], row["target"], row["stance"]) for row in stances),
    )
