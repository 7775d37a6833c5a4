"""Read spoilt texts for some minutes with the shipped model, and tell of each that breaks a rule of tests/offsets.py.

    python tests/fuzz.py MINUTES [-o benchmarks/fuzz.json]

A text that breaks one is printed as a line for tests/nasty/texts.jsonl; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import porteparole
from offsets import faults, spans_of
from strategies import dispatches, texts


def main() -> None:
    """Fuzz, with other texts each time, until the minutes are over."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", type=float)
    parser.add_argument("-o", "--output", type=Path)
    asked = parser.parse_args()
    tagger = porteparole.load(device="cpu", dtype="fp32")
    report = {"minutes": 0.0, "texts": 0, "characters": 0, "statements": 0, "spans": 0, "findings": 0}

    def read(strange: list[str]) -> None:
        documents = tagger.predict(strange)
        for text, document in zip(strange, documents, strict=True):
            report["texts"] += 1
            report["characters"] += len(text)
            report["statements"] += len(document)
            report["spans"] += sum(1 for statement in document for _ in spans_of(statement))
            if found := faults(text, document):
                raise AssertionError("\n".join(found))

    readable = texts().map(lambda text: text.replace("\ud800", ""))
    started = time.monotonic()
    while time.monotonic() < started + 60 * asked.minutes:

        @seed(time.time_ns())
        @settings(max_examples=50, deadline=None, database=None, phases=[Phase.generate, Phase.shrink],
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(st.lists(dispatches() | readable, min_size=1, max_size=4))
        def round_of(strange: list[str]) -> None:
            try:
                read(strange)
            except Exception:
                round_of.last = strange  # the last one to fail is the smallest
                raise

        try:
            round_of()
        except Exception as error:
            report["findings"] += 1
            print(json.dumps({"id": str(error).splitlines()[0][:80], "text": "\n".join(round_of.last)}))
        report["minutes"] = round((time.monotonic() - started) / 60, 2)
    if asked.output:
        asked.output.write_text(
            json.dumps({"command": f"python tests/fuzz.py {asked.minutes:g}", **report}, indent=1) + "\n"
        )
    print(json.dumps(report))
    raise SystemExit(1 if report["findings"] else 0)


if __name__ == "__main__":
    main()
