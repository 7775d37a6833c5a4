"""docs/performance.md, rendered from docs/performance.json; a test compares them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"
FIGURES = DOCS / "performance.json"
PAGE = DOCS / "performance.md"


def read() -> dict[str, Any]:
    """Return the figures as they are committed."""
    return json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}


def write(figures: dict[str, Any]) -> None:
    """Put new figures beside those of the other script, and render the page."""
    figures = read() | figures
    FIGURES.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(render(figures), encoding="utf-8")


def render(figures: dict[str, Any]) -> str:
    """Return the page."""
    parts = [_HEAD, *(section(figures) for key, section in _SECTIONS.items() if key in figures)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


_HEAD = """
# How fast it reads

`benchmarks/engine.py` and `benchmarks/agreement.py` render this page from `docs/performance.json`, which they write.
"""


def _machine(figures: dict[str, Any]) -> str:
    machine, text = figures["machine"], figures["text"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    return f"""
Machine: {machine["cpu"]}, {machine["cores"]} cores, {", ".join(machine["flags"])};
Python {machine["python"]}, {packages}.
Text: {text["passages"]} passages of `{text["file"]}`, {_count(text["words"])} words (what blanks separate),
{_count(text["tokens"])} tokens. Contenders take turns in one process; medians of {figures["rounds"]} rounds.
There was no GPU to measure on.
"""


def _speed(figures: dict[str, Any]) -> str:
    parts = ["## Side by side"]
    for threads, found in figures["speed"].items():
        base = found["words"]["one pass, transformers pipeline"]
        limit = found["ceiling"]
        rows = [
            (
                name,
                _count(rate),
                f"{rate / base:.1f}",
                _percent(found["tokens"][name] / limit["bf16" if "bf16" in name else "fp32"])
                if name.startswith("one pass") and "int8" not in name
                else "",
            )
            for name, rate in sorted(found["words"].items(), key=lambda item: -item[1])
        ]
        parts.append(f"On {threads} {'thread' if threads == '1' else 'threads'}:")
        parts.append(_table(("", "words/s", "times transformers' default", "of the matmul ceiling"), rows))
        ceiling = ", ".join(f"{_count(tokens)} tokens/s in {name}" for name, tokens in limit.items())
        parts.append(f"Ceiling: the encoder's matrices alone, at the speed of torch's own product: {ceiling}.")
    parts.append("""
*predict* is everything, from text to documents. *One pass* is the encoder and one tagger, which is what transformers'
token-classification pipeline does with the same weights (in fp32). spaCy's pipeline tags and parses, and finds no
statements.
""")
    return "\n\n".join(part.strip() for part in parts)


def _attention(figures: dict[str, Any]) -> str:
    found, compiled = figures["attention"], figures["compiled"]
    faster = found["eager"] / found["sdpa"] - 1
    return f"""
## What was tried on one thread in bf16

- Attention as plain matrix products reads {_count(found["eager"])} tokens/s, torch's fused kernel
  {_count(found["sdpa"])} ({_percent(faster)} between them). `device.inference_attention` picks the first on a CPU
  that has bf16 but no AMX.
- `torch.compile` reads {_count(compiled["compiled"])} tokens/s, plain torch {_count(compiled["plain"])};
  its first call takes {compiled["first call"]:.0f} s. It is not in the library.
"""


def _budgets(figures: dict[str, Any]) -> str:
    found, picked = figures["budgets"], figures["picked"]
    names = [f"{name} {picked[name]}" for name in found]
    rows = [
        (size, *(_count(found[name][size]["tokens"]) for name in found), _percent(found["torch"][size]["padding"]))
        for size in found["torch"]
    ]
    return "## Token budget of a batch\n\nOne pass, tokens/s:\n\n" + _table(("budget", *names, "padding"), rows)


def _lengths(figures: dict[str, Any]) -> str:
    found, picked = figures["lengths"], figures["picked"]
    rows = [(_count(int(size)), *(_count(found[name][size]) for name in found)) for size in found["torch"]]
    names = [f"{name} {picked[name]}" for name in found]
    return "## Length of the texts\n\n`predict`, words/s:\n\n" + _table(("characters", *names), rows)


def _latency(figures: dict[str, Any]) -> str:
    found, picked = figures["latency"], figures["picked"]
    rows = [
        (f"{name} {picked[name]}", *(f"{1000 * each[cut]:.0f} ms" for cut in ("p50", "p95")))
        for name, each in found.items()
    ]
    return "## One call on one sentence\n\n" + _table(("", "p50", "p95"), rows)


def _start(figures: dict[str, Any]) -> str:
    found, picked = figures["start"], figures["picked"]
    stages = list(found["torch"])
    rows = [(f"{name} {picked[name]}", *(f"{each[stage]:.2f} s" for stage in stages)) for name, each in found.items()]
    return (
        "## A fresh process\n\nWith torch, *load* is for the most part the import of torch and transformers.\n\n"
        + _table(("", *stages), rows)
    )


def _stages(figures: dict[str, Any]) -> str:
    found, picked = figures["stages"], figures["picked"]
    stages = list(found["torch"])
    rows = [(f"{name} {picked[name]}", *(_percent(each[stage]) for stage in stages)) for name, each in found.items()]
    operations = _table(
        ("torch operation", "share"), ((f"`{key}`", _percent(x)) for key, x in figures["operations"].items())
    )
    return f"""
## Where the time goes

{_table(("", *stages), rows)}

Texts are not cut and documents not built beside the model in a thread of their own: on a CPU the model takes all
cores, so all that this could save is the first and the last column.

{operations}
"""


def _agreement(figures: dict[str, Any]) -> str:
    found = figures["agreement"]
    names = list(found["headline"])
    measures = list(found["headline"]["torch fp32"])
    rows = [(measure, *(f"{found['headline'][name][measure]:.4f}" for name in names)) for measure in measures]
    worst = {
        name: max(abs(found["headline"][name][m] - found["headline"]["torch fp32"][m]) for m in measures)
        for name in names
    }
    rows.append(("largest difference to the first", *(f"{100 * worst[name]:.2f} points" for name in names)))
    return f"""
## The same answers

Labels and spans are the same in fp32 whatever the budget, the company, the order and the backend
(`tests/unit/test_engine.py`, `tests/unit/test_onnx.py`). F1, or accuracy for the act, on `{found["file"]}`,
{found["documents"]} passages, by `benchmarks/agreement.py`:

{_table(("", *names), rows)}
"""


_SECTIONS = {
    "machine": _machine,
    "speed": _speed,
    "attention": _attention,
    "budgets": _budgets,
    "lengths": _lengths,
    "latency": _latency,
    "start": _start,
    "stages": _stages,
    "agreement": _agreement,
}
