"""The evaluation page: figures with intervals, confusion matrices, reliability curves, the worst mistakes.

One HTML file that needs no network and no script. Everything that comes from texts or labels is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from .calibration import BINS, calibration_error, chance_error, reliability
from .evaluate import figures, row_of, span
from .mistakes import Mistake, judged, mistakes
from .schema import Document

__all__ = ["report"]

_PAGE = Path(__file__).with_name("report.html")
_COLOURS = {"cue": "#b8860b", "act": "#1f6fb2", "topic": "#2a8c4a", "stance": "#b03a5b"}
_SIZE = 300  # of the reliability plot, in pixels


def report(predicted: Sequence[Document], gold: Sequence[Document], scores: Mapping[str, Any], *, model: str) -> str:
    """Return the page.

    Args:
        predicted: documents as the model found them.
        gold: the same documents, annotated.
        scores: of `porteparole.evaluate.judge`, with the name of the corpus under ``file``.
        model: its name.
    """
    sections = [
        _figures(scores),
        _labels("Act of paired statements", scores, "act"),
        _labels("Stance to topics found", scores, "stance"),
        _topics(scores),
        _reliability(judged(predicted, gold)),
        *(_mistakes(kind, found) for kind, found in mistakes(predicted, gold).items()),
    ]
    page = _PAGE.read_text(encoding="utf-8")
    summary = f"{scores['documents']} passages, {scores['statements']} statements of {escape(scores['file'])}"
    return (
        page.replace("{{title}}", escape(model))
        .replace("{{summary}}", summary)
        .replace("{{body}}", "\n".join(sections))
    )


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; the first column holds names, the others numbers. Cells are HTML already."""
    top = "".join(f"<th scope=col>{cell}</th>" for cell in head)
    lines = []
    for row in rows:
        name, *cells = row
        lines.append(f"<tr><th scope=row>{name}</th>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


_PRF = ("precision", "recall", "F1", "95 %", "n")


def _prf(name: str, row: Mapping[str, Any]) -> list[str]:
    numbers = (f"{row[key]:.3f}" for key in ("precision", "recall", "f1"))
    return [escape(name), *numbers, _bar(row), f"{row['n']:g}"]


def _bar(row: Mapping[str, Any]) -> str:
    """The interval of F1 as numbers, and as a bar on the way from 0 to 1."""
    if not row["interval"]:
        return ""
    low, high = row["interval"]
    bar = f'<rect x="{100 * low:.1f}" y="3" width="{max(100 * (high - low), 1):.1f}" height="4"/>'
    return (
        f"{span(row['interval'])} <svg class=bar width=100 height=10 aria-hidden=true>"
        f'{bar}<line x1="{100 * row["f1"]:.1f}" x2="{100 * row["f1"]:.1f}" y1="0" y2="10"/></svg>'
    )


def _figures(scores: Mapping[str, Any]) -> str:
    rows = [_prf(name, row) for name, row in figures(scores)]
    return f"<section><h2>Spans and topics</h2>{_table(('figure', *_PRF), rows)}</section>"


def _labels(title: str, scores: Mapping[str, Any], key: str) -> str:
    table = scores[key]
    bounds = scores.get("intervals", {}).get(key, {})
    rows = [_prf(name, row_of(scores, key, "labels", name)) for name in table["labels"]]
    words = (
        f"accuracy {table['accuracy']:.3f} ({span(bounds.get('accuracy'))}), macro-F1 {table['macro_f1']:.3f} "
        f"({span(bounds.get('macro_f1'))}), n {table['n']}"
    )
    return (
        f"<section><h2>{title}</h2><p>{words}</p>{_table((key, *_PRF), rows)}"
        f"{_confusion(table['confusion'], list(table['labels']))}</section>"
    )


def _confusion(confusion: Mapping[str, Mapping[str, int]], labels: Sequence[str]) -> str:
    """Annotated labels down, found ones across; a cell is as dark as its share of the row."""
    rows = []
    for true in labels:
        row = confusion.get(true, {})
        total = sum(row.values()) or 1
        cells = []
        for guess in labels:
            n = row.get(guess, 0)
            mark = "right" if guess == true else "wrong"
            cells.append(f'<span class="cell {mark}" style="--share:{n / total:.2f}">{n or "·"}</span>')
        rows.append([escape(true), *cells])
    head = ["annotated ↓ found →", *map(escape, labels)]
    return f"<h3>Confusions</h3><div class=matrix>{_table(head, rows)}</div>"


def _topics(scores: Mapping[str, Any]) -> str:
    rows = []
    for name in scores["topic"]["labels"]:
        row = row_of(scores, "topic", "labels", name)
        rows.append([*_prf(name, row), f"{scores['topic_stance']['labels'][name]['f1']:.3f}"])
    return f"<section><h2>Topics</h2>{_table(('topic', *_PRF, 'F1 with stance'), rows)}</section>"


def _reliability(found: Mapping[str, tuple[list[float], list[bool]]]) -> str:
    """How often a score of so much is right: a curve for each kind, near the diagonal where they can be believed."""
    curves, rows = [], []
    for name, (scores, right) in found.items():
        points = [(said, true) for said, true, _ in reliability(scores, right)]
        if not points:
            continue
        place = " ".join(f"{_SIZE * said:.1f},{_SIZE * (1 - true):.1f}" for said, true in points)
        dots = "".join(f'<circle cx="{_SIZE * x:.1f}" cy="{_SIZE * (1 - y):.1f}" r="3"/>' for x, y in points)
        colour = _COLOURS[name]
        curves.append(f'<g stroke="{colour}" fill="{colour}"><polyline points="{place}" fill="none"/>{dots}</g>')
        error = calibration_error(scores, right)
        mean = sum(scores) / len(scores)
        key = f'<span class=key style="background:{colour}"></span>{name}'
        numbers = (mean, sum(right) / len(right), error, chance_error(scores))
        rows.append([key, *(f"{number:.3f}" for number in numbers), str(len(scores))])
    ticks = "".join(
        f'<text x="{_SIZE * k / 4:.0f}" y="{_SIZE + 16}" text-anchor="middle">{k / 4:g}</text>'
        f'<text x="-6" y="{_SIZE - _SIZE * k / 4 + 4:.0f}" text-anchor="end">{k / 4:g}</text>'
        for k in range(5)
    )
    plot = (
        f'<svg class=plot viewBox="-40 -10 {_SIZE + 60} {_SIZE + 50}" width={_SIZE + 60} role=img '
        f'aria-label="reliability curves"><rect width={_SIZE} height={_SIZE} class=frame />'
        f"<line x1=0 y1={_SIZE} x2={_SIZE} y2=0 class=diagonal />{''.join(curves)}{ticks}"
        f"<text x={_SIZE / 2} y={_SIZE + 34} text-anchor=middle>score, and share that is right</text></svg>"
    )
    head = ("score of", "mean score", "share right", "calibration error", "by chance", "n")
    return (
        f"<section><h2>Can scores be believed?</h2><p>Each dot is one of {BINS} groups of equally many scores. "
        "Below the diagonal the model is too sure, above it too humble. Scores that are right just as often as they "
        "say would show an error too, by chance, with so few examples.</p>"
        f"<div class=beside>{plot}{_table(head, rows)}</div></section>"
    )


def _mistakes(kind: str, found: Sequence[Mistake]) -> str:
    if not found:
        return f"<details><summary>{kind}: none</summary></details>"
    items = "".join(
        f"<li><p class=about>{escape(m.document)}, {f'score {m.score:.2f}, ' if m.said != 'nothing' else ''}"
        f"found <b>{escape(m.said)}</b>, annotated <b>{escape(m.wanted)}</b></p><p>{_marked(m)}</p></li>"
        for m in found
    )
    return f"<details><summary>{kind}: the surest {len(found)}</summary><ol>{items}</ol></details>"


def _marked(mistake: Mistake) -> str:
    """The excerpt, cut at each edge of a span, each piece in the colours of the spans that hold it."""
    text, start = mistake.text, mistake.start
    spans = [(span, "found") for span in mistake.predicted] + [(span, "annotated") for span in mistake.annotated]
    edges = {0, len(text), *(place - start for span, _ in spans for place in (span.start, span.end))}
    places = sorted(place for place in edges if 0 <= place <= len(text))
    out = []
    for low, high in pairwise(places):
        names = {name for span, name in spans if span.start - start <= low and high <= span.end - start}
        piece = escape(text[low:high])
        out.append(f'<mark class="{" ".join(sorted(names))}">{piece}</mark>' if names else piece)
    return "".join(out)
