"""Reliability curves and confusion matrices as PNG, with matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .calibration import calibration_error, reliability
from .errors import DependencyError
from .mistakes import judged
from .schema import Document

__all__ = ["plot"]


def plot(predicted: Sequence[Document], gold: Sequence[Document], scores: Mapping[str, Any], folder: Path) -> None:
    """Write reliability.png, and act.png and stance.png if there are any, into a folder, which is made.

    Args:
        predicted: documents as the model found them.
        gold: the same documents, annotated.
        scores: of `porteparole.evaluate.judge`.
        folder: where to write.

    Raises:
        DependencyError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # no pyplot: it keeps figures and picks a screen
    except ImportError:
        raise DependencyError("plots need matplotlib: pip install 'porteparole[plot]'") from None
    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":")
    for name, (said, right) in judged(predicted, gold).items():
        if said:
            points = np.array(reliability(said, right))
            axes.plot(*points[:, :2].T, marker="o", label=f"{name}: {calibration_error(said, right):.3f}")
    axes.set(xlabel="score", ylabel="share that is right", xlim=(0, 1), ylim=(0, 1))
    if len(axes.lines) > 1:
        axes.legend(title="calibration error")
    figure.savefig(folder / "reliability.png", dpi=150)
    for key in ("act", "stance"):
        table = scores[key]
        labels = list(table["labels"])
        if not labels:
            continue
        counts = np.array([[table["confusion"].get(true, {}).get(guess, 0) for guess in labels] for true in labels])
        figure = Figure(figsize=(2 + 0.6 * len(labels), 2 + 0.6 * len(labels)), layout="constrained")
        axes = figure.subplots()
        axes.imshow(counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
        for (row, column), n in np.ndenumerate(counts):
            axes.text(column, row, str(n), ha="center", va="center")
        axes.set_xticks(range(len(labels)), labels, rotation=90)
        axes.set_yticks(range(len(labels)), labels)
        axes.set(xlabel="found", ylabel="annotated", title=key)
        figure.savefig(folder / f"{key}.png", dpi=150)
