"""Thresholds of single topics, where there are enough examples and they pay.

A threshold fitted to a few dozen examples fits them, not the topic. So each is drawn towards the common one, the
more the fewer examples there are, and all are dropped unless they raise F1 clearly on documents that did not
choose them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["own_thresholds"]

FEWEST = 20  # annotated examples of a topic
PULL = 40  # examples that the common threshold weighs as much as
ROUNDS = 10  # of two-fold cross-validation
GAIN = 0.005  # of F1, from which on they pay

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def own_thresholds(logits: Floats, truth: Ints, group: Ints, topics: Sequence[str], common: float) -> dict[str, Any]:
    """Return the thresholds of the topics that should have their own.

    Args:
        logits: of each topic, for each statement. Shape: (statements, topics).
        truth: 1 where the statement is about the topic. Shape: (statements, topics).
        group: the document of each statement. Shape: (statements,).
        topics: their names.
        common: the threshold of all others, a probability.

    Returns:
        ``{"common", "own": {topic: probability}, "f1_common", "f1_own"}``: micro-F1 on statements that were found,
        cross-validated; ``own`` is empty unless ``f1_own`` is higher by `GAIN`.
    """
    start = float(np.log(common) - np.log1p(-common))
    chooser = np.random.default_rng(0)
    f1_common, f1_own = [], []
    for _ in range(ROUNDS):
        left = np.isin(group, chooser.permutation(np.unique(group))[::2])
        for fit, held in ((left, ~left), (~left, left)):
            f1_common.append(_f1(logits[held] >= start, truth[held]))
            f1_own.append(_f1(logits[held] >= _fit(logits[fit], truth[fit], start), truth[held]))
    before, after = float(np.mean(f1_common)), float(np.mean(f1_own))
    own = {}
    if after >= before + GAIN:
        found = _fit(logits, truth, start)
        own = {topic: float(1 / (1 + np.exp(-found[k]))) for k, topic in enumerate(topics) if found[k] != start}
    return {"common": common, "own": own, "f1_common": before, "f1_own": after}


def _fit(logits: Floats, truth: Ints, start: float) -> Floats:
    """The threshold of each topic, as a logit. Shape: (topics,)."""
    out = np.full(logits.shape[1], start)
    for k in range(logits.shape[1]):
        n = int(truth[:, k].sum())
        if n < FEWEST:
            continue
        tries = np.append(logits[logits[:, k] > start - 3, k], start)
        best = max(tries, key=lambda place, k=k: _f1(logits[:, k] >= place, truth[:, k]))  # type: ignore[misc]
        out[k] = start + (best - start) * n / (n + PULL)
    return out


def _f1(found: NDArray[np.bool_], truth: Ints) -> float:
    total = found.sum() + truth.sum()
    return float(2 * (found & (truth == 1)).sum() / total) if total else 0.0
