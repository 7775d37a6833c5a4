"""Training a plain tagger of spans in texts, on labels of one's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .config import TokenConfig
from .encode import Encoder
from .fit_plain import Plain, fit_plain
from .metrics import Counts
from .plain import PlainManifest
from .splits import Row
from .tokens import TokenClassifier, iob2_names, token_examples

__all__ = ["fit_token"]


def fit_token(config: TokenConfig, *, resume: bool = False) -> Path:
    """Train a token classifier and write it to `config.output`, a folder that transformers' pipelines load too.

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
    return fit_plain(config, lambda labels, tokenizer: _Token(labels, tokenizer, config), resume=resume)


class _Token(Plain):
    kind = "TokenClassification"

    def __init__(self, labels: Sequence[str], tokenizer: Any, config: TokenConfig) -> None:
        super().__init__(labels, tokenizer)
        self.manifest = PlainManifest(task="token", name=config.output.name, window=config.window)

    def model_settings(self) -> tuple[Sequence[str], dict[str, Any]]:
        return iob2_names(self.labels), {}

    def examples(self, rows: Sequence[Row]) -> Any:
        from datasets import Dataset

        window = self.manifest.window
        encoder = Encoder(self.tokenizer.backend_tokenizer, budget=window.tokens, overlap=window.overlap)
        texts, spans = [row.text for row in rows], [row.spans for row in rows]
        return Dataset.from_list(list(token_examples(texts, spans, encoder, self.labels)))

    def collator(self) -> Any:
        from transformers import DataCollatorForTokenClassification

        return DataCollatorForTokenClassification(self.tokenizer, pad_to_multiple_of=16)

    def classifier(self, model: Any) -> TokenClassifier:
        return TokenClassifier(model, self.tokenizer.backend_tokenizer, self.manifest.window)

    def scores(self, classifier: TokenClassifier, rows: Sequence[Row]) -> dict[str, Any]:
        """Exact spans, with their labels."""
        found = Counter(
            (k, span.start, span.end, span.label)
            for k, marking in enumerate(classifier.predict(row.text for row in rows))
            for span in marking.spans
        )
        gold = Counter((k, *span) for k, row in enumerate(rows) for span in row.spans)
        counts = {label: Counts() for label in self.labels}
        for counter in (found, gold):
            for *_, label in counter:
                counts[label].add(0, int(counter is found), int(counter is gold))
        for *_, label in found & gold:
            counts[label].add(1, 0, 0)
        total = Counts()
        for one in counts.values():
            total.add(one.hit, one.predicted, one.gold)
        labels = {label: one.to_dict() for label, one in counts.items()}
        macro = sum(row["f1"] for row in labels.values()) / max(1, len(labels))
        return {"n": len(rows), "micro_f1": total.to_dict()["f1"], "macro_f1": macro, "labels": labels}

    def score(self, scores: dict[str, Any]) -> float:
        return float(scores["micro_f1"])
