"""Calibrating a bundle that is there already, both its models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .bundle import Bundle, seal, write_metrics
from .calibrate import calibrate_stance, calibrate_statements
from .card import card
from .config import StanceConfig, load_config
from .errors import BundleError
from .evaluate import evaluate
from .fit_stance import stance_pairs
from .schema import Document
from .tagger import load

__all__ = ["fit_calibration"]


def fit_calibration(folder: Path, documents: Sequence[Document], *, file: str) -> None:
    """Fit the calibration of a bundle on its validation corpus, as training does at its end.

    Writes the manifest, the last layer of ``stance/``, the figures on these documents, and the card.

    Args:
        folder: of the bundle.
        documents: annotated, and not trained on.
        file: their name, for metrics and card.

    Raises:
        BundleError: there is no usable bundle, or none that says how it was trained.
        DependencyError: scipy is not installed.
    """
    calibration = calibrate_statements(folder, documents)
    tagger = load(folder, device="cpu", dtype="fp32")
    bundle = Bundle.read(folder)
    metrics = bundle.metrics()
    scores = {"file": file, **evaluate(tagger, documents)}
    write_metrics(
        bundle.statements, {**metrics.get("statements", {}), "validation": scores, "calibration": calibration}
    )
    if bundle.has_stance:
        config = load_config(bundle.stance / "training.yaml")
        if not isinstance(config, StanceConfig):
            raise BundleError(f"{bundle.stance / 'training.yaml'}: expected the config of a stance classifier")
        pairs = stance_pairs(documents, config.model_copy(update={"negated": 0.0, "affirmed": 0.0}))
        chances = tagger.classify([(pair["text"], pair["target"]) for pair in pairs])
        truth = np.array([bundle.labels.stances.index(pair["label"]) for pair in pairs])
        report = calibrate_stance(bundle.stance, np.log(chances + 1e-12), truth)
        write_metrics(bundle.stance, {**metrics.get("stance", {}), "calibration": report})
        seal(folder)
    bundle.write_card(card(bundle))
