#!/usr/bin/env python3
"""Turn the authoring form of ANNOTATION.md (strings, `#n`) into character offsets, and say what is wrong with it.

usage: python training/resolve.py AUTHORED.jsonl [RESOLVED.jsonl] [--config CONFIG.yaml]

The labels are those of ANNOTATION.md, or of a training config with labels of its own. Prints `file:line: message` for
each fault and exits with 1 when there is one; writes RESOLVED.jsonl when there is none.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

from porteparole.config import load_config
from porteparole.files import write_atomically
from porteparole.labels import DEFAULT, ROLES, Labels

FIELDS = ("cue", *ROLES)


def find(text: str, mention: str) -> list[int]:
    """Return the offsets of a mention, which must stand in the text as whole words; `#n` picks the n-th."""
    match = re.fullmatch(r"(.*?)#(\d+)", mention, re.DOTALL)
    needle, nth = (match[1], int(match[2])) if match else (mention, None)
    if not needle or needle != needle.strip():
        raise ValueError(f"empty span, or space at its edge: {mention!r}")
    left = r"(?<!\w)" if needle[0].isalnum() else ""
    right = r"(?!\w)" if needle[-1].isalnum() else ""
    starts = [found.start() for found in re.finditer(left + re.escape(needle) + right, text)]
    if not starts:
        raise ValueError(f"not in the text (as whole words): {needle!r}")
    if nth is None and len(starts) > 1:
        raise ValueError(f"occurs {len(starts)} times, say which with #n: {needle!r}")
    if nth is not None and not 1 <= nth <= len(starts):
        raise ValueError(f"has {len(starts)} occurrences, #{nth} asked: {needle!r}")
    start = starts[(nth or 1) - 1]
    return [start, start + len(needle)]


def resolve(row: dict[str, Any], labels: Labels = DEFAULT) -> dict[str, Any]:
    """Return a passage in the resolved form, its other keys kept, its statements ordered by cue."""
    statements = []
    for number, authored in enumerate(row["statements"], 1):
        try:
            statements.append(resolve_statement(row["text"], authored, labels))
        except ValueError as error:
            raise ValueError(f"statement {number}: {error}") from None
    cues = [tuple(statement["cue"][0]) for statement in statements]
    if len(set(cues)) != len(cues):
        raise ValueError("two statements share one cue")
    return {**row, "statements": sorted(statements, key=lambda statement: statement["cue"])}


def resolve_statement(text: str, authored: dict[str, Any], labels: Labels) -> dict[str, Any]:
    """Return one statement with offsets for strings."""
    extra = set(authored) - {*FIELDS, "act", "stances"}
    if extra:
        raise ValueError(f"unknown fields {sorted(extra)}")
    resolved: dict[str, Any] = {}
    for field in FIELDS:
        resolved[field] = [find(text, mention) for mention in authored.get(field, [])]
        if any(one[1] > two[0] for one, two in pairwise(sorted(resolved[field]))):
            raise ValueError(f"overlapping spans within {field}")
    if len(resolved["cue"]) != 1:
        raise ValueError("needs exactly one cue span")
    if authored.get("act") not in labels.acts:
        raise ValueError(f"act {authored.get('act')!r} is none of {', '.join(labels.acts)}")
    for stance in authored.get("stances", []):
        known = (
            set(stance) == {"topic", "target", "stance", "topic_stance"}
            and stance["topic"] in labels.topics
            and {stance["stance"], stance["topic_stance"]} <= set(labels.stances)
            and stance["target"].strip()
        )
        if not known:
            raise ValueError(f"bad stance {stance}")
    return {**resolved, "act": authored["act"], "stances": authored.get("stances", [])}


def main() -> int:
    parser = argparse.ArgumentParser(description="strings to offsets")
    parser.add_argument("source", type=Path)
    parser.add_argument("resolved", type=Path, nargs="?")
    parser.add_argument("--config", type=Path)
    arguments = parser.parse_args()
    source, faults, rows = arguments.source, 0, []
    labels = load_config(arguments.config).labels.inventory if arguments.config else DEFAULT
    for number, line in enumerate(source.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            rows.append(resolve(json.loads(line), labels))
        except (ValueError, KeyError, TypeError) as error:
            faults += 1
            print(f"{source}:{number}: {type(error).__name__}: {error}")
    print(f"{len(rows)} passages, {sum(len(row['statements']) for row in rows)} statements, {faults} faults")
    if not faults and arguments.resolved:
        write_atomically(arguments.resolved, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
