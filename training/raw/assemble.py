"""Put text and annotations of the raw news passages together.

    python training/raw/assemble.py ../shared/raw/news.txt.xz

reads the passages that annotations.jsonl names by line, and writes train.jsonl beside it, for
``data.train`` of a config. The sentences are not ours, so the repository holds only what we wrote
of them: offsets, acts, targets and stances.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import sys
from pathlib import Path

HERE = Path(__file__).parent


def assemble(news: Path) -> int:
    """Write train.jsonl and return the number of its passages; stop where the text is not the one annotated."""
    with lzma.open(news, "rt", encoding="utf-8") as file:
        lines = file.read().split("\n")
    rows = []
    for line in (HERE / "annotations.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        start = row["line"] - 1
        text = "\n".join(part.strip() for part in lines[start : start + row["lines"]])
        if hashlib.sha256(text.encode()).hexdigest()[:16] != row["sha256"]:
            sys.exit(
                f"{news}:{row['line']}: not the text that {row['id']} annotates; is it another release of the file?"
            )
        rows.append({"id": row["id"], "source": "raw-press", "text": text, "statements": row["statements"]})
    beside = HERE / ".train.jsonl.part"
    beside.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    beside.replace(HERE / "train.jsonl")
    return len(rows)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(assemble(Path(sys.argv[1])), "passages")
