"""The stance of a text to any target: a plain sequence classifier over (text, target) pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from tokenizers import Tokenizer

from .backend import PairBackend
from .batching import Batcher, pad
from .decode import FloatArray, softmax
from .errors import InputError

__all__ = ["StanceClassifier"]


class StanceClassifier:
    """Judges pairs with a sequence classifier.

    A text that is too long for one pass is read in windows that overlap; the window that is surest of
    an attitude speaks for the text, so nothing is cut off unread.

    Args:
        backend: computes it.
        tokenizer: the model's own, which knows how to join a pair.
        labels: what its logits stand for, in their order.
        pad_token: the model's padding token.
        max_tokens: the most tokens of a pair that the model reads at once.
    """

    def __init__(
        self,
        backend: PairBackend,
        tokenizer: Tokenizer,
        labels: tuple[str, ...],
        *,
        pad_token: int,
        max_tokens: int = 256,
    ) -> None:
        self.labels = labels
        self._backend = backend
        self._batcher = Batcher(backend.token_budget)
        self._pad_token = pad_token
        self._max_tokens = max_tokens
        self._pair_tokens = len(tokenizer.encode("", "").ids)
        self._tokenizer = Tokenizer.from_str(tokenizer.to_str())
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens, stride=max_tokens // 4, strategy="only_first")
        self._neutral = labels.index("neutral") if "neutral" in labels else None

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

        def work(batch: list[int]) -> None:
            ids = [np.array(rows[k][1], dtype=np.int64) for k in batch]
            logits[batch] = self._backend.judge(pad(ids, self._pad_token), pad([np.ones_like(row) for row in ids], 0))

        self._batcher.run([len(ids) for _, ids in rows], work)
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
