"""Who takes part in benchmarks/engine.py, and the machine's own limit."""

from __future__ import annotations

import os
import platform
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch

from porteparole.batching import batches, pad
from porteparole.bundle import Bundle
from porteparole.encode import TextWindow
from porteparole.model import StatementModel
from porteparole.tagger import Tagger, load

CEILINGS = {"fp32": torch.float32, "bf16": torch.bfloat16}


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    flags: set[str] = set()
    if info.exists():
        lines = dict(line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
        fields = {key.strip(): value.strip() for key, value in lines.items()}
        cpu = f"{fields['model name']} (family {fields['cpu family']}, model {fields['model']})"
        flags = set(fields["flags"].split())
    told = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8") if flag in flags]
    packages = ("torch", "transformers", "onnxruntime", "numpy")
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "flags": told,
        "python": platform.python_version(),
        "packages": {name: version(name) for name in packages},
    }


@contextmanager
def on_threads(count: int) -> Iterator[None]:
    """Give both libraries this many threads."""
    before, asked = torch.get_num_threads(), os.environ.get("OMP_NUM_THREADS")
    torch.set_num_threads(count)
    os.environ["OMP_NUM_THREADS"] = str(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        if asked is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = asked


def taggers(bundle: Bundle) -> dict[str, Tagger]:
    """Return each backend in each precision."""
    pairs = (("torch", "fp32"), ("torch", "bf16"), ("onnx", "fp32"), ("onnx", "int8"))
    return {
        f"{backend} {dtype}": load(bundle.path, device="cpu", backend=backend, dtype=dtype) for backend, dtype in pairs
    }


def windows(tagger: Tagger, texts: Sequence[str]) -> list[TextWindow]:
    return list(tagger.analyzer._encoder.windows(texts))


def one_pass(tagger: Tagger, windows: Sequence[TextWindow], budget: int | None = None) -> None:
    """Read the windows once, encoder and cue tagger: what a pipeline of transformers does with the same weights."""
    backend = tagger._models.statements
    for batch in batches([len(window.tokens) for window in windows], budget or backend.token_budget):
        rows = [windows[k] for k in batch]
        tokens = pad([row.tokens for row in rows], 1)
        backend.read(tokens, pad([np.ones_like(row.tokens) for row in rows], 0), pad([row.first for row in rows], 0))


def others(bundle: Bundle, texts: Sequence[str]) -> dict[str, Callable[[], object]]:
    """Return transformers' pipeline on the same encoder, and spaCy's French one if it is installed."""
    from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline
    from transformers.utils import logging

    logging.set_verbosity_error()  # the pipeline's classifier is fresh, which does not change its speed
    model = AutoModelForTokenClassification.from_pretrained(bundle.statements, num_labels=3, dtype=torch.float32)
    plain = pipeline("token-classification", model=model, tokenizer=AutoTokenizer.from_pretrained(bundle.statements))
    runs: dict[str, Callable[[], object]] = {
        "one pass, transformers pipeline": lambda: list(plain(list(texts))),
        "one pass, transformers pipeline, batch_size=32": lambda: list(plain(list(texts), batch_size=32)),
    }
    try:
        import spacy

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nlp = spacy.load("fr_core_news_md")
    except (ImportError, OSError):
        return runs
    return runs | {"spaCy fr_core_news_md": lambda: list(nlp.pipe(texts))}


def matmul_flops(dtype: torch.dtype) -> float:
    """Return how many operations a second a product of the encoder's shape reaches: the most a model can hope for."""
    left, right = torch.ones(1024, 384, dtype=dtype), torch.ones(384, 1536, dtype=dtype)
    times = []
    for _ in range(30):
        started = perf_counter()
        left @ right
        times.append(perf_counter() - started)
    return 2 * 1024 * 384 * 1536 / sorted(times)[len(times) // 2]


def flops_of_a_token(bundle: Bundle) -> int:
    """Return the operations that the encoder's matrices take for a token; attention is not counted."""
    model = StatementModel.load(bundle.statements, bundle.labels, bundle.manifest.heads)
    return sum(2 * part.weight.numel() for part in model.encoder.modules() if isinstance(part, torch.nn.Linear))


@contextmanager
def timed(tagger: Tagger) -> Iterator[dict[str, float]]:
    """Add up the seconds that the backend's two calls take."""
    backend: Any = tagger._models.statements
    seconds = {"read": 0.0, "heads": 0.0}

    def watch(name: str) -> Callable[..., Any]:
        call = getattr(backend, name)

        def watched(*inputs: Any) -> Any:
            started = perf_counter()
            out = call(*inputs)
            seconds[name] += perf_counter() - started
            return out

        return watched

    own = vars(backend)
    before = dict(own)
    own["read"], own["heads"] = watch("read"), watch("heads")
    try:
        yield seconds
    finally:
        own.clear()
        own.update(before)
