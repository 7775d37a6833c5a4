"""The models, computed by torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .backend import BoolArray, FloatArray, HeadLogits, IntArray, Models, Running
from .bundle import Bundle
from .device import DTYPES, inference_attention, pick_device, pick_dtype, survive_forks
from .errors import BundleError
from .model import StatementModel
from .pretrained import check_weights, outline, quiet_transformers

__all__ = ["TorchPairs", "TorchStatements", "open_torch", "token_budget_of"]


def open_torch(bundle: Bundle, *, device: str, dtype: str) -> Models:
    """Load a bundle's models; see `porteparole.tagger.load`.

    Raises:
        BundleError: a file is damaged.
        InputError: there is no such device or dtype.
    """
    survive_forks()
    place = pick_device(device)
    name, why = pick_dtype(dtype, place)
    precision = DTYPES[name]
    attention = inference_attention(place, name)

    def open_stances() -> TorchPairs:
        stances = TorchPairs.load(bundle.stance, place, precision)
        stances.model.set_attn_implementation(attention)
        return stances

    statements = TorchStatements.load(bundle)
    statements.model.to(place, precision)
    statements.model.encoder.set_attn_implementation(attention)  # type: ignore[operator]
    return Models(Running("torch", str(place), name, why, torch.get_num_threads()), statements, open_stances)


class TorchStatements:
    """A `StatementModel`, used as it is: where it stands, in its dtype, in evaluation mode."""

    def __init__(self, model: StatementModel) -> None:
        self.model = model

    @classmethod
    def load(cls, bundle: Bundle) -> TorchStatements:
        """Load the statement model of a bundle, in fp32 on the CPU.

        Raises:
            BundleError: a file is damaged.
        """
        try:
            return cls(StatementModel.load(bundle.statements, bundle.labels, bundle.manifest.heads))
        except BundleError:
            raise
        except Exception as error:  # transformers raises bare exceptions of many kinds
            raise BundleError(f"{bundle.statements}: cannot be loaded, copy it again: {error}") from None

    @property
    def token_budget(self) -> int:
        """See `StatementBackend`."""
        return token_budget_of(self.model)

    def read(self, tokens: IntArray, mask: IntArray, first: IntArray) -> tuple[Tensor, FloatArray]:
        """See `StatementBackend`."""
        place = _place(self.model)
        with torch.inference_mode():
            words = self.model.read(_there(tokens, place), _there(mask, place), _there(first, place))
            return words, _back(self.model.heads.cues(words))

    def heads(self, words: Tensor, mask: BoolArray, rows: IntArray, starts: IntArray, ends: IntArray) -> HeadLogits:
        """See `StatementBackend`."""
        place = words.device
        with torch.inference_mode():
            said = self.model.heads(words, *(_there(array, place) for array in (mask, rows, starts, ends)))
            return HeadLogits(*map(_back, said))


class TorchPairs:
    """A `…ForSequenceClassification` of transformers, used as it is."""

    def __init__(self, model: Any) -> None:
        self.model = model

    @classmethod
    def load(cls, folder: Path, device: torch.device, dtype: torch.dtype) -> TorchPairs:
        """Load what `save_pretrained` wrote.

        Raises:
            BundleError: a file is damaged.
        """
        from transformers import AutoModelForSequenceClassification

        try:
            check_weights(folder, outline(AutoModelForSequenceClassification, folder))
            with quiet_transformers():
                model = AutoModelForSequenceClassification.from_pretrained(
                    folder, dtype=dtype, use_safetensors=True, trust_remote_code=False
                )
        except BundleError:
            raise
        except Exception as error:  # transformers raises bare exceptions of many kinds
            raise BundleError(f"{folder}: cannot be loaded, copy it again: {error}") from None
        return cls(model.to(device).eval())

    @property
    def token_budget(self) -> int:
        """See `PairBackend`."""
        return token_budget_of(self.model)

    def judge(self, tokens: IntArray, mask: IntArray) -> FloatArray:
        """See `PairBackend`."""
        place = _place(self.model)
        with torch.inference_mode():
            return _back(self.model(input_ids=_there(tokens, place), attention_mask=_there(mask, place)).logits)


def _place(model: nn.Module) -> torch.device:
    return next(model.parameters()).device


def token_budget_of(model: nn.Module) -> int:
    """On a CPU what its caches hold, on a GPU what keeps it busy."""
    return 1024 if _place(model).type == "cpu" else 16384


def _there(array: NDArray[Any], place: torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).to(place)


def _back(tensor: Tensor) -> FloatArray:
    out: FloatArray = tensor.float().cpu().numpy()
    return out
