#!/usr/bin/env python3
"""Score the second, independent annotation of sixty passages against the first, and write agreement.json.

usage: python training/corpus/agreement.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from resolve import resolve  # noqa: E402

from porteparole.data import read_corpus  # noqa: E402
from porteparole.files import write_atomically  # noqa: E402
from porteparole.labels import DEFAULT  # noqa: E402
from porteparole.metrics import score  # noqa: E402


def main() -> None:
    second = HERE / "second-annotation.jsonl"
    rows = [json.loads(line) for line in second.read_text(encoding="utf-8").splitlines()]
    resolved = HERE / ".second.jsonl"
    write_atomically(resolved, "".join(json.dumps(resolve(row), ensure_ascii=False) + "\n" for row in rows))
    found = read_corpus(resolved, DEFAULT)
    resolved.unlink()
    first = {d.id: d for split in ("train", "dev", "test") for d in read_corpus(HERE / f"{split}.jsonl", DEFAULT)}
    # A text that a second reader has mended since is another text: its annotations cannot be compared.
    same = [document for document in found if first[document.id].text == document.text]
    scores = score(same, [first[document.id] for document in same])
    write_atomically(HERE / "agreement.json", json.dumps(scores, ensure_ascii=False, indent=1) + "\n")
    print(f"{len(same)} of {len(found)} passages compared")


if __name__ == "__main__":
    main()
