"""Plain classifiers of transformers: loaded, and run over token ids by batches of a token budget."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from .batching import Batcher, pad
from .decode import FloatArray
from .errors import BundleError
from .pretrained import quiet_transformers
from .torch_backend import token_budget_of

__all__ = ["load_model", "logits_of"]


def load_model(folder: Path, kind: str, device: torch.device, dtype: torch.dtype) -> tuple[Any, Tokenizer]:
    """Load what `save_pretrained` wrote, in evaluation mode.

    Args:
        folder: holds the model and its tokenizer.json.
        kind: of transformers' auto classes, e.g. ``SequenceClassification``.
        device: where to compute.
        dtype: in which precision.

    Raises:
        BundleError: a file is damaged.
    """
    import transformers

    try:
        with quiet_transformers():
            model = getattr(transformers, f"AutoModelFor{kind}").from_pretrained(
                folder, dtype=dtype, use_safetensors=True, trust_remote_code=False
            )
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # transformers and tokenizers raise bare exceptions of many kinds
        raise BundleError(f"{folder}: cannot be loaded, copy it again: {error}") from None
    return model.to(device).eval(), tokenizer


def logits_of(model: Any, rows: Sequence[Sequence[int]]) -> list[FloatArray]:
    """Return a classifier's logits for each row of token ids.

    Args:
        model: on its device, in evaluation mode.
        rows: token ids, special ones included.

    Returns:
        One array a row. Shape: (labels,) of a sequence classifier, (tokens, labels) of a token classifier.
    """
    found: list[FloatArray] = [np.zeros(0, dtype=np.float32)] * len(rows)
    device = next(model.parameters()).device

    def work(batch: list[int]) -> None:
        ids = pad([np.asarray(rows[k]) for k in batch], model.config.pad_token_id)
        mask = pad([np.ones(len(rows[k]), dtype=np.int64) for k in batch], 0)
        there = {"input_ids": torch.from_numpy(ids).to(device), "attention_mask": torch.from_numpy(mask).to(device)}
        logits = model(**there).logits.float().cpu().numpy()
        for row, k in enumerate(batch):
            found[k] = logits[row, : len(rows[k])] if logits.ndim == 3 else logits[row]

    with torch.inference_mode():
        Batcher(token_budget_of(model)).run([len(row) for row in rows], work)
    return found
