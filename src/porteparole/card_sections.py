"""The sections of a model card, as Markdown, each from the figures that it tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .bundle import Bundle
from .evaluate import figures, row_of, span

__all__ = ["calibration", "data", "notes", "stance", "statements", "training"]

_PRF = ("precision", "recall", "F1", "95 %", "n")


def statements(scores: Mapping[str, Any]) -> str:
    """Return the accuracy of the statement model."""
    topics = [
        [*_prf(name, row_of(scores, "topic", "labels", name)), f"{row['f1']:.3f}"]
        for name, row in scores["topic_stance"]["labels"].items()
    ]
    return "\n\n".join(
        [
            "## Accuracy: statements",
            f"On `{scores['file']}` ({scores['documents']} passages, {scores['statements']} statements), which chose "
            "the epoch and the topic threshold and was never trained on. Statements are paired one to one by the "
            "overlap of their cues." + _draws(scores),
            _table(("figure", *_PRF), [_prf(name, row) for name, row in figures(scores)]),
            f"Act: {_choice(scores, 'act')} paired statements.",
            _table(
                ("act", *_PRF), [_prf(name, row_of(scores, "act", "labels", name)) for name in _names(scores, "act")]
            ),
            f"Stance where the topic was found: {_choice(scores, 'stance')} topics.",
            _table(
                ("stance", *_PRF),
                [_prf(name, row_of(scores, "stance", "labels", name)) for name in _names(scores, "stance")],
            ),
            _table(("topic", *_PRF, "F1 with stance"), topics),
        ]
    )


def stance(scores: Mapping[str, Any]) -> str:
    """Return the accuracy of the stance classifier."""
    return "\n\n".join(
        [
            "## Accuracy: stance to any target",
            f"On {scores['n']} (statement, target) pairs made from `{scores['file']}`: the annotators' own targets, "
            "the topics' canonical targets, and targets of other passages (neutral). "
            f"Accuracy {scores['accuracy']:.3f}, macro-F1 {scores['macro_f1']:.3f}.",
            _table(("stance", "F1"), [(name, f"{value:.3f}") for name, value in scores["labels"].items()]),
        ]
    )


def calibration(metrics: Mapping[str, Any]) -> str:
    """Return how far scores can be believed, or that they were not calibrated."""
    fits = dict(metrics.get("statements", {}).get("calibration", {}))
    thresholds = fits.pop("topic_thresholds", None)
    if "calibration" in metrics.get("stance", {}):
        fits["stance to a target"] = metrics["stance"]["calibration"]
    if not fits:
        return "## Calibration\n\nScores are the model's own probabilities and are not calibrated."
    rows = []
    for name, fit in fits.items():
        errors = [f"{fit[when]['ece']:.3f}" if when in fit else "" for when in ("before", "after", "cross_validated")]
        chance = f"{fit['after']['ece_by_chance']:.3f}" if "after" in fit else ""
        rows.append([name, fit["n"], f"{fit['temperature']:.2f}", *errors, chance])
    text = (
        "Scores are scaled so that of those near 0.9 about nine in ten are right. The scales were fitted on the "
        "validation corpus; the table gives the expected calibration error (15 bins of equal mass) of the scores that "
        "`predict` returns: before, after, and cross-validated, each half of the passages with what was fitted on the "
        "other. The last column is what so few scores would show by chance, were they right just as often as they say."
    )
    head = ("score of", "n", "temperature", "before", "after", "cross-validated", "by chance")
    parts = ["## Calibration", text, _table(head, rows)]
    if thresholds:
        own = ", ".join(f"{topic} {value:.2f}" for topic, value in thresholds["own"].items()) or "none pays"
        parts.append(f"Topics are kept from a score of {thresholds['common']:.2f} on; thresholds of their own: {own}.")
    return "\n\n".join(parts)


def notes(found: Mapping[str, Any]) -> list[str]:
    """Return a section for each of the bundle's ``test``, ``ablation`` and ``errors`` that is there."""
    sections = []
    if test := found.get("test"):
        head = f"On `{test['file']}` ({test['documents']} passages, {test['statements']} statements)." + _draws(test)
        acts = f"Act: {_choice(test, 'act')} paired statements. Stance: {_choice(test, 'stance')} topics."
        table = _table(("figure", *_PRF), [_prf(name, row) for name, row in figures(test)])
        sections.append(f"## Accuracy: our own test\n\n{head}\n\n{table}\n\n{acts}")
    if ablation := found.get("ablation"):
        sections.append(
            f"## What each part brings\n\n{ablation['about']}\n\n{_table(ablation['columns'], ablation['rows'])}"
        )
    if errors := found.get("errors"):
        rows = [[row["kind"], str(row["count"]), row["example"]] for row in errors["kinds"]]
        table = _table(("kind", "count", "example, in our own words"), rows)
        sections.append(f"## Errors by kind\n\n{errors['about']}\n\n{table}")
    return sections


def data(bundle: Bundle) -> str:
    """Return the data of a bundle that brings no prose of its own."""
    lines = []
    for part in ("statements", "stance"):
        if files := bundle.training(part).get("data"):
            train = ", ".join(f"`{file}`" for file in files["train"])
            lines.append(f"- `{part}/`: trained on {train}, chosen on `{files['validation']}`")
    return "## Data\n\n" + ("\n".join(lines) or "The bundle does not say what it was trained on.")


def training(bundle: Bundle) -> str:
    """Return what training cost."""
    head = ("model", "encoder", "parameters", "examples", "epochs", "time", "device", "precision", "seed")
    rows = []
    for part, values in bundle.metrics().items():
        run = values.get("training")
        if run is None:
            continue
        encoder = f"`{bundle.training(part).get('encoder', 'not told')}`"
        size = f"{bundle.parameters(part) / 1e6:.1f} M"
        epochs, cost = f"{run['epochs']:g}", f"{run['seconds'] / 60:.0f} min"
        device, precision, seed = run["device"], run["precision"], run["seed"]
        rows.append([part, encoder, size, run["examples"], epochs, cost, device, precision, seed])
    parts = [_table(head, rows), "The cost is the time on the device named; energy was not measured."]
    for part, values in bundle.metrics().items():
        if seeds := values.get("seeds"):
            figures_ = [[name, f"{mean:.3f}", f"{seeds['std'][name]:.3f}"] for name, mean in seeds["mean"].items()]
            parts.append(f"`{part}/` over {len(seeds['runs'])} seeds:")
            parts.append(_table(("figure", "mean", "standard deviation"), figures_))
    return "\n\n".join(parts)


def _names(scores: Mapping[str, Any], key: str) -> Sequence[str]:
    return list(scores[key]["labels"])


def _draws(scores: Mapping[str, Any]) -> str:
    if "intervals" not in scores:
        return ""
    return " Intervals hold 95 % of an F1's values over 1,000 draws of the passages (bootstrap)."


def _choice(scores: Mapping[str, Any], key: str) -> str:
    """Accuracy and macro-F1 with their intervals, and on how many."""
    bounds = scores.get("intervals", {}).get(key, {})
    said = [
        f"{name} {scores[key][figure]:.3f}" + (f" ({span(bounds[figure])})" if figure in bounds else "")
        for name, figure in (("accuracy", "accuracy"), ("macro-F1", "macro_f1"))
    ]
    return f"{', '.join(said)} on {scores[key]['n']}"


def _prf(name: str, row: Mapping[str, Any]) -> list[str]:
    numbers = (f"{row[key]:.3f}" for key in ("precision", "recall", "f1"))
    return [name, *numbers, span(row["interval"]), str(row["n"])]


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = list(head)
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
