"""Scores that can be believed: the measure, the fit, and what a bundle says once it is calibrated."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from transformers import pipeline

from porteparole.bundle import Bundle, seal, write_manifest
from porteparole.calibrate import calibrate_stance, calibrate_statements
from porteparole.calibration import (
    calibration_error,
    chance_error,
    expit,
    fit_temperature,
    logit,
    reliability,
    temper,
)
from porteparole.config import DecodingConfig
from porteparole.fit_stance import stance_pairs
from porteparole.manifest import Calibration
from porteparole.metrics import score
from porteparole.tagger import load
from porteparole.thresholds import own_thresholds


def examples(n, *, temperature=1.0, bias=0.0, labels=4, seed=0):
    """Logits, and labels drawn from their softmax at a temperature, with a bias of the last."""
    chooser = np.random.default_rng(seed)
    logits = chooser.normal(0, 3, (n, labels))
    cool = logits / temperature
    cool[:, -1] += bias
    chances = np.exp(cool) / np.exp(cool).sum(axis=1, keepdims=True)
    return logits, (chooser.random((n, 1)) > chances.cumsum(axis=1)).sum(axis=1).clip(0, labels - 1)


def test_the_calibration_error_of_scores_that_are_known():
    assert calibration_error([0.9] * 10, [True] * 9 + [False], bins=1) == pytest.approx(0.0)
    assert calibration_error([0.9] * 10, [True] * 5 + [False] * 5, bins=1) == pytest.approx(0.4)
    # Two groups that err to opposite sides do not cancel out.
    assert calibration_error([0.2, 0.2, 0.8, 0.8], [1, 1, 0, 0], bins=2) == pytest.approx(0.8)
    assert calibration_error([], []) == 0


def test_bins_hold_equally_many():
    said = np.random.default_rng(0).random(100)
    curve = reliability(said, said > 0.5, bins=7)
    assert [size for *_, size in curve] in ([15, 15, 14, 14, 14, 14, 14],)
    assert [mean for mean, *_ in curve] == sorted(mean for mean, *_ in curve)
    assert len(reliability([0.5, 0.6], [True, False])) == 2


def test_believable_scores_err_by_chance_only():
    said = np.random.default_rng(0).random(300)
    right = np.random.default_rng(1).random(300) < said
    assert calibration_error(said, right) == pytest.approx(chance_error(said), abs=0.03)
    assert calibration_error(said, right) < calibration_error(said**0.2, right) / 2


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_is_found_again(temperature):
    found, bias = fit_temperature(*examples(20_000, temperature=temperature))
    assert found == pytest.approx(temperature, rel=0.05)
    assert bias == 0


def test_the_bias_is_found_again():
    found, bias = fit_temperature(*examples(20_000, temperature=2.0, bias=-1.5, labels=2), biased=True)
    assert found == pytest.approx(2.0, rel=0.05)
    assert bias == pytest.approx(-1.5, abs=0.1)


def test_the_logit_and_its_inverse():
    assert expit(logit([0.1, 0.5, 0.9])) == pytest.approx([0.1, 0.5, 0.9])
    assert np.isfinite(logit([0.0, 1.0])).all()
    assert temper(1.0, 1.0) == 1.0
    assert temper(0.9, 2.0) == pytest.approx(0.75)


def test_thresholds_of_noise_are_not_kept():
    chooser = np.random.default_rng(0)
    logits = chooser.normal(0, 2, (300, 3))
    truth = (chooser.random((300, 3)) < expit(logits)).astype(np.int64)
    found = own_thresholds(logits, truth, np.arange(300) // 3, ("a", "b", "c"), 0.35)
    assert found["own"] == {}


def test_a_topic_that_is_told_too_timidly_gets_a_threshold_drawn_towards_the_common_one():
    chooser = np.random.default_rng(0)
    logits = chooser.normal(0, 2, (300, 2))
    truth = (chooser.random((300, 2)) < expit(logits * 4 + [0, 8])).astype(np.int64)
    found = own_thresholds(logits, truth, np.arange(300) // 3, ("plain", "timid"), 0.5)
    assert found["f1_own"] > found["f1_common"]
    assert expit(-2) < found["own"]["timid"] < 0.4
    few = own_thresholds(logits[:15], truth[:15], np.arange(15), ("plain", "timid"), 0.5)
    assert few["own"] == {}


@pytest.fixture
def copy(tiny_bundle: Path, tmp_path: Path) -> Path:
    shutil.copytree(tiny_bundle, tmp_path / "copy")
    return tmp_path / "copy"


def test_a_calibrated_bundle_finds_the_same_and_says_it_otherwise(copy: Path, corpus) -> None:
    many = corpus * 6
    texts = [document.text for document in corpus]
    manifest = Bundle.read(copy).manifest
    write_manifest(copy, manifest.model_copy(update={"calibration": Calibration(), "decoding": DecodingConfig()}))
    plain = load(copy, device="cpu", dtype="fp32").predict(texts)
    report = calibrate_statements(copy, many)
    fitted = Bundle.read(copy).manifest
    assert fitted.calibration.act == report["act"]["temperature"] != 1
    assert report["topics"]["after"]["loss"] <= report["topics"]["before"]["loss"]
    assert {"ece", "ece_by_chance", "loss"} == set(report["act"]["cross_validated"])
    tempered = load(copy, device="cpu", dtype="fp32").predict(texts)
    assert score(tempered, plain)["statements"] > 0
    for before, after in zip(plain, tempered, strict=True):
        assert [s.cue.text for s in before] == [s.cue.text for s in after]
        assert [s.act.label for s in before] == [s.act.label for s in after]
        assert [{(t.topic, t.label) for t in s.topics} for s in before] == [
            {(t.topic, t.label) for t in s.topics} for s in after
        ]
    assert [s.act.score for d in plain for s in d] != [s.act.score for d in tempered for s in d]
    calibrate_statements(copy, many)  # of a calibrated bundle: from its raw scores again
    again = Bundle.read(copy).manifest
    numbers = {"cue", "act", "topics", "topics_bias", "stances"}
    assert again.calibration.model_dump(include=numbers) == pytest.approx(
        fitted.calibration.model_dump(include=numbers), abs=1e-3
    )
    assert again.decoding.topic_threshold == pytest.approx(fitted.decoding.topic_threshold)


def test_few_examples_change_nothing(copy: Path, corpus) -> None:
    calibrate_statements(copy, corpus[:2])
    assert Bundle.read(copy).manifest.calibration == Calibration()


def test_the_stances_temperature_is_in_the_weights_so_transformers_says_the_same(
    copy: Path, corpus, config_of, tmp_path: Path
) -> None:
    pairs = stance_pairs(corpus * 6, config_of("stance", tmp_path / "out", "negated=0", "affirmed=0"))
    labels = load(copy).labels.stances
    truth = np.array([labels.index(pair["label"]) for pair in pairs])
    items = [(pair["text"], pair["target"]) for pair in pairs]
    before = np.log(load(copy, device="cpu", dtype="fp32").classify(items))
    report = calibrate_stance(copy / "stance", before, truth)
    assert report["temperature"] != 1
    seal(copy)
    assert report["after"]["loss"] <= report["before"]["loss"]
    after = load(copy, device="cpu", dtype="fp32").classify(items)
    cool = np.exp(before / report["temperature"])
    assert after == pytest.approx(cool / cool.sum(axis=1, keepdims=True), abs=2e-3)
    said = pipeline("text-classification", model=str(copy / "stance"), top_k=None, device="cpu")(
        [{"text": text, "text_pair": target} for text, target in items[:3]]
    )
    for row, mine in zip(said, after[:3], strict=True):
        theirs = {label["label"]: label["score"] for label in row}
        assert [theirs[label] for label in labels] == pytest.approx(mine.tolist(), abs=1e-3)
