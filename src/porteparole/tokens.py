"""Texts to labelled spans, by a plain token classifier of transformers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from .analyzer import check_text
from .classified import LabelledSpan, Marking
from .config import WindowConfig
from .decode import FloatArray, log_softmax, spans_of, viterbi
from .encode import Encoder, TextWindow
from .forward import load_model, logits_of
from .labels import iob2_transitions
from .losses import IGNORED
from .plain import read_plain

__all__ = ["TokenClassifier", "iob2_names", "token_examples"]


def iob2_names(labels: Sequence[str]) -> list[str]:
    """Return the names of the tags, as transformers' pipelines read them: ``O``, ``B-x``, ``I-x``, …"""
    return ["O", *(f"{prefix}-{label}" for label in labels for prefix in "BI")]


def token_examples(
    texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int, str]]], encoder: Encoder, labels: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield one example a window: ``input_ids``, ``labels`` (a tag for each token of its own words) and ``length``.

    `TokenClassifier` reads each word's first token only; the others are learnt for transformers' own pipelines.

    Args:
        texts: raw texts.
        spans: start, end and label of each span of each text; the words that a span touches are its.
        encoder: cuts texts into windows.
        labels: what there is to tell apart.
    """
    for window in encoder.windows(texts):
        words: NDArray[np.int64] = np.zeros(len(window.first), dtype=np.int64)
        for start, end, label in spans[window.text_index]:
            first = int(np.searchsorted(window.spans[:, 1], start, side="right"))
            last = int(np.searchsorted(window.spans[:, 0], end, side="left"))
            if first < last:
                words[first:last] = 2 * labels.index(label) + 2
                words[first] -= 1
        place = np.arange(len(window.tokens))
        word = np.searchsorted(window.first, place, side="right") - 1
        own = (word >= window.own_start) & (word < window.own_end) & (place < len(place) - 1)
        tags = np.where(own, words[word] + words[word] % 2, IGNORED)  # inside its span, but for …
        mine = slice(window.own_start, window.own_end)
        tags[window.first[mine]] = words[mine]  # … a word's first token, which may begin it
        yield {"input_ids": window.tokens, "labels": tags, "length": len(tags)}


class TokenClassifier:
    """Finds labelled spans in texts. Made by `porteparole.load`.

    Args:
        model: any `…ForTokenClassification` whose config names IOB2 tags, as `iob2_names` gives them.
        tokenizer: the model's own.
        window: how texts are cut.
    """

    def __init__(self, model: Any, tokenizer: Tokenizer, window: WindowConfig) -> None:
        self._model = model
        self._encoder = Encoder(tokenizer, budget=window.tokens, overlap=window.overlap)
        tags = [model.config.id2label[k] for k in range(model.config.num_labels)]
        self.labels: tuple[str, ...] = tuple(tag[2:] for tag in tags[1::2])
        self._steps = iob2_transitions([0.0] * len(self.labels))

    @classmethod
    def load(cls, folder: Path, device: torch.device, dtype: torch.dtype) -> TokenClassifier:
        """Load what `fit_token` wrote.

        Raises:
            BundleError: a file is missing or damaged.
        """
        manifest = read_plain(folder)
        model, tokenizer = load_model(folder, "TokenClassification", device, dtype)
        return cls(model, tokenizer, manifest.window)

    @overload  # a str is itself an Iterable[str]
    def predict(self, texts: str) -> Marking: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, texts: Iterable[str]) -> list[Marking]: ...
    def predict(self, texts: str | Iterable[str]) -> Marking | list[Marking]:
        """Return the spans of one text, or of each of many.

        Raises:
            InputError: an item is no text.
        """
        if isinstance(texts, str):
            return self.predict([texts])[0]
        items = [check_text(text, f"text {k}") for k, text in enumerate(texts)]
        found: list[list[LabelledSpan]] = [[] for _ in items]
        windows = list(self._encoder.windows(items))
        for window, logits in zip(windows, logits_of(self._model, [w.tokens.tolist() for w in windows]), strict=True):
            found[window.text_index] += self._spans(items[window.text_index], window, logits)
        return [Marking(text, tuple(spans)) for text, spans in zip(items, found, strict=True)]

    def _spans(self, text: str, window: TextWindow, logits: FloatArray) -> Iterator[LabelledSpan]:
        """The spans that begin in the words that a window owns. Shape of the logits: (tokens, tags)."""
        chances = log_softmax(logits[window.first])
        for _, label, start, end in spans_of(viterbi(chances[None], self._steps, np.array([len(chances)]))):
            if window.own_start <= start < window.own_end:
                tags = [2 * label + 1, *[2 * label + 2] * (end - start - 1)]
                score = float(np.exp(chances[np.arange(start, end), tags].mean()))
                first, last = int(window.spans[start, 0]), int(window.spans[end - 1, 1])
                yield LabelledSpan(self.labels[label], first, last, text[first:last], score)
