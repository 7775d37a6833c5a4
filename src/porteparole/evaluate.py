"""Scoring a model on an annotated corpus, and showing the figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from .metrics import SPANS, score
from .schema import Document
from .tagger import Tagger

__all__ = ["evaluate", "figures", "table"]


def evaluate(tagger: Tagger, gold: Sequence[Document]) -> dict[str, Any]:
    """Predict the texts of an annotated corpus and compare.

    Args:
        tagger: the model.
        gold: annotated documents, as `porteparole.data.read_corpus` returns them.

    Returns:
        The table of `porteparole.metrics.score`.
    """
    return score(list(tagger.stream(document.text for document in gold)), gold)


def figures(scores: dict[str, Any]) -> list[tuple[str, dict[str, float]]]:
    """Return the figures of a table of `score` as rows: what was compared, and precision, recall, F1, n."""
    rows = [("cue, overlap", scores["cue"]["overlap"])]
    for part in SPANS:
        rows += [(f"{part}, {kind}", scores[part][kind]) for kind in ("exact", "characters")]
    rows.append(("topic, micro", scores["topic"]["micro"]))
    rows.append(("topic with stance, micro", scores["topic_stance"]["micro"]))
    return rows


def table(scores: dict[str, Any]) -> Table:
    """Return a table of `score` for a terminal."""
    shown = Table(title=f"{scores['documents']} passages, {scores['statements']} statements")
    for heading in ("figure", "precision", "recall", "F1", "n"):
        shown.add_column(heading, justify="left" if heading == "figure" else "right")
    for name, row in figures(scores):
        shown.add_row(name, *(f"{row[key]:.3f}" for key in ("precision", "recall", "f1")), str(row["n"]))
    shown.caption = "\n".join(
        f"{name}: accuracy {scores[key]['accuracy']:.3f}, macro-F1 {scores[key]['macro_f1']:.3f}, n {scores[key]['n']}"
        for name, key in (("act on paired statements", "act"), ("stance on topics found", "stance"))
    )
    return shown
