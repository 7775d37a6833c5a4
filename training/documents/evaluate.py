"""How well speakers are resolved over whole documents.

    python training/documents/evaluate.py [BUNDLE]

reads documents.jsonl (32 documents that we wrote, each statement with its speaker), and writes results.json beside
it. Found statements are paired with annotated ones by their cues; on the pairs it measures whether the speaker has
the right name, and B-cubed F1 of who is whom (Bagga & Baldwin 1998).
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import porteparole
from porteparole.files import write_atomically
from porteparole.metrics import pair
from porteparole.schema import Document, Span, Statement

HERE = Path(__file__).parent


def find(text: str, mention: str) -> Span:
    """Return the place of a mention; ``il#2`` is the second *il* that is a word."""
    words, _, nth = (
        mention.rpartition("#") if re.search(r"#\d+$", mention) and mention not in text else (mention, "", "1")
    )
    edges = (r"(?<!\w)" if words[0].isalnum() else "", r"(?!\w)" if words[-1].isalnum() else "")
    start = [m.start() for m in re.finditer(f"{edges[0]}{re.escape(words)}{edges[1]}", text)][int(nth) - 1]
    return Span(start, start + len(words), words)


def read(row: dict[str, Any]) -> tuple[Document, list[str]]:
    """Return a document with its annotated cues and sources, and the key of each statement's speaker."""
    found = [
        (
            Statement(
                cue=find(row["text"], s["cue"]), source=(find(row["text"], s["source"]),) if s.get("source") else ()
            ),
            s["speaker"],
        )
        for s in row["statements"]
    ]
    found.sort(key=lambda item: item[0].cue.start)
    return Document(row["text"], tuple(s for s, _ in found), row["id"]), [key for _, key in found]


def b_cubed(found: Sequence[Hashable], true: Sequence[Hashable]) -> float:
    """Return the B-cubed F1 of one clustering of the same items against another."""
    both, ours, theirs = Counter(zip(found, true, strict=True)), Counter(found), Counter(true)
    precision = sum(n * n / ours[f] for (f, _), n in both.items()) / len(found)
    recall = sum(n * n / theirs[t] for (_, t), n in both.items()) / len(found)
    return 2 * precision * recall / (precision + recall)


def main(bundle: str | None) -> dict[str, Any]:
    """Measure a bundle, by default the shipped one."""
    rows = [json.loads(line) for line in (HERE / "documents.jsonl").read_text(encoding="utf-8").splitlines()]
    tagger = porteparole.load(bundle, dtype="fp32")
    names = right = as_written = annotated = predicted = 0
    ours: list[Hashable] = []
    theirs: list[Hashable] = []
    for row, document in zip(rows, tagger.stream(row["text"] for row in rows), strict=True):
        gold, keys = read(row)
        annotated, predicted = annotated + len(gold), predicted + len(document)
        for p, g in pair(document, gold):
            statement, name = document.statements[p], row["speakers"][keys[g]]
            resolved = None if statement.speaker_id is None else document.speakers[statement.speaker_id].name
            names += 1
            right += resolved == name
            as_written += bool(statement.source) and statement.source[0].text == name
            ours.append((row["id"], statement.speaker_id if statement.speaker_id is not None else f"?{p}"))
            theirs.append((row["id"], keys[g]))
    return {
        "bundle": tagger.describe()["model"],
        "documents": len(rows),
        "statements": annotated,
        "cue_overlap_f1": round(2 * names / (annotated + predicted), 3),
        "paired": names,
        "name_exact": round(right / names, 3),
        "name_exact_without_resolution": round(as_written / names, 3),
        "b_cubed_f1": round(b_cubed(ours, theirs), 3),
    }


if __name__ == "__main__":
    results = main(sys.argv[1] if len(sys.argv) > 1 else None)
    write_atomically(HERE / "results.json", json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))
