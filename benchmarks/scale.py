#!/usr/bin/env python
"""How many documents a second the command line reads, how much memory that takes, and what `stream` by itself does.

    python benchmarks/scale.py 20000 --workers 1 --workers 2

The dispatches are made of the passages of training/corpus, with a seed. Figures go to benchmarks/scale.json, and the
table in docs/scale.md is written anew from them; `--only-table` does that alone.
"""

from __future__ import annotations

import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean
from typing import Annotated, Any

import psutil
import typer

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "benchmarks" / "scale.json"
PAGE = ROOT / "docs" / "scale.md"
MARKS = ("<!-- figures: benchmarks/scale.py -->\n", "<!-- end of figures -->\n")

BARE = """
import json, sys, time
import porteparole
texts = [json.loads(line)["text"] for line in open(sys.argv[1], encoding="utf-8")]
start = time.perf_counter()
tagger = porteparole.load()
loaded = time.perf_counter()
statements = sum(map(len, tagger.stream(texts)))
print(json.dumps({"load_seconds": loaded - start, "seconds": time.perf_counter() - loaded, "statements": statements,
                  **{k: v for k, v in tagger.describe().items() if k != "path"}}))
"""


def dispatches(number: int, seed: int = 6) -> list[str]:
    """Make texts of one to three passages each, as long as a dispatch is."""
    passages = [
        json.loads(line)["text"]
        for part in ("train", "dev", "test")
        for line in (ROOT / "training" / "corpus" / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    generator = random.Random(seed)
    return ["\n\n".join(generator.sample(passages, generator.randint(1, 3))) for _ in range(number)]


def bare(source: Path) -> dict[str, Any]:
    """Read the texts with `stream`, in one process that does nothing else."""
    done = subprocess.run([sys.executable, "-c", BARE, source], stdout=subprocess.PIPE, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def command(source: Path, folder: Path, workers: int) -> dict[str, Any]:
    """Read the texts with `porteparole predict`, and watch the memory of all its processes."""
    output = folder / f"{workers}.jsonl"
    arguments = ["predict", source, "-o", output, "--workers", str(workers)]
    start = time.perf_counter()
    process = psutil.Popen([sys.executable, "-m", "porteparole", *map(str, arguments)])
    memory: list[tuple[float, int, int]] = []  # seconds, bytes, shards
    while process.poll() is None:
        shards = len(list(output.with_name(f"{output.name}.parts").glob("*.shard")))
        memory.append((time.perf_counter() - start, resident(process), shards))
        time.sleep(0.25)
    if process.returncode:
        raise SystemExit(process.returncode)
    seconds = time.perf_counter() - start
    begun = next((at for at, _, shards in memory if shards), seconds)
    tenth = (seconds - begun) / 10
    first = [size for at, size, shards in memory if begun <= at <= begun + tenth and shards]
    last = [size for at, size, shards in memory if at >= seconds - tenth and shards]
    return {
        "workers": workers,
        "seconds": seconds,
        "first_shard_seconds": begun,
        "peak_mib": max(size for _, size, _ in memory) / 2**20,
        "first_tenth_mib": mean(first) / 2**20 if first else None,
        "last_tenth_mib": mean(last) / 2**20 if last else None,
    }


def resident(process: psutil.Popen) -> int:
    """Bytes in memory of a process and all that it started."""
    total = 0
    for part in (process, *process.children(recursive=True)):
        try:
            total += part.memory_info().rss
        except psutil.Error:  # it has ended meanwhile
            continue
    return total


def table(figures: dict[str, Any]) -> str:
    """Render the figures as the table in docs/scale.md."""
    number, alone = figures["documents"], figures["bare"]
    fastest = number / alone["seconds"]
    lines = [
        f"{number:,} dispatches of {figures['words'] / number:,.0f} words on average; {figures['cores']} cores "
        f"({figures['machine']}), {alone['dtype']}, torch {figures['torch']}, OMP_NUM_THREADS={figures['threads']}, "
        f"{figures['date']}. {figures['note']}".rstrip(),
        "",
        "| | documents/s | an hour | against loading and `stream()` | peak memory | memory, first and last tenth |",
        "|---|---|---|---|---|---|",
        f"| `stream()`, without loading | {fastest:.1f} | {3600 * fastest:,.0f} | | | |",
    ]
    for run in figures["runs"]:
        rate, plain = number / run["seconds"], number / (alone["seconds"] + alone["load_seconds"])
        tenths = [run["first_tenth_mib"], run["last_tenth_mib"]]
        memory = " → ".join(f"{size:,.0f} MiB" for size in tenths) if all(tenths) else "too short to tell"
        lines.append(
            f"| `predict --workers {run['workers']}`, from start to end | {rate:.1f} | {3600 * rate:,.0f} | "
            f"{100 * (rate / plain - 1):+.0f} % | {run['peak_mib']:,.0f} MiB | {memory} |"
        )
    days = 1e7 / (number / figures["runs"][-1]["seconds"]) / 86400
    lines += ["", f"At the last rate, ten million such dispatches would take {days:,.0f} days."]
    return "\n".join(lines) + "\n"


def write_table(figures: dict[str, Any]) -> None:
    """Put the table into docs/scale.md."""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(MARKS[0])
    _, after = rest.split(MARKS[1])
    PAGE.write_text(f"{before}{MARKS[0]}{table(figures)}{MARKS[1]}{after}", encoding="utf-8")


def main(
    documents: Annotated[int, typer.Argument(help="How many dispatches.")] = 1000,
    workers: Annotated[list[int] | None, typer.Option(help="Processes; once for each run.")] = None,
    note: Annotated[str, typer.Option(help="What is to be known of the machine's other work.")] = "",
    only_table: Annotated[bool, typer.Option("--only-table", help="Only write the table anew.")] = False,
) -> None:
    """Measure, and write figures and table."""
    if not only_table:
        import torch

        texts = dispatches(documents)
        with tempfile.TemporaryDirectory() as name:
            source = Path(name) / "dispatches.jsonl"
            source.write_text(
                "".join(json.dumps({"id": str(k), "text": text}) + "\n" for k, text in enumerate(texts)),
                encoding="utf-8",
            )
            figures = {
                "documents": documents,
                "words": sum(len(text.split()) for text in texts),
                "machine": platform.processor() or platform.machine(),
                "cores": len(os.sched_getaffinity(0)),
                "threads": os.environ.get("OMP_NUM_THREADS", "not set"),
                "torch": torch.__version__,
                "date": time.strftime("%Y-%m-%d"),
                "note": note,
                "bare": bare(source),
                "runs": [command(source, Path(name), number) for number in workers or [1]],
            }
        FIGURES.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_table(json.loads(FIGURES.read_text(encoding="utf-8")))


if __name__ == "__main__":
    typer.run(main)
