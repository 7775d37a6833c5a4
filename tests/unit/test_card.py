"""The model card: a user's own bundle tells of itself, and sections come with what they tell."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from porteparole.bundle import Bundle
from porteparole.card import card


@pytest.fixture
def copy(tiny_bundle: Path, tmp_path: Path) -> Path:
    shutil.copytree(tiny_bundle, tmp_path / "copy")
    return tmp_path / "copy"


def test_a_bundle_of_ones_own_tells_of_itself(copy: Path) -> None:
    text = card(Bundle.read(copy))
    _, head, body = text.split("---\n", 2)
    (statements, stance) = yaml.safe_load(head)["model-index"][0]["results"]
    assert statements["dataset"] == stance["dataset"] == {"name": "corpus.jsonl", "type": "corpus"}
    assert "- `statements/`: trained on `" in body
    assert "camembert-mini" not in body
    assert "real" not in body
    scores = Bundle.read(copy).metrics()["statements"]["validation"]
    low, high = scores["intervals"]["source"]["exact"]["f1"]
    assert f"| source, exact | {scores['source']['exact']['precision']:.3f} |" in body
    assert f"| {low:.3f}-{high:.3f} |" in body
    assert "## Calibration" in body
    for section in ("our own test", "What each part brings", "Errors by kind"):
        assert section not in body


def test_sections_come_with_their_files(copy: Path) -> None:
    bundle = Bundle.read(copy)
    test = {**bundle.metrics()["statements"]["validation"], "file": "test.jsonl"}
    ablation = {
        "about": "One seed each.",
        "columns": ["run", "cue"],
        "rows": [["all layers", "0.815"], ["last", "0.602"]],
    }
    errors = {"about": "Read one by one.", "kinds": [{"kind": "missed cue", "count": 7, "example": "*niée par Oslo*"}]}
    for name, notes in {"test": test, "ablation": ablation, "errors": errors}.items():
        (bundle.statements / f"{name}.json").write_text(json.dumps(notes), encoding="utf-8")
    (bundle.statements / "about.md").write_text("## Data\n\nLettres de {Rouen}.\n", encoding="utf-8")
    body = card(Bundle.read(copy))
    assert "## Accuracy: our own test\n\nOn `test.jsonl`" in body
    assert "| all layers | 0.815 |" in body
    assert "| missed cue | 7 | *niée par Oslo* |" in body
    assert "Lettres de {Rouen}." in body
    assert "trained on `" not in body


def test_scores_that_were_not_calibrated_are_said_to_be_raw(copy: Path) -> None:
    for part in ("statements", "stance"):
        file = copy / part / "metrics.json"
        metrics = json.loads(file.read_text(encoding="utf-8"))
        del metrics["calibration"]
        metrics["validation"].pop("intervals", None)
        file.write_text(json.dumps(metrics), encoding="utf-8")
    body = card(Bundle.read(copy))
    assert "are not calibrated" in body
    assert "draws of the passages" not in body


def test_the_cost_is_told(copy: Path) -> None:
    body = card(Bundle.read(copy))
    row = next(line for line in body.splitlines() if line.startswith("| statements | `"))
    assert " M |" in row
    assert " min |" in row
    assert "energy was not measured" in body
