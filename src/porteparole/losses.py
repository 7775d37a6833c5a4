"""Sums of cross-entropies, with the focal factor for what is hard, and what to divide them by."""

from __future__ import annotations

import torch
from torch import Tensor, distributed
from torch.nn import functional

__all__ = ["IGNORED", "binary_cross_entropy", "cross_entropy", "shared_counts"]

IGNORED = -100


def cross_entropy(logits: Tensor, labels: Tensor, focus: float = 0.0) -> Tensor:
    """Return the summed loss of labels of which one is right.

    Args:
        logits: Shape: (..., labels).
        labels: `IGNORED` where there is none. Shape: (...).
        focus: gamma of the focal loss (Lin et al. 2017): each loss times ``(1 - chance of the right one) ** gamma``.
    """
    each = functional.cross_entropy(
        logits.float().flatten(0, -2), labels.flatten(), ignore_index=IGNORED, reduction="none"
    )
    return _focused(each, focus).sum()


def binary_cross_entropy(logits: Tensor, labels: Tensor, focus: float = 0.0) -> Tensor:
    """Return the summed loss of labels that are right or wrong each by itself.

    Args:
        logits: Shape: (..., labels).
        labels: 1.0 or 0.0. Shape: (..., labels).
        focus: see `cross_entropy`.
    """
    each = functional.binary_cross_entropy_with_logits(logits.float(), labels, reduction="none")
    return _focused(each, focus).sum()


def _focused(each: Tensor, focus: float) -> Tensor:
    return (1 - (-each).exp()) ** focus * each if focus else each


def shared_counts(*counts: Tensor) -> Tensor:
    """Return what to divide summed losses by, so that several processes learn as one with their batches together.

    Processes average their gradients. If each divided by its own count, a label in a short batch would weigh
    more than one in a long batch.

    Args:
        counts: of what each loss sums over, in this process's batch. Each a scalar.

    Returns:
        The mean of each count over all processes, or a tiny number where it is 0. Shape: (counts,).
    """
    total = torch.stack(counts).float()
    if distributed.is_available() and distributed.is_initialized():
        distributed.all_reduce(total)
        total /= distributed.get_world_size()
    return total.clamp(min=1e-6)
