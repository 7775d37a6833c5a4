"""How sure a figure is: bootstrap over documents (Efron 1979; for comparisons, Koehn 2004), in numpy.

Documents are drawn with replacement, as often as there are; a figure's interval holds 95 % of its values over
the draws. The statements of one document are alike, so they are drawn together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .metrics import Tally, headline, score, tabulate, tally
from .schema import Document

__all__ = ["compare", "intervals"]

_COUNTS = {"n", "confusion"}  # no figures


def intervals(
    predicted: Sequence[Document], gold: Sequence[Document], *, resamples: int = 1000, seed: int = 0
) -> dict[str, Any]:
    """Return the 95 % interval of every figure of `porteparole.metrics.score`.

    Args:
        predicted: documents as the model found them.
        gold: the same documents, annotated.
        resamples: how often to draw.
        seed: of the draws.

    Returns:
        A table of the same shape, with ``[low, high]`` in the place of each figure.
    """
    values: dict[tuple[str, ...], list[float]] = {}
    for table in _draw([_tallies(predicted, gold)], resamples, seed):
        for path, value in _leaves(table[0]):
            values.setdefault(path, []).append(value)
    tree: dict[str, Any] = {}
    for path, found in values.items():
        branch = tree
        for name in path[:-1]:
            branch = branch.setdefault(name, {})
        branch[path[-1]] = _middle(found)
    return tree


def compare(
    first: Sequence[Document],
    second: Sequence[Document],
    gold: Sequence[Document],
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, dict[str, Any]]:
    """Say whether the second model is better than the first: a paired bootstrap of the headline figures.

    Both models are scored on the same draws, so what makes a document hard for both cancels out.

    Args:
        first: documents as one model found them.
        second: the same documents, as the other found them.
        gold: the same documents, annotated.
        resamples: how often to draw.
        seed: of the draws.

    Returns:
        By figure of `porteparole.metrics.headline`: ``first`` and ``second``, their ``difference`` (above 0 where
        the second is better) with its 95 % ``interval``, and ``p``: twice the share of draws in which the
        difference is 0 or has the other sign (two-sided, at most 1).
    """
    before, after = headline(score(first, gold)), headline(score(second, gold))
    drawn: dict[str, list[float]] = {name: [] for name in before}
    for one, other in _draw([_tallies(first, gold), _tallies(second, gold)], resamples, seed):
        old, new = headline(one), headline(other)
        for name, values in drawn.items():
            values.append(new[name] - old[name])
    return {
        name: {
            "first": before[name],
            "second": after[name],
            "difference": after[name] - before[name],
            "interval": _middle(values),
            "p": _p_value(np.array(values)),
        }
        for name, values in drawn.items()
    }


def _tallies(predicted: Sequence[Document], gold: Sequence[Document]) -> list[Tally]:
    return [tally(guess, truth) for guess, truth in zip(predicted, gold, strict=True)]


def _draw(models: Sequence[Sequence[Tally]], resamples: int, seed: int) -> Iterator[list[dict[str, Any]]]:
    """Yield, for each draw of documents, the table of each model."""
    documents = len(models[0])
    chooser = np.random.default_rng(seed)
    times = chooser.multinomial(documents, np.full(documents, 1 / documents), size=resamples)
    sums = []
    for tallies in models:
        keys = list({key: None for counts in tallies for key in counts})
        counts = np.array([[counts[key] for key in keys] for counts in tallies], dtype=np.float64)
        sums.append((keys, times @ counts))  # (resamples, keys)
    for draw in range(resamples):
        yield [tabulate(dict(zip(keys, total[draw].tolist(), strict=True))) for keys, total in sums]


def _leaves(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], float]]:
    for name, value in table.items():
        if name in _COUNTS:
            continue
        if isinstance(value, Mapping):
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name), value


def _middle(values: Sequence[float]) -> list[float]:
    low, high = np.percentile(values, (2.5, 97.5))
    return [float(low), float(high)]


def _p_value(differences: NDArray[np.float64]) -> float:
    # One is added, because the corpus itself is a draw too: no finite number of draws proves p = 0.
    tail = min((differences <= 0).sum(), (differences >= 0).sum())
    return float(min(1.0, 2 * (tail + 1) / (len(differences) + 1)))
