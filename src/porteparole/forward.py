"""Plain classifiers of transformers: loaded, and run over token ids by batches of a token budget."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from .decode import FloatArray
from .engine import batches, pick_token_budget
from .errors import BundleError
from .pretrained import quiet_transformers

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
    with torch.inference_mode():
        for batch in batches([len(row) for row in rows], pick_token_budget(device)):
            longest = max(len(rows[k]) for k in batch)
            ids = torch.full((len(batch), longest), model.config.pad_token_id)
            mask = torch.zeros_like(ids)
            for row, k in enumerate(batch):
                ids[row, : len(rows[k])] = torch.tensor(rows[k])
                mask[row, : len(rows[k])] = 1
            logits = model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits.float().cpu().numpy()
            for row, k in enumerate(batch):
                found[k] = logits[row, : len(rows[k])] if logits.ndim == 3 else logits[row]
    return found
