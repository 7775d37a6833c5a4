"""The model card, in the format of the Hugging Face hub, rendered from a bundle's metrics and never typed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from . import card_sections as sections
from .bundle import Bundle
from .evaluate import figures

__all__ = ["card"]

_TEMPLATE = Path(__file__).with_name("card_template.md")
_HEADLINE = {
    "cue, overlap": "Cue F1 (overlap)",
    "source, exact": "Source F1 (exact)",
    "content, exact": "Content F1 (exact)",
    "content, characters": "Content F1 (characters)",
    "speaker, exact": "Speaker F1 (exact)",
    "topic, micro": "Topic micro-F1",
    "topic with stance, micro": "Topic with stance micro-F1",
}


def card(bundle: Bundle) -> str:
    """Return the card as Markdown with a YAML head (``model-index`` included).

    Args:
        bundle: its metrics.json files hold every figure of the card; statements/ may hold prose on data and limits
            (about.md), and test.json, ablation.json and errors.json, which then become sections.
    """
    metrics = bundle.metrics()
    results, parts = [], []
    if scores := metrics.get("statements", {}).get("validation"):
        rows = dict(figures(scores))
        values = [(name, rows[key]["f1"]) for key, name in _HEADLINE.items()]
        values.append(("Act accuracy", scores["act"]["accuracy"]))
        results.append(_result("token-classification", "Diplomatic statements", scores["file"], values))
        parts.append(sections.statements(scores))
    if scores := metrics.get("stance", {}).get("validation"):
        values = [("Macro-F1", scores["macro_f1"]), ("Accuracy", scores["accuracy"])]
        results.append(_result("text-classification", "Stance to a target", scores["file"], values))
        parts.append(sections.stance(scores))
    parts += [*sections.notes(bundle.notes()), sections.calibration(metrics)]
    head = {
        "language": "fr",
        "license": "mit",
        "library_name": "porteparole",
        "pipeline_tag": "token-classification",
        "tags": ["camembert", "quotation-attribution", "stance-detection", "news", "diplomacy"],
        "model-index": [{"name": bundle.manifest.name, "results": results}],
    }
    body = _TEMPLATE.read_text(encoding="utf-8").format(
        name=bundle.manifest.name,
        window=bundle.manifest.window.tokens,
        about=bundle.about().strip() or sections.data(bundle),
        accuracy="\n\n".join(parts),
        training=sections.training(bundle),
    )
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---\n\n{body}"


def _result(task: str, name: str, file: str, values: Iterable[tuple[str, float]]) -> dict[str, Any]:
    """One entry of the hub's ``model-index``."""
    return {
        "task": {"type": task, "name": name},
        "dataset": {"name": file, "type": Path(file).stem},
        "metrics": [{"type": "f1", "name": name, "value": round(value, 4)} for name, value in values],
    }
