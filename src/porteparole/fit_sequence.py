"""Training a plain classifier of texts, or of pairs of texts, on labels of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .config import SequenceConfig, WindowConfig
from .fit_plain import Plain, fit_plain
from .plain import PlainManifest
from .sequence import SequenceClassifier, sequence_tokens
from .splits import Row

__all__ = ["fit_sequence"]


def fit_sequence(config: SequenceConfig, *, resume: bool = False) -> Path:
    """Train a sequence classifier and write it to `config.output`, a folder that transformers' pipelines load too.

    Args:
        config: what to learn from, and how.
        resume: go on from the last checkpoint of a run that was interrupted.

    Returns:
        The model's folder.

    Raises:
        ConfigError: the encoder cannot be loaded.
        DataError: a table has faults; they are listed.
        DependencyError: the extra ``train`` is not installed.
    """
    return fit_plain(config, lambda labels, tokenizer: _Sequence(labels, tokenizer, config), resume=resume)


class _Sequence(Plain):
    kind = "SequenceClassification"

    def __init__(self, labels: Sequence[str], tokenizer: Any, config: SequenceConfig) -> None:
        super().__init__(labels, tokenizer)
        self._multi = config.multi_label
        self.manifest = PlainManifest(
            task="sequence",
            name=config.output.name,
            pair=config.data.pair is not None,
            multi_label=config.multi_label,
            window=WindowConfig(tokens=config.max_tokens, overlap=0),
        )

    def model_settings(self) -> tuple[Sequence[str], dict[str, Any]]:
        kind = "multi_label_classification" if self._multi else "single_label_classification"
        return self.labels, {"problem_type": kind}

    def examples(self, rows: Sequence[Row]) -> Any:
        from datasets import Dataset

        tokens = sequence_tokens(self.tokenizer.backend_tokenizer, self._items(rows), self.manifest.window.tokens)
        labels = [
            [float(label in row.labels) for label in self.labels] if self._multi else self.labels.index(row.labels[0])
            for row in rows
        ]
        return Dataset.from_dict({"input_ids": tokens, "labels": labels, "length": [len(ids) for ids in tokens]})

    def collator(self) -> Any:
        from transformers import DataCollatorWithPadding

        return DataCollatorWithPadding(self.tokenizer, pad_to_multiple_of=16)

    def classifier(self, model: Any) -> SequenceClassifier:
        return SequenceClassifier(model, self.tokenizer.backend_tokenizer, self.manifest)

    def scores(self, classifier: SequenceClassifier, rows: Sequence[Row]) -> dict[str, Any]:
        import numpy as np
        from sklearn.metrics import accuracy_score, f1_score

        chances = classifier.chances(self._items(rows))
        truth = np.array([[label in row.labels for label in self.labels] for row in rows])
        found = chances > 0.5 if self._multi else np.eye(len(self.labels), dtype=bool)[chances.argmax(axis=1)]
        by_label = f1_score(truth, found, average=None, zero_division=0)
        return {
            "n": len(rows),
            "accuracy": float(accuracy_score(truth, found)),
            "macro_f1": float(by_label.mean()),
            "labels": {label: float(value) for label, value in zip(self.labels, by_label, strict=True)},
        }

    def score(self, scores: dict[str, Any]) -> float:
        return float(scores["macro_f1"])

    @staticmethod
    def _items(rows: Sequence[Row]) -> list[str | tuple[str, str]]:
        return [row.text if row.pair is None else (row.text, row.pair) for row in rows]
