"""The model card, in the format of the Hugging Face hub, rendered from a bundle's metrics and never typed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from .bundle import Bundle
from .evaluate import figures

__all__ = ["card"]

_TEMPLATE = Path(__file__).with_name("card_template.md")
_PRF = ("precision", "recall", "F1", "n")
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
        bundle: its metrics.json files hold every figure of the card.
    """
    metrics = bundle.metrics()
    results, sections = [], []
    if scores := metrics.get("statements", {}).get("validation"):
        rows = dict(figures(scores))
        values = [(name, rows[key]["f1"]) for key, name in _HEADLINE.items()]
        values.append(("Act accuracy", scores["act"]["accuracy"]))
        results.append(_result("token-classification", "Diplomatic statements", scores["file"], values))
        sections.append(_statements(scores))
    if scores := metrics.get("stance", {}).get("validation"):
        values = [("Macro-F1", scores["macro_f1"]), ("Accuracy", scores["accuracy"])]
        results.append(_result("text-classification", "Stance to a target", scores["file"], values))
        sections.append(_stance(scores))
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
        accuracy="\n\n".join(sections),
        training=_training(metrics),
    )
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---\n\n{body}"


def _result(task: str, name: str, file: str, values: Iterable[tuple[str, float]]) -> dict[str, Any]:
    """One entry of the hub's ``model-index``."""
    return {
        "task": {"type": task, "name": name},
        "dataset": {"name": f"porteparole real news, {file}", "type": "porteparole/real-news"},
        "metrics": [{"type": "f1", "name": name, "value": round(value, 4)} for name, value in values],
    }


def _statements(scores: dict[str, Any]) -> str:
    act, stance = scores["act"], scores["stance"]
    with_stance = scores["topic_stance"]["labels"]
    topics = [[*_prf(name, row), f"{with_stance[name]['f1']:.3f}"] for name, row in scores["topic"]["labels"].items()]
    return "\n\n".join(
        [
            "## Accuracy: statements",
            f"On `{scores['file']}` ({scores['documents']} passages, {scores['statements']} statements of real French "
            "news), which chose the epoch and the topic threshold and was never trained on. Statements are paired one "
            "to one by the overlap of their cues.",
            _table(("figure", *_PRF), [_prf(name, row) for name, row in figures(scores)]),
            f"Act: accuracy {act['accuracy']:.3f}, macro-F1 {act['macro_f1']:.3f} on {act['n']} paired statements.",
            _table(("act", *_PRF), [_prf(name, row) for name, row in act["labels"].items()]),
            f"Stance where the topic was found: accuracy {stance['accuracy']:.3f}, "
            f"macro-F1 {stance['macro_f1']:.3f} on {stance['n']} topics.",
            _table(("stance", *_PRF), [_prf(name, row) for name, row in stance["labels"].items()]),
            _table(("topic", *_PRF, "F1 with stance"), topics),
        ]
    )


def _stance(scores: dict[str, Any]) -> str:
    return "\n\n".join(
        [
            "## Accuracy: stance to any target",
            f"On {scores['n']} (statement, target) pairs made from `{scores['file']}`: the annotators' own targets, "
            "the topics' canonical targets, and targets of other passages (neutral). "
            f"Accuracy {scores['accuracy']:.3f}, macro-F1 {scores['macro_f1']:.3f}.",
            _table(("stance", "F1"), [(name, f"{value:.3f}") for name, value in scores["labels"].items()]),
        ]
    )


def _training(metrics: dict[str, Any]) -> str:
    head = ("model", "examples", "epochs", "time", "device", "precision", "seed")
    rows = []
    for part, values in metrics.items():
        run = values["training"]
        minutes = f"{run['seconds'] / 60:.0f} min"
        rows.append(
            [part, run["examples"], f"{run['epochs']:g}", minutes, run["device"], run["precision"], run["seed"]]
        )
    return _table(head, rows)


def _prf(name: str, row: dict[str, float]) -> list[str]:
    return [name, *(f"{row[key]:.3f}" for key in ("precision", "recall", "f1")), str(row["n"])]


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = list(head)
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
