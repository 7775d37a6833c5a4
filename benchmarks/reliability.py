"""Memory and speed over many documents, and over poison: documents made to take all there is of either.

    python benchmarks/reliability.py [--documents 100000] [--most 10000000] [-o benchmarks/reliability.json]

Two parts: `poison` reads one document of each kind and size, each kind in a process of its own, so that the peaks
of memory are its own; `stream` reads small dispatches, and looks some fifty times on the way.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import resource
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
KINDS: dict[str, Callable[[int], str]] = {
    "one word without a blank": lambda size: "a" * size,
    "words without a blank": lambda size: ("leministreadéclaréque" * (size // 20))[:size],
    "nested quotations": lambda size: "« " * (size // 4) + " »" * (size // 4),
    "quotation marks in disorder": lambda size: ('»«”“"„ ' * (size // 7 + 1))[:size],
    "a cue every few words": lambda size: ("Selon Kiev, Oslo a dit que Rome a nié. " * (size // 38 + 1))[:size],
    "no sentence ends": lambda size: ("le ministre du pays voisin de la ville " * (size // 39 + 1))[:size],
    "accents piled up": lambda size: "e" + "\u0301" * (size - 1),
    "blanks": lambda size: " \n\t\u00a0" * (size // 4),
    "joined emoji": lambda size: "👩‍👩‍👧‍👦" * (size // 7),
    "dots": lambda size: "." * size,
}


def peak() -> float:
    """The most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def held() -> float:
    """The memory that this process holds now, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def stream(documents: int) -> list[dict[str, int]]:
    """Read dispatches, each of them another one, and look at memory and speed on the way."""
    import porteparole

    paragraphs = (ROOT / "examples/depeche.txt").read_text(encoding="utf-8").split("\n\n")

    def texts() -> Iterator[str]:
        for k in range(documents):
            yield f"{paragraphs[k % len(paragraphs)].strip()} Dépêche {k}."

    tagger = porteparole.load(device="cpu")
    every = 256 * max(1, documents // (50 * 256))  # the tagger reads 256 documents together
    looks, started, characters, statements = [], time.perf_counter(), 0, 0
    for k, document in enumerate(tagger.stream(texts()), 1):
        characters += len(document.text)
        statements += len(document)
        if k % every == 0:
            now = time.perf_counter()
            speed = round(characters / (now - started))
            memory = {"held_mb": round(held()), "peak_mb": round(peak())}
            looks.append({"documents": k, "statements": statements, "characters_per_s": speed, **memory})
            started, characters = now, 0
    return looks


def poison(kind: str, sizes: list[int]) -> list[dict[str, Any]]:
    """Read poison documents of one kind, from short to long; memory is told above that after an ordinary one."""
    import porteparole

    tagger = porteparole.load(device="cpu")
    tagger.predict("Selon Kiev, la trêve tient.")
    before, rows = peak(), []
    for size in sizes:
        text = KINDS[kind](size)
        started, computed = time.perf_counter(), time.process_time()
        found = len(tagger.predict(text))
        rows.append(
            {
                "characters": len(text),
                "statements": found,
                "seconds": round(time.perf_counter() - started, 3),
                "cpu_seconds": round(time.process_time() - computed, 3),
                "extra_mb": round(peak() - before, 1),
            }
        )
        print(kind, rows[-1], flush=True)
    return rows


def alone(act: Callable[..., Any], *arguments: object) -> Any:
    """Do it in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(act, arguments)


def main() -> None:
    """Measure; the file is written after each step, with all that is known so far."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100_000, help="0 leaves them out")
    parser.add_argument("--most", type=int, default=10_000_000, help="characters of the longest poison; 0: none")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "benchmarks/reliability.json")
    parser.add_argument("--note", default="", help="what else the machine did meanwhile")
    asked = parser.parse_args()
    report: dict[str, Any] = {
        "command": f"python benchmarks/reliability.py --documents {asked.documents} --most {asked.most}",
        "note": asked.note,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "threads": os.environ.get("OMP_NUM_THREADS", "as torch chooses"),
        "versions": {name: version(name) for name in ("porteparole", "torch", "transformers", "tokenizers")},
        "poison": {},
    }

    def save() -> None:
        asked.output.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    sizes = [size for size in (1_000, 10_000, 100_000, 1_000_000, 10_000_000) if size <= asked.most]
    for kind in KINDS if sizes else ():
        report["poison"][kind] = alone(poison, kind, sizes)
        save()
    if asked.documents:
        report["stream"] = alone(stream, asked.documents)
        print(report["stream"][0], report["stream"][-1])
        save()


if __name__ == "__main__":
    main()
