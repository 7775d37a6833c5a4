"""The stance of a text to any target: a plain sequence classifier over (text, target) pairs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from .decode import FloatArray, softmax
from .engine import batches, pick_token_budget
from .errors import BundleError, InputError
from .pretrained import check_weights, outline, quiet_transformers

__all__ = ["StanceClassifier"]


class StanceClassifier:
    """Judges pairs with a sequence classifier of transformers.

    A text that is too long for one pass is read in windows that overlap; the window that is surest of
    an attitude speaks for the text, so nothing is cut off unread.

    Args:
        model: any `…ForSequenceClassification`; its config names the labels.
        tokenizer: the model's own, which knows how to join a pair.
        max_tokens: the most tokens of a pair that the model reads at once.
        token_budget: the most tokens of a batch, padding counted; by default what suits the device.
    """

    def __init__(
        self, model: Any, tokenizer: Tokenizer, *, max_tokens: int = 256, token_budget: int | None = None
    ) -> None:
        self._model = model
        self._token_budget = token_budget or pick_token_budget(next(model.parameters()).device)
        self._max_tokens = max_tokens
        self._pair_tokens = len(tokenizer.encode("", "").ids)
        self._tokenizer = Tokenizer.from_str(tokenizer.to_str())
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens, stride=max_tokens // 4, strategy="only_first")
        self.labels: tuple[str, ...] = tuple(model.config.id2label[k] for k in range(model.config.num_labels))
        self._neutral = self.labels.index("neutral") if "neutral" in self.labels else None

    @classmethod
    def load(cls, folder: Path, device: torch.device, dtype: torch.dtype) -> StanceClassifier:
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
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except BundleError:
            raise
        except Exception as error:  # transformers and tokenizers raise bare exceptions of many kinds
            raise BundleError(f"{folder}: cannot be loaded, copy it again: {error}") from None
        return cls(model.to(device).eval(), tokenizer)

    def classify(self, pairs: Sequence[tuple[str, str]]) -> FloatArray:
        """Return the probability of each label for each (text, target) pair.

        Returns:
            Shape: (pairs, labels), labels in the order of `labels`.

        Raises:
            InputError: a target is empty or too long to leave room for a text.
        """
        for _, target in pairs:
            if not target.strip():
                raise InputError(
                    "target: expected a French noun phrase, e.g. 'la reprise du dialogue', got an empty text"
                )
        rows = self._windows(pairs)
        logits = np.zeros((len(rows), len(self.labels)), dtype=np.float32)
        device = next(self._model.parameters()).device
        with torch.inference_mode():
            for batch in batches([len(ids) for _, ids in rows], self._token_budget):
                longest = max(len(rows[k][1]) for k in batch)
                ids = np.full((len(batch), longest), self._model.config.pad_token_id, dtype=np.int64)
                mask = np.zeros_like(ids)
                for row, k in enumerate(batch):
                    ids[row, : len(rows[k][1])] = rows[k][1]
                    mask[row, : len(rows[k][1])] = 1
                inputs = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
                said = self._model(**{name: tensor.to(device) for name, tensor in inputs.items()}).logits
                logits[batch] = said.float().cpu().numpy()
        chances = softmax(logits)
        # Of a pair's windows, the one with the least neutral reading speaks.
        doubt = chances[:, self._neutral] if self._neutral is not None else -chances.max(axis=1)
        best: dict[int, int] = {}
        for row, (pair, _) in enumerate(rows):
            if pair not in best or doubt[row] < doubt[best[pair]]:
                best[pair] = row
        return chances[[best[pair] for pair in range(len(pairs))]]

    def _windows(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[int, list[int]]]:
        """Return ``(pair, token ids)`` of each window of each pair."""
        room = self._max_tokens - self._pair_tokens - self._max_tokens // 4 - 1
        for encoding, (_, target) in zip(
            self._tokenizer.encode_batch([target for _, target in pairs], add_special_tokens=False), pairs, strict=True
        ):
            if encoding.overflowing or len(encoding.ids) > room:
                raise InputError(
                    f"target: expected a noun phrase of at most {room} tokens, got {len(target)} characters: "
                    f"{target[:40]!r}…; is it the text?"
                )
        rows = []
        for pair, encoding in enumerate(self._tokenizer.encode_batch(list(pairs))):
            rows += [(pair, window.ids) for window in (encoding, *encoding.overflowing)]
        return rows
