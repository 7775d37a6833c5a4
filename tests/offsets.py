"""What must hold of every document, whatever the text and whatever the model found in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import regex

from porteparole.errors import DataError
from porteparole.schema import Document, Span, Statement

__all__ = ["faults", "spans_of", "unscored"]


def spans_of(statement: Statement) -> Iterator[Span]:
    """Every span of a statement."""
    for name in ("source", "antecedent", "addressee", "medium", "content"):
        yield from getattr(statement, name)
    yield statement.cue


def faults(text: str, document: Document) -> list[str]:
    """What is wrong with the document of a text: an empty list, if all is well."""
    found = [] if document.text == text else ["the text is not the one that came in"]
    edges = {0, *(match.end() for match in regex.finditer(r"\X", text))}
    for k, statement in enumerate(document.statements):
        for span in spans_of(statement):
            where = f"statement {k}: {span!r}"
            if not 0 <= span.start < span.end <= len(text):
                found.append(f"{where} is empty or outside the text")
            if text[span.start : span.end] != span.text:
                found.append(f"{where} holds another text")
            if not {span.start, span.end} <= edges:
                found.append(f"{where} cuts a grapheme in two")
            if not 0 <= span.score <= 1:
                found.append(f"{where} has a score outside [0, 1]")
        for role in ("source", "antecedent", "addressee", "medium", "content"):
            ordered = sorted((span.start, span.end) for span in getattr(statement, role))
            if any(end > start for (_, end), (start, _) in pairwise(ordered)):
                found.append(f"statement {k}: spans of its {role} overlap")
        if statement.parent is not None and not 0 <= statement.parent < len(document.statements):
            found.append(f"statement {k}: its parent {statement.parent} is none")
    cues = [(statement.cue.start, statement.cue.end) for statement in document.statements]
    if cues != sorted(cues):
        found.append("statements are not in the order of their cues")
    try:
        if Document.from_dict(document.to_dict()) != document:
            found.append("to_dict and from_dict do not give it back")
    except DataError as error:
        found.append(str(error))
    return found


def unscored(document: Document) -> object:
    """The document without scores, of which the last digits hang on the padding of a batch and the count of threads."""

    def bare(tree: object) -> object:
        if isinstance(tree, dict):
            return {key: bare(value) for key, value in tree.items() if "score" not in key}
        return [bare(item) for item in tree] if isinstance(tree, list) else tree

    return bare(document.to_dict())
