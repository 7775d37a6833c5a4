#!/usr/bin/env python3
"""Resolve the passages in authored/ and write train.jsonl, dev.jsonl and test.jsonl beside this file.

usage: python training/corpus/build.py [--counts]

The split is by writer: what writers 21 and 22 wrote is dev, 23 and 24 test, all others train, so that no
turn of phrase of a writer is on both sides. Prints `file:line: message` for each fault and exits with 1;
`--counts` prints the table of the datasheet.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from resolve import resolve  # noqa: E402

from porteparole.files import write_atomically  # noqa: E402
from porteparole.labels import ROLES  # noqa: E402

SPLITS = {"w21": "dev", "w22": "dev", "w23": "test", "w24": "test"}


def counts(rows: dict[str, list[dict[str, Any]]]) -> str:
    """Return a Markdown table of how often each label occurs in each split."""
    table: dict[str, Counter[str]] = {}
    for split, passages in rows.items():
        for passage in passages:
            found = ["passages", *["words"] * len(passage["text"].split())]
            for statement in passage["statements"]:
                found += ["statements", f"act {statement['act']}"]
                found += [f"role {role}" for role in ROLES if statement[role]]
                for stance in statement["stances"]:
                    found += [f"topic {stance['topic']}", f"stance {stance['stance']}"]
                    found.append(f"stance to the canonical target {stance['topic_stance']}")
            for name in found:
                table.setdefault(name, Counter())[split] += 1
    lines = [f"| | {' | '.join(rows)} | all |", f"|---|{'---:|' * (len(rows) + 1)}"]
    for name in sorted(table, key=lambda name: (" " in name, name)):
        numbers = [table[name][split] for split in rows]
        lines.append(f"| {name} | {' | '.join(map(str, numbers))} | {sum(numbers)} |")
    return "\n".join(lines)


def main() -> int:
    rows: dict[str, list[str]] = {"train": [], "dev": [], "test": []}
    faults = 0
    for file in sorted((HERE / "authored").glob("w*.jsonl")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            try:
                rows[SPLITS.get(file.stem, "train")].append(json.dumps(resolve(json.loads(line)), ensure_ascii=False))
            except (ValueError, KeyError, TypeError) as error:
                faults += 1
                print(f"{file}:{number}: {type(error).__name__}: {error}")
    if not faults:
        for split, lines in rows.items():
            write_atomically(HERE / f"{split}.jsonl", "\n".join(lines) + "\n")
    if "--counts" in sys.argv:
        print(counts({split: [json.loads(line) for line in lines] for split, lines in rows.items()}))
    print(", ".join(f"{split} {len(lines)}" for split, lines in rows.items()), "passages,", faults, "faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
