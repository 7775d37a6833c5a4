"""Scoring a model on an annotated corpus, and showing the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from .bootstrap import intervals
from .metrics import SPANS, score
from .schema import Document
from .tagger import Tagger

__all__ = ["comparison_table", "evaluate", "figures", "find", "judge", "row_of", "span", "table"]


def evaluate(tagger: Tagger, gold: Sequence[Document]) -> dict[str, Any]:
    """Predict the texts of an annotated corpus and compare; see `judge`.

    Args:
        tagger: the model.
        gold: annotated documents, as `porteparole.data.read_corpus` returns them.
    """
    return judge(find(tagger, gold), gold)


def find(tagger: Tagger, gold: Sequence[Document]) -> list[Document]:
    """Return what a model finds in the texts of annotated documents."""
    return list(tagger.stream(document.text for document in gold))


def judge(predicted: Sequence[Document], gold: Sequence[Document]) -> dict[str, Any]:
    """Return the table of `porteparole.metrics.score`, with the 95 % ``intervals`` of its figures."""
    return {**score(predicted, gold), "intervals": intervals(predicted, gold)}


def figures(scores: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the figures of a table of `judge` or `score` as rows: a name; precision, recall, F1, n.

    Where the table has intervals, each row holds that of F1 as ``interval``.
    """
    places = [("cue, overlap", ("cue", "overlap"))]
    places += [(f"{part}, {kind}", (part, kind)) for part in SPANS for kind in ("exact", "characters")]
    places += [("topic, micro", ("topic", "micro")), ("topic with stance, micro", ("topic_stance", "micro"))]
    return [(name, row_of(scores, *path)) for name, path in places]


def row_of(scores: Mapping[str, Any], *path: str) -> dict[str, Any]:
    """Return a figure of a table of `judge`, with the interval of its F1, if there is one."""
    row: Mapping[str, Any] = scores
    bounds: Any = scores.get("intervals", {})
    for name in path:
        row, bounds = row[name], bounds.get(name, {})
    return {**row, "interval": bounds.get("f1")}


def span(interval: Sequence[float] | None) -> str:
    """Return an interval for readers, empty where there is none."""
    return f"{interval[0]:.3f}-{interval[1]:.3f}" if interval else ""


def table(scores: dict[str, Any]) -> Table:
    """Return a table of `judge` for a terminal."""
    shown = Table(title=f"{scores['documents']} passages, {scores['statements']} statements")
    for heading in ("figure", "precision", "recall", "F1", "95 %", "n"):
        shown.add_column(heading, justify="left" if heading == "figure" else "right")
    for name, row in figures(scores):
        prf = (f"{row[key]:.3f}" for key in ("precision", "recall", "f1"))
        shown.add_row(name, *prf, span(row["interval"]), str(row["n"]))
    bounds = scores.get("intervals", {})
    shown.caption = "\n".join(
        f"{name}: accuracy {scores[key]['accuracy']:.3f} ({span(bounds.get(key, {}).get('accuracy'))}), "
        f"macro-F1 {scores[key]['macro_f1']:.3f}, n {scores[key]['n']}"
        for name, key in (("act on paired statements", "act"), ("stance on topics found", "stance"))
    )
    return shown


def comparison_table(compared: Mapping[str, Mapping[str, Any]], title: str) -> Table:
    """Return what `porteparole.bootstrap.compare` returns for a terminal."""
    shown = Table(title=title)
    for heading in ("figure", "old", "new", "difference", "95 %", "p"):
        shown.add_column(heading, justify="left" if heading == "figure" else "right")
    for name, row in compared.items():
        low, high = row["interval"]
        style = "green" if low > 0 else "red" if high < 0 else ""
        shown.add_row(
            name,
            f"{row['first']:.3f}",
            f"{row['second']:.3f}",
            f"{row['difference']:+.3f}",
            f"{low:+.3f} to {high:+.3f}",
            f"{row['p']:.3f}",
            style=style,
        )
    return shown
