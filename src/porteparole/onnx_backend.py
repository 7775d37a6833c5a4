"""The models, computed by ONNX Runtime on the CPU, from the graphs that `porteparole export` wrote."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .backend import BoolArray, FloatArray, HeadLogits, IntArray, Models, Running
from .bundle import Bundle
from .errors import BundleError, DependencyError, InputError

__all__ = ["OnnxPairs", "OnnxStatements", "open_onnx"]

_DTYPES = {"int8": "as asked", "fp32": "as asked", "auto": "int8 is faster, but loses accuracy: ask for it"}


def open_onnx(bundle: Bundle, *, device: str, dtype: str) -> Models:
    """Load a bundle's exported models; see `porteparole.tagger.load`.

    Raises:
        BundleError: there are none, or they are damaged.
        DependencyError: the extra ``onnx`` is not installed.
        InputError: there is no such device or dtype.
    """
    if device not in ("auto", "cpu"):
        raise InputError(f'device {device!r}: backend "onnx" computes on the CPU; use backend="torch" for a GPU')
    if dtype not in _DTYPES:
        raise InputError(f'dtype {dtype!r}: expected {", ".join(_DTYPES)} with backend "onnx"')
    name = "fp32" if dtype == "auto" else dtype
    return Models(
        running=Running("onnx", "cpu", name, _DTYPES[dtype], _threads()),
        statements=OnnxStatements(bundle, name),
        open_stances=lambda: OnnxPairs(bundle, name),
    )


class OnnxStatements:
    """The two graphs of a statement model.

    Args:
        bundle: where they lie.
        dtype: ``fp32`` or ``int8``.

    Raises:
        BundleError: there are none, or they are damaged.
        DependencyError: the extra ``onnx`` is not installed.
    """

    token_budget = 1024

    def __init__(self, bundle: Bundle, dtype: str) -> None:
        self._read = _session(bundle, "words", dtype)
        self._heads = _session(bundle, "heads", dtype)

    def read(self, tokens: IntArray, mask: IntArray, first: IntArray) -> tuple[FloatArray, FloatArray]:
        """See `StatementBackend`."""
        words, cues = self._read.run(None, {"tokens": tokens, "mask": mask, "first": first})
        return words, cues

    def heads(self, words: FloatArray, mask: BoolArray, rows: IntArray, starts: IntArray, ends: IntArray) -> HeadLogits:
        """See `StatementBackend`."""
        inputs = {"words": words, "mask": mask, "rows": rows, "starts": starts, "ends": ends}
        return HeadLogits(*self._heads.run(None, inputs))


class OnnxPairs:
    """The graph of a stance classifier; see `OnnxStatements`."""

    token_budget = 1024

    def __init__(self, bundle: Bundle, dtype: str) -> None:
        self._judge = _session(bundle, "stance", dtype)

    def judge(self, tokens: IntArray, mask: IntArray) -> FloatArray:
        """See `PairBackend`."""
        logits: FloatArray = self._judge.run(None, {"tokens": tokens, "mask": mask})[0]
        return logits


def _threads() -> int:
    """Return how many threads an operation may take: OMP_NUM_THREADS, as torch does; 0 lets the library choose."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdigit() else 0


def _session(bundle: Bundle, graph: str, dtype: str) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise DependencyError('backend "onnx" needs onnxruntime: pip install "porteparole[onnx]"') from None
    path: Path = bundle.graph(graph, dtype)
    if not path.is_file():
        raise BundleError(f"{path}: no such file; write it with `porteparole export {bundle.path} --onnx`")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _threads()
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has an exception of its own for each fault
        raise BundleError(f"{path}: cannot be loaded, export it again: {error}") from None
