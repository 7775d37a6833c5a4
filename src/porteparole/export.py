"""A bundle's models as ONNX graphs, in fp32 and in int8."""

from __future__ import annotations

import logging
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from tqdm import tqdm

from .bundle import Bundle
from .errors import DependencyError, InputError
from .files import new_folder
from .tagger import load
from .torch_backend import TorchPairs, TorchStatements

__all__ = ["export_onnx"]


def export_onnx(bundle: Bundle, output: Path | None = None) -> Path:
    """Write the graphs that `load(…, backend="onnx")` reads, and check that they do what the models do.

    In int8 the weights of the matrix products are quantised channel by channel, their inputs as they come.

    Args:
        bundle: what to export.
        output: put the graphs into a copy of the bundle here; by default into the bundle itself.

    Returns:
        The folder of the bundle that has the graphs.

    Raises:
        BundleError: a file is damaged, or a graph fails the bundle's golden check.
        DependencyError: the extra ``onnx`` is not installed.
        InputError: `output` is there already.
    """
    _require_onnx()
    if output is not None:
        if output.exists():
            raise InputError(f"{output}: is there already; name a folder that is not, or take it away first")
        shutil.copytree(bundle.path, output)
        bundle = Bundle.read(output)
    with new_folder(bundle.graph("words", "fp32").parent) as folder, _quiet():
        for graph in tqdm(_graphs(bundle), total=3 if bundle.has_stance else 2, unit="graph", disable=None):
            plain = folder / bundle.graph(graph.name, "fp32").name
            _write(graph, plain)
            _quantise(plain, folder / bundle.graph(graph.name, "int8").name)
    for dtype in ("fp32", "int8"):
        load(bundle.path, backend="onnx", dtype=dtype)  # its golden check speaks
    return bundle.path


class _Graph(NamedTuple):
    """A module with an example of its inputs; which sizes may change is in `_FREE`."""

    name: str
    module: nn.Module
    inputs: dict[str, Tensor]
    outputs: list[str]


def _graphs(bundle: Bundle) -> Iterator[_Graph]:
    # Attention is written out: the fused kernel's graph guards against rows that see nothing, which we never have.
    model = TorchStatements.load(bundle).model
    model.encoder.set_attn_implementation("eager")  # type: ignore[operator]
    tokens = torch.tensor([[7, 8, 9, 10, 11], [7, 8, 9, 10, 11]])
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    first = torch.tensor([[1, 2, 3], [1, 2, 0]])
    yield _Graph("words", _Words(model), {"tokens": tokens, "mask": mask, "first": first}, ["words", "cues"])
    width: int = model.encoder.config.hidden_size  # type: ignore[union-attr, assignment]
    places = {"rows": torch.tensor([0, 1, 1]), "starts": torch.tensor([0, 0, 1]), "ends": torch.tensor([2, 1, 2])}
    inputs = {"words": torch.zeros(2, 4, width), "mask": torch.ones(2, 4, dtype=torch.bool), **places}
    yield _Graph("heads", _Heads(model), inputs, ["roles", "act", "topics", "stances"])
    if bundle.has_stance:
        classifier = TorchPairs.load(bundle.stance, torch.device("cpu"), torch.float32).model
        classifier.set_attn_implementation("eager")
        yield _Graph("stance", _Pairs(classifier), {"tokens": tokens, "mask": mask}, ["logits"])


class _Words(nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor, mask: Tensor, first: Tensor) -> tuple[Tensor, Tensor]:
        words = self.model.read(tokens, mask, first)
        return words, self.model.heads.cues(words)


class _Heads(nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, words: Tensor, mask: Tensor, rows: Tensor, starts: Tensor, ends: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.model.heads(words, mask, rows, starts, ends))


class _Pairs(nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        logits: Tensor = self.model(input_ids=tokens, attention_mask=mask).logits
        return logits


# The sizes of the inputs that change from batch to batch; only the width of a word vector is fixed.
_FREE = {"words": 2, "mask": 2, "tokens": 2, "first": 2, "rows": 1, "starts": 1, "ends": 1}


def _write(graph: _Graph, path: Path) -> None:
    free = torch.export.Dim.DYNAMIC
    torch.onnx.export(
        graph.module.eval(),
        tuple(graph.inputs.values()),
        path,
        input_names=list(graph.inputs),
        output_names=graph.outputs,
        dynamic_shapes=tuple(dict.fromkeys(range(_FREE[name]), free) for name in graph.inputs),
        external_data=False,
        dynamo=True,
        verbose=False,
    )


def _quantise(plain: Path, quantised: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        plain, quantised, op_types_to_quantize=["MatMul", "Gemm"], weight_type=QuantType.QInt8, per_channel=True
    )


def _require_onnx() -> None:
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise DependencyError(f'export to ONNX needs {error.name}: pip install "porteparole[onnx]"') from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter from talking of its own insides."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)
