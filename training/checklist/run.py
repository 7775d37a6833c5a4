#!/usr/bin/env python3
"""Ask a model everything on the check lists, print rates and failures, and write results.json.

usage: python training/checklist/run.py [BUNDLE]

BUNDLE is a model folder or hub id; without it, the model that comes with the package is asked.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import checks  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402
from tqdm import tqdm  # noqa: E402

import porteparole  # noqa: E402
from porteparole.data import read_jsonl  # noqa: E402
from porteparole.files import write_atomically  # noqa: E402

LISTS = ("minimum", "stance", "direction", "invariance", "bias", "speakers")
Rates = dict[str, dict[str, dict[str, float]]]


def read_lists() -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each list, by its name."""
    return {name: [row for _, row in read_jsonl(HERE / f"{name}.jsonl")] for name in LISTS}


def ask(tagger: porteparole.Tagger, lists: Mapping[str, Sequence[checks.Row]]) -> list[checks.Outcome]:
    """Put every row to a model."""
    outcomes: list[checks.Outcome] = []
    with tqdm(total=sum(len(lists[name]) for name in LISTS[:-1]), unit="row", disable=None) as bar:
        for name in LISTS[:-1]:
            for row in lists[name]:
                more = (lists["speakers"],) if name == "bias" else ()
                outcomes += getattr(checks, name)(tagger, [row], *more)
                bar.update()
    return outcomes


def rates(outcomes: Iterable[checks.Outcome]) -> Rates:
    """Return ``{"rate", "n"}`` of each label of each list, and of the list as a whole as ``all``."""
    right: defaultdict[str, defaultdict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for outcome in outcomes:
        for label in ("all", outcome.label):
            right[outcome.list][label].append(outcome.wanted == outcome.got)
    return {
        name: {
            label: {"rate": round(sum(hits) / len(hits), 4), "n": len(hits)}
            for label, hits in sorted(labels.items(), key=lambda item: (item[0] != "all", item[0]))
        }
        for name, labels in right.items()
    }


def show(found: Rates, outcomes: Iterable[checks.Outcome], console: Console) -> None:
    """Print the rates as a table, then the failures, like ones together."""
    shown = Table("list", "label")
    for heading in ("rate", "n"):
        shown.add_column(heading, justify="right")
    for name, labels in found.items():
        for label, row in labels.items():
            shown.add_row(name, label, f"{row['rate']:.3f}", str(row["n"]))
        shown.add_section()
    console.print(shown)
    failures: defaultdict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.wanted != outcome.got:
            failures[outcome.list, outcome.label, outcome.wanted, outcome.got].append(outcome.id)
    for (name, label, wanted, got), ids in failures.items():
        said = f"{name}, {label}: wanted {wanted!r}, got {got!r}: {len(ids)} ({', '.join(dict.fromkeys(ids))})"
        console.print(said, markup=False, highlight=False, soft_wrap=True)


def main() -> None:
    # One device and one precision, so that two machines tell the same.
    tagger = porteparole.load(*sys.argv[1:2], device="cpu", dtype="fp32")
    outcomes = ask(tagger, read_lists())
    found = rates(outcomes)
    show(found, outcomes, Console())
    report = {"model": tagger.describe()["model"], "lists": found}
    write_atomically(HERE / "results.json", json.dumps(report, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
