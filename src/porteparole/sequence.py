"""Texts, or pairs of texts, to labels, by a plain sequence classifier of transformers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
import torch
from tokenizers import Tokenizer

from .analyzer import check_text
from .classified import Classification, Label
from .decode import FloatArray, sigmoid, softmax
from .errors import InputError
from .forward import load_model, logits_of
from .plain import PlainManifest, read_plain

__all__ = ["SequenceClassifier", "sequence_tokens"]

Item = str | tuple[str, str]


def sequence_tokens(tokenizer: Tokenizer, texts: Sequence[Item], max_tokens: int) -> list[list[int]]:
    """Return the token ids of each text or pair; of one that is too long, the longer part is cut at its end."""
    own = Tokenizer.from_str(tokenizer.to_str())
    own.no_padding()
    own.enable_truncation(max_tokens, strategy="longest_first")
    return [encoding.ids for encoding in own.encode_batch(list(texts))]


class SequenceClassifier:
    """Labels texts, or pairs of texts. Made by `porteparole.load`.

    Args:
        model: any `…ForSequenceClassification`; its config names the labels.
        tokenizer: the model's own.
        manifest: what the model was trained for.
    """

    def __init__(self, model: Any, tokenizer: Tokenizer, manifest: PlainManifest) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._manifest = manifest
        self.labels: tuple[str, ...] = tuple(model.config.id2label[k] for k in range(model.config.num_labels))

    @classmethod
    def load(cls, folder: Path, device: torch.device, dtype: torch.dtype) -> SequenceClassifier:
        """Load what `fit_sequence` wrote.

        Raises:
            BundleError: a file is missing or damaged.
        """
        manifest = read_plain(folder)
        model, tokenizer = load_model(folder, "SequenceClassification", device, dtype)
        return cls(model, tokenizer, manifest)

    @overload  # a str is itself an Iterable[str]
    def predict(self, texts: str) -> Classification: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, texts: Iterable[Item]) -> list[Classification]: ...
    def predict(self, texts: str | Iterable[Item]) -> Classification | list[Classification]:
        """Return the labels of one text, or of each of many; of a model of pairs, of each ``(text, pair)`` in a list.

        Raises:
            InputError: an item is no text, or no pair where the model reads pairs.
        """
        if isinstance(texts, str):
            return self.predict([texts])[0]
        items = [self._checked(item, k) for k, item in enumerate(texts)]
        chances = self.chances(items)
        return [self._said(item, row) for item, row in zip(items, chances, strict=True)]

    def chances(self, items: Sequence[Item]) -> FloatArray:
        """Return the probability of each label. Shape: (items, labels)."""
        tokens = sequence_tokens(self._tokenizer, items, self._manifest.window.tokens)
        rows = logits_of(self._model, tokens)
        logits = np.stack(rows) if rows else np.zeros((0, len(self.labels)), dtype=np.float32)
        return sigmoid(logits) if self._manifest.multi_label else softmax(logits)

    def _checked(self, item: object, k: int) -> Item:
        if not self._manifest.pair:
            return check_text(item, f"text {k}")
        if not (isinstance(item, tuple) and len(item) == 2):
            raise InputError(f"text {k}: this model reads pairs: expected a tuple of two texts, got {item!r:.60}")
        return check_text(item[0], f"text {k}"), check_text(item[1], f"pair {k}")

    def _said(self, item: Item, chances: FloatArray) -> Classification:
        order = np.argsort(-chances, kind="stable")
        kept = [k for k in order if chances[k] > 0.5] if self._manifest.multi_label else order[:1]
        labels = tuple(Label(self.labels[k], float(chances[k])) for k in kept)
        scores = {label: float(chance) for label, chance in zip(self.labels, chances, strict=True)}
        text, pair = (item, None) if isinstance(item, str) else item
        return Classification(text, labels, scores, pair)
