"""How sure a model may sound: temperatures, fitted on annotated examples and laid over its logits (Guo et al. 2017).

A temperature above 1 makes scores humbler, one below 1 bolder; it never changes which label is the likeliest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .decode import log_softmax
from .errors import DependencyError

__all__ = [
    "BINS",
    "calibration_error",
    "chance_error",
    "expit",
    "fit_temperature",
    "laid",
    "logit",
    "reliability",
    "softmax_loss",
    "temper",
]

BINS = 15
Floats = NDArray[np.floating[Any]]


def logit(chance: ArrayLike) -> Floats:
    """Return the inverse of the logistic function; 0 and 1 count as what float32 can just tell from them."""
    safe = np.clip(np.asarray(chance, dtype=np.float64), 1e-7, 1 - 1e-7)
    out: Floats = np.log(safe) - np.log1p(-safe)
    return out


def expit(value: ArrayLike) -> Floats:
    """Return the logistic function, in float64."""
    out: Floats = 0.5 * (1 + np.tanh(0.5 * np.asarray(value, dtype=np.float64)))
    return out


def temper(score: float, temperature: float) -> float:
    """Return a score, a chance of yes or no, at a temperature."""
    return score if temperature == 1 else float(expit(logit(score) / temperature))


def calibration_error(scores: ArrayLike, right: ArrayLike, *, bins: int = BINS) -> float:
    """Return the expected calibration error: how far scores are from the share that is right, over equal-mass bins.

    Args:
        scores: in [0, 1]. Shape: (n,).
        right: whether each was right. Shape: (n,).
        bins: as many of equal size, by score (Nixon et al. 2019).
    """
    n = np.asarray(scores).size
    return sum(size / n * abs(said - true) for said, true, size in reliability(scores, right, bins=bins))


def chance_error(scores: ArrayLike, *, bins: int = BINS, draws: int = 200) -> float:
    """Return the calibration error that scores would show by chance if they were right just as often as they say.

    Few examples fall unevenly: no model can be expected to show less than this.
    """
    said = np.asarray(scores, dtype=np.float64)
    chooser = np.random.default_rng(0)
    drawn = [calibration_error(said, chooser.random(said.size) < said, bins=bins) for _ in range(draws)]
    return float(np.mean(drawn))


def reliability(scores: ArrayLike, right: ArrayLike, *, bins: int = BINS) -> list[tuple[float, float, int]]:
    """Return the reliability curve: of each equal-mass bin, the mean score, the share that is right, and the size."""
    said, true = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=np.float64)
    order = np.argsort(said, kind="stable")
    parts = np.array_split(order, min(bins, len(order)) or 1)
    return [(float(said[part].mean()), float(true[part].mean()), len(part)) for part in parts if len(part)]


def softmax_loss(logits: Floats, truth: NDArray[np.int64]) -> float:
    """Return the mean negative log-likelihood of the right labels. Shapes: (n, labels), (n,)."""
    return float(-log_softmax(np.asarray(logits, dtype=np.float32))[np.arange(len(truth)), truth].mean())


def fit_temperature(logits: Floats, truth: NDArray[np.int64], *, biased: bool = False) -> tuple[float, float]:
    """Return the temperature, between 0.1 and 10, and the bias of the least negative log-likelihood.

    Args:
        logits: of a softmax; for a sigmoid, a 0 beside its logit. Shape: (n, labels).
        truth: index of the right label. Shape: (n,).
        biased: fit a bias of the last label too; else it is 0.

    Raises:
        DependencyError: scipy is not installed.
    """

    # The loss is convex in the inverse of the temperature and in the bias.
    def loss(x: Floats) -> float:
        return softmax_loss(laid(logits, 1 / x[0], x[1] if biased else 0.0), truth)

    bounds = [(0.1, 10.0), (-10.0, 10.0)]
    sharpness, *bias = _minimise(loss, [1.0, 0.0] if biased else [1.0], bounds[: 1 + biased])
    return 1 / sharpness, bias[0] if biased else 0.0


def laid(logits: Floats, temperature: float, bias: float) -> Floats:
    """Return logits over a temperature, with a bias added to those of the last label."""
    out = logits / temperature
    out[..., -1] += bias
    return out


def _minimise(loss: Callable[[Floats], float], start: list[float], bounds: list[tuple[float, float]]) -> list[float]:
    try:
        from scipy.optimize import minimize
    except ImportError:
        raise DependencyError("calibration needs scipy: pip install 'porteparole[train]'") from None
    found = minimize(loss, start, bounds=bounds, method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-7})
    return [float(value) for value in found.x]
