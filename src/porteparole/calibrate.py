"""Fitting a bundle's calibration on an annotated corpus that it was not trained on.

What is fitted, and scored, are the scores that `predict` returns: of cues; of the act of statements that were
found; of topics above their threshold; of the stance to topics found rightly. How well a fit does is also told
by two-fold cross-validation over documents: each half is scored with what was fitted on the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from .bundle import Bundle, write_manifest
from .calibration import (
    calibration_error,
    chance_error,
    expit,
    fit_temperature,
    laid,
    logit,
    softmax_loss,
)
from .decode import softmax
from .errors import BundleError
from .labels import Labels
from .manifest import Calibration
from .metrics import pair
from .schema import Document
from .tagger import Tagger, load
from .thresholds import own_thresholds

__all__ = ["calibrate_stance", "calibrate_statements"]

_FEWEST = 30  # examples; a temperature of fewer says more about them than about the model
_TOGETHER = 50
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Examples:
    """What a model said, and what was right.

    Attributes:
        logits: up to a constant in each row. Shape: (n, labels).
        truth: index of the right label. Shape: (n,).
        group: what an example was taken from; halves for cross-validation never share one. Shape: (n,).
        shown: of two labels, no and yes: the examples whose score is shown to users, as that of yes; None where
            the score shown is that of the likeliest label. Shape: (n,).
    """

    logits: Floats
    truth: NDArray[np.int64]
    group: NDArray[np.int64]
    shown: NDArray[np.bool_] | None = None

    @property
    def count(self) -> int:
        """How many scores are shown."""
        return len(self.truth) if self.shown is None else int(self.shown.sum())

    def part(self, mask: NDArray[np.bool_]) -> Examples:
        """Return the examples under a mask."""
        shown = None if self.shown is None else self.shown[mask]
        return Examples(self.logits[mask], self.truth[mask], self.group[mask], shown)

    def fit(self, *, biased: bool) -> tuple[float, float]:
        """Return the temperature and bias that calibrate the logits; without `biased` the bias is 0."""
        if self.count < _FEWEST:
            return 1.0, 0.0
        return fit_temperature(self.logits, self.truth, biased=biased)

    def laid(self, temperature: float, bias: float) -> Examples:
        """Return the examples with calibrated logits."""
        return replace(self, logits=laid(self.logits, temperature, bias))

    def figures(self) -> dict[str, float]:
        """Return ``ece`` of the scores shown, what it were by chance, and ``loss``, the mean over all examples."""
        chances = softmax(self.logits.astype(np.float32))
        if self.shown is None:
            scores, right = chances.max(axis=1), chances.argmax(axis=1) == self.truth
        else:
            scores, right = chances[self.shown, 1], self.truth[self.shown] == 1
        return {
            "ece": calibration_error(scores, right),
            "ece_by_chance": chance_error(scores),
            "loss": softmax_loss(self.logits, self.truth),
        }

    def report(self, *, biased: bool = False) -> dict[str, Any]:
        """Return the number of scores shown, temperature and bias, and the figures before, after, cross-validated."""
        temperature, bias = self.fit(biased=biased)
        out: dict[str, Any] = {"n": self.count, "temperature": temperature, **({"bias": bias} if biased else {})}
        if self.count < _FEWEST:
            return out
        left = np.isin(self.group, np.random.default_rng(0).permutation(np.unique(self.group))[::2])
        held = [self.part(mask).laid(*self.part(~mask).fit(biased=biased)) for mask in (left, ~left)]
        out["before"] = self.figures()
        out["after"] = self.laid(temperature, bias).figures()
        out["cross_validated"] = _joined(held).figures()
        return out


def calibrate_statements(folder: Path, documents: Sequence[Document]) -> dict[str, Any]:
    """Fit the calibration of a bundle's statement model, and write it into the bundle's manifest.

    The topic threshold is laid on the new scale, so that the same topics are found as before, unless topics get
    thresholds of their own; see `porteparole.thresholds`.

    Args:
        folder: of the bundle.
        documents: annotated, and not trained on.

    Returns:
        What metrics.json says of it: ``cue``, ``act``, ``topics``, ``stances``, ``topic_thresholds``.

    Raises:
        BundleError: there is no usable bundle.
        DependencyError: scipy is not installed.
    """
    bundle = Bundle.read(folder)
    manifest = bundle.manifest
    old = manifest.calibration
    threshold = float(expit((logit(manifest.decoding.topic_threshold) - old.topics_bias) * old.topics))  # raw
    decoding = manifest.decoding.model_copy(update={"topic_threshold": threshold})
    raw = manifest.model_copy(update={"calibration": Calibration(), "decoding": decoding})
    tagger = load(replace(bundle, manifest=raw), device="cpu", dtype="fp32")
    examples = _examples(tagger, documents, threshold)
    report = {name: part.report(biased=name == "topics") for name, part in examples.items()}
    heat, bias = report["topics"]["temperature"], report["topics"]["bias"]
    threshold = float(expit(logit(threshold) / heat + bias))
    count = len(bundle.labels.topics)
    topics = examples["topics"].laid(heat, bias)
    report["topic_thresholds"] = own_thresholds(
        (topics.logits[:, 1] - topics.logits[:, 0]).reshape(-1, count),
        topics.truth.reshape(-1, count),
        topics.group[::count],
        tuple(bundle.labels.topics),
        threshold,
    )
    calibration = Calibration(
        cue=report["cue"]["temperature"],
        act=report["act"]["temperature"],
        topics=heat,
        topics_bias=bias,
        stances=report["stances"]["temperature"],
        topic_thresholds=report["topic_thresholds"]["own"],
    )
    decoding = decoding.model_copy(update={"topic_threshold": threshold})
    write_manifest(folder, manifest.model_copy(update={"calibration": calibration, "decoding": decoding}))
    return report


def _examples(tagger: Tagger, documents: Sequence[Document], threshold: float) -> dict[str, Examples]:
    """Gather what the model says of each statement that it finds, and what was annotated."""
    labels: Labels = tagger.labels
    rows: dict[str, list[tuple[Any, int, int]]] = {name: [] for name in ("cue", "act", "topics", "stances")}
    for group, (gold, found) in enumerate(
        zip(documents, tagger.analyzer.read([d.text for d in documents]), strict=True)
    ):
        found = sorted(found, key=lambda item: item[0].cue.start)
        partner = dict(pair(Document(gold.text, tuple(statement for statement, _ in found)), gold))
        for k, (statement, reading) in enumerate(found):
            rows["cue"].append(([0.0, logit(statement.cue.score)], int(k in partner), group))
            if k not in partner:
                continue
            theirs = gold.statements[partner[k]]
            held = {stance.topic: labels.stances.index(stance.label) for stance in theirs.topics}
            rows["act"].append((np.log(reading.act + 1e-12), labels.acts.index(theirs.act.label), group))
            for t, topic in enumerate(labels.topics):
                rows["topics"].append(([0.0, logit(reading.topics[t])], int(topic in held), group))
                if topic in held and reading.topics[t] >= threshold:
                    rows["stances"].append((np.log(reading.stances[t] + 1e-12), held[topic], group))
    widths = {"cue": 2, "act": len(labels.acts), "topics": 2, "stances": len(labels.stances)}
    examples = {name: _stack(rows[name], width) for name, width in widths.items()}
    everything = np.ones(len(examples["cue"].truth), dtype=bool)
    above = examples["topics"].logits[:, 1] >= logit(threshold)
    return {
        **examples,
        "cue": replace(examples["cue"], shown=everything),
        "topics": replace(examples["topics"], shown=above),
    }


def calibrate_stance(
    folder: Path, logits: NDArray[np.floating[Any]], truth: NDArray[np.integer[Any]]
) -> dict[str, Any]:
    """Fit the temperature of a sequence classifier, and fold it into the weights of its last layer.

    So plain transformers gives calibrated scores too, and nothing has to be told of them.

    Args:
        folder: of the classifier, as `save_pretrained` wrote it.
        logits: what it says of examples that it was not trained on, in the order of the corpus, so that
            cross-validation, by runs of `_TOGETHER`, parts few examples of one text. Shape: (n, labels).
        truth: index of the right label. Shape: (n,).

    Returns:
        What metrics.json says of it; see `Examples.report`.

    Raises:
        BundleError: no classifier's last layer is among the weights.
        DependencyError: scipy is not installed.
    """
    group = np.arange(len(truth)) // _TOGETHER
    report = Examples(logits.astype(np.float64), truth.astype(np.int64), group).report()
    file = folder / "model.safetensors"
    weights = load_file(file)
    last = "classifier.out_proj" if "classifier.out_proj.weight" in weights else "classifier"
    if f"{last}.weight" not in weights:
        raise BundleError(f"{file}: expected a classifier of transformers with {last}.weight in it, there is none")
    for name in (f"{last}.weight", f"{last}.bias"):
        if name in weights:
            kept = weights[name]
            weights[name] = (kept.astype(np.float32) / report["temperature"]).astype(kept.dtype)
    beside = file.with_name(f".{file.name}.part")
    save_file(weights, beside, metadata={"format": "pt"})
    beside.replace(file)
    file.chmod(0o644)  # safetensors writes files that only their owner can read
    return report


def _stack(rows: Sequence[tuple[Any, int, int]], width: int) -> Examples:
    logits = np.array([row[0] for row in rows], dtype=np.float64).reshape(len(rows), width)
    truth, group = (np.array([row[k] for row in rows], dtype=np.int64) for k in (1, 2))
    return Examples(logits, truth, group)


def _joined(parts: Sequence[Examples]) -> Examples:
    shown = None if parts[0].shown is None else np.concatenate([p.shown for p in parts if p.shown is not None])
    logits, truth, group = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("logits", "truth", "group")
    )
    return Examples(logits, truth, group, shown)
