"""Training on a tiny encoder: what it writes, that it learns, and that it is reproducible."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from transformers import (
    AutoModel,
    AutoTokenizer,
    CamembertModel,
    EarlyStoppingCallback,
    TrainerCallback,
    pipeline,
)

from porteparole.bundle import Bundle
from porteparole.errors import ConfigError, DataError
from porteparole.evaluate import evaluate
from porteparole.fit_stance import fit_stance, stance_pairs
from porteparole.fit_statements import fit_statements
from porteparole.schema import Document, Stance
from porteparole.tagger import load


def test_a_trained_bundle_has_learned_its_corpus(tiny_bundle: Path, corpus: list[Document]) -> None:
    scores = evaluate(load(tiny_bundle, dtype="fp32"), corpus)
    assert scores["cue"]["overlap"]["f1"] > 0.9
    assert scores["content"]["characters"]["f1"] > 0.8
    assert scores["act"]["accuracy"] > 0.8


def test_metrics_in_the_bundle_are_those_of_the_saved_model(tiny_bundle: Path, corpus: list[Document]) -> None:
    written = Bundle.read(tiny_bundle).metrics()["statements"]["validation"]
    again = evaluate(load(tiny_bundle, dtype="fp32"), corpus)
    assert written == {"file": "corpus.jsonl", **again}


def test_the_encoder_and_the_stance_classifier_load_in_plain_transformers(tiny_bundle: Path) -> None:
    encoder, info = AutoModel.from_pretrained(
        tiny_bundle / "statements", add_pooling_layer=False, output_loading_info=True
    )
    assert isinstance(encoder, CamembertModel)
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    classify = pipeline("text-classification", model=str(tiny_bundle / "stance"))
    answer = classify({"text": "Nous refusons.", "text_pair": "l'accord"})
    label = (answer[0] if isinstance(answer, list) else answer)["label"]
    assert label in {"favor", "against", "conditional", "neutral"}
    assert AutoTokenizer.from_pretrained(tiny_bundle / "statements")("Bonjour")["input_ids"][0] == 0


@pytest.mark.parametrize("task", ["statements", "stance"])
def test_same_seed_same_metrics(task: str, config_of, tmp_path: Path) -> None:
    fit = {"statements": fit_statements, "stance": fit_stance}[task]
    metrics = []
    for name in ("one", "two"):
        fit(config_of(task, tmp_path / name, "optim.epochs=2"))
        found = json.loads((tmp_path / name / task / "metrics.json").read_text(encoding="utf-8"))
        metrics.append(found["validation"])
    assert metrics[0] == metrics[1]


@pytest.mark.parametrize("task", ["statements", "stance"])
def test_a_run_that_was_interrupted_goes_on_and_ends_the_same(
    task: str, config_of, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = {"statements": fit_statements, "stance": fit_stance}[task]

    def metrics(name: str) -> dict[str, object]:
        found = json.loads((tmp_path / name / task / "metrics.json").read_text(encoding="utf-8"))
        return {key: value for key, value in found["validation"].items() if key != "seconds"}

    fit(config_of(task, tmp_path / "whole", "optim.epochs=4"))
    with monkeypatch.context() as patch:
        begin = TrainerCallback.on_epoch_begin

        def stop(self, args, state, control, **kwargs):
            if state.epoch is not None and state.epoch >= 2:
                raise KeyboardInterrupt
            return begin(self, args, state, control, **kwargs)

        patch.setattr(EarlyStoppingCallback, "on_epoch_begin", stop)
        with pytest.raises(KeyboardInterrupt):
            fit(config_of(task, tmp_path / "cut", "optim.epochs=4"))
    assert not (tmp_path / "cut" / task).exists()
    fit(config_of(task, tmp_path / "cut", "optim.epochs=4"), resume=True)
    assert metrics("cut") == metrics("whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut", "whole"]


def test_nothing_is_left_beside_the_bundle(tiny_bundle: Path) -> None:
    assert sorted(path.name for path in tiny_bundle.parent.iterdir()) == [tiny_bundle.name]
    assert sorted(path.name for path in tiny_bundle.iterdir()) == ["porteparole.json", "stance", "statements"]


def test_an_encoder_that_is_not_there(config_of, tmp_path: Path) -> None:
    for task, fit in (("statements", fit_statements), ("stance", fit_stance)):
        with pytest.raises(ConfigError, match="encoder"):
            fit(config_of(task, tmp_path / "out", f"encoder={tmp_path / 'nowhere'}"))
    assert not (tmp_path / "out").exists()


def test_a_corpus_that_is_not_there(config_of, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.jsonl: no such file"):
        fit_statements(config_of("statements", tmp_path / "out", f"data.validation={tmp_path / 'nowhere.jsonl'}"))


def stances_of(corpus: list[Document]) -> list[Stance]:
    return [stance for d in corpus for s in d.statements for stance in (*s.targets, *s.topics)]


@pytest.fixture
def pairs_of(config_of, corpus: list[Document], tmp_path: Path):
    def make(**shares: float) -> list[dict[str, str]]:
        plain = {"unrelated": 0.0, "negated": 0.0, "affirmed": 0.0}
        config = config_of("stance", tmp_path / "out", *(f"{k}={v}" for k, v in {**plain, **shares}.items()))
        return stance_pairs(corpus, config)

    return make


def test_stance_pairs_hold_both_wordings_and_unrelated_targets(corpus: list[Document], pairs_of) -> None:
    own = pairs_of()
    assert [(pair["target"], pair["label"]) for pair in own] == [(s.target, s.label) for s in stances_of(corpus)]
    added = [pair for pair in pairs_of(unrelated=1.0) if pair not in own]
    assert added
    assert {pair["label"] for pair in added} == {"neutral"}


def test_a_negated_target_turns_the_stance_round_and_an_affirmed_one_keeps_it(corpus: list[Document], pairs_of) -> None:
    turned = {"favor": "against", "against": "favor", "neutral": "neutral"}
    for stance, pair in zip(stances_of(corpus), pairs_of(negated=1.0), strict=True):
        assert pair["label"] == turned.get(stance.label, stance.label)
        assert (pair["target"] == stance.target) == (stance.label == "conditional")
    for stance, pair in zip(stances_of(corpus), pairs_of(affirmed=1.0), strict=True):
        assert pair["label"] == stance.label
        assert pair["target"] != stance.target


def test_shares_of_more_than_everything_are_refused(pairs_of) -> None:
    with pytest.raises(ConfigError, match=r"negated \+ affirmed of at most 1, got 1.5"):
        pairs_of(negated=0.8, affirmed=0.7)
