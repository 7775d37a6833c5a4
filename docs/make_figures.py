"""The tables of figures in the documents, from the files that hold the figures.

Usage: `python docs/make_figures.py` rewrites them; with `--check`, it fails if one is not what the files say.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from porteparole.bundle import Bundle, shipped_bundle
from porteparole.evaluate import figures
from porteparole.files import write_atomically

ROOT = Path(__file__).parents[1]
ROWS = {
    "cue, overlap": "statements found (cues that overlap)",
    "source, exact": "sources, exact",
    "content, exact": "contents, exact",
    "content, characters": "contents, by characters",
    "speaker, exact": "speakers, exact",
    "topic, micro": "topics",
    "topic with stance, micro": "topics with the right stance",
}


def accuracy() -> str:
    """Return the README's table, from the metrics of the shipped bundle."""
    metrics = Bundle.read(shipped_bundle()).metrics()
    scores, stance = metrics["statements"]["validation"], metrics["stance"]["validation"]
    found, act = dict(figures(scores)), scores["act"]
    rows = [
        [name, *(f"{found[key][part]:.2f}" for part in ("precision", "recall", "f1"))] for key, name in ROWS.items()
    ]
    return "\n".join(
        [
            *table(["what", "precision", "recall", "F1"], rows),
            "",
            f"Acts of the statements found: accuracy {act['accuracy']:.2f}, macro-F1 {act['macro_f1']:.2f}. "
            f"Stance to a target of your own: accuracy {stance['accuracy']:.2f}, macro-F1 {stance['macro_f1']:.2f}.",
            f"Measured on {scores['documents']} passages of real French news with {scores['statements']} statements, "
            "which chose the epoch and the topic threshold but were not trained on; language models annotated them, as "
            "they did the training data.",
        ]
    )


def load() -> str:
    """Return the table of docs/serve.md, from benchmarks/serve_load.json."""
    report = json.loads((ROOT / "benchmarks" / "serve_load.json").read_text(encoding="utf-8"))
    names = ("requests", "errors", "requests_per_second", "server_cpu_ms_per_request", "median_ms")
    runs = [(texts, who) for texts in ("sentence", "dispatch") for who in ("1 client", "64 clients")]
    rows = [[name.replace("_", " "), *(report[texts][who][name] for texts, who in runs)] for name in names]
    machine = f"({report['machine']}; OMP_NUM_THREADS {report['threads']})"
    return "\n".join([*table(["each asks with one", *map(", ".join, runs)], rows), "", machine])


def table(head: list[str], rows: list[list[object]]) -> list[str]:
    """Return the lines of a Markdown table."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return ["| " + " | ".join(map(str, line)) + " |" for line in lines]


def main() -> None:
    """Run the command line."""
    for name, marker, content in (("README.md", "figures", accuracy()), ("docs/serve.md", "load", load())):
        text = (ROOT / name).read_text(encoding="utf-8")
        between = re.compile(rf"(?s)(?<=<!-- {marker} -->\n).*(?=<!-- /{marker} -->)")
        fresh, found = between.subn(lambda _, new=content: f"{new}\n", text)
        if not found:
            sys.exit(f"{name}: expected the markers <!-- {marker} --> and <!-- /{marker} -->")
        if "--check" not in sys.argv[1:]:
            write_atomically(ROOT / name, fresh)
        elif fresh != text:
            sys.exit(f"{name}: its figures are not those of the files; run python docs/make_figures.py")


if __name__ == "__main__":
    main()
