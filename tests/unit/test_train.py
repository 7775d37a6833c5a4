"""Training comforts: several processes, a kill and a resumption, seeds, accumulation, checkpointing, rare labels."""

from __future__ import annotations

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional
from transformers import pipeline

import porteparole
from porteparole.config import StatementsConfig, load_config, to_yaml
from porteparole.errors import ConfigError, DataError
from porteparole.fit_statements import fit_statements
from porteparole.losses import binary_cross_entropy, cross_entropy
from porteparole.train import train, train_seeds

QUICK = ("optim.precision=fp32", "optim.batch_size=4", "optim.learning_rate=1e-3")


def metrics(folder: Path, task: str = "statements") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / task / "metrics.json").read_text(encoding="utf-8"))
    return found


def numbers(tree: Any, path: str = "") -> dict[str, float]:
    """Every number of a tree, by its path."""
    if isinstance(tree, dict):
        return {key: n for name, part in tree.items() for key, n in numbers(part, f"{path}.{name}").items()}
    return {path: tree} if isinstance(tree, int | float) else {}


@pytest.fixture
def without_dropout(tiny_encoder_folder: Path, tmp_path: Path) -> Path:
    """The tiny encoder without dropout: else each process would drop other values."""
    shutil.copytree(tiny_encoder_folder, tmp_path / "encoder")
    path = tmp_path / "encoder" / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "hidden_dropout_prob": 0.0}), encoding="utf-8")
    return tmp_path / "encoder"


def run(tmp_path: Path, config: Any, *arguments: str, launcher: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
    """Start `porteparole train` in processes of its own."""
    file = tmp_path / "config.yaml"
    file.write_text(to_yaml(config), encoding="utf-8")
    command = [sys.executable, *launcher, "-m", "porteparole", "train", str(file), *arguments]
    with (tmp_path / "log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "OMP_NUM_THREADS": "1"})


@pytest.mark.slow
@pytest.mark.parametrize("task", ["statements", "stance"])
def test_two_processes_learn_as_one_with_batches_twice_as_large(
    task: str, config_of, without_dropout: Path, corpus_file: Path, tmp_path: Path
) -> None:
    twenty_pairs = tmp_path / "twenty.jsonl"
    still = [*QUICK, f"encoder={without_dropout}", "optim.epochs=3"]
    still += ["heads.dropout=0"] if task == "statements" else ["unrelated=0", f"data.train=[{twenty_pairs}]"]
    rows = corpus_file.read_text(encoding="utf-8").splitlines()
    twenty_pairs.write_text("\n".join(row for row in rows if '"id": "inverted"' not in row), encoding="utf-8")
    one = config_of(task, tmp_path / "one", *still, "optim.batch_size=4")
    two = config_of(task, tmp_path / "two", *still, "optim.batch_size=2")
    train(one)
    process = run(tmp_path, two, launcher=("-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"))
    assert process.wait(600) == 0, (tmp_path / "log").read_text(encoding="utf-8")
    training = metrics(tmp_path / "two", task)["training"]
    assert training["processes"] == 2
    assert training["examples"] % 4 == 0  # else accelerate would fill up the last batch with examples seen before
    here, there = (numbers(metrics(tmp_path / name, task)["validation"]) for name in ("one", "two"))
    assert there == pytest.approx(here, abs=1e-6)
    # So small a model may find nothing in both: what it computes must be the same too.
    assert logits(tmp_path / "two", task) == pytest.approx(logits(tmp_path / "one", task), abs=1e-4)
    assert max(map(abs, logits(tmp_path / "one", task))) > 0.05


def logits(folder: Path, task: str) -> list[float]:
    """What a saved model says of a sentence: the golden cue logits of a bundle, or the chances of stances."""
    if task == "statements":
        golden = json.loads((folder / "porteparole.json").read_text(encoding="utf-8"))["golden"]
        return [value for row in golden["cue_logits"] for value in row]
    said = pipeline("text-classification", model=str(folder / task), top_k=None)(
        {"text": "Non.", "text_pair": "la paix"}
    )
    return [row["score"] for row in sorted(said, key=lambda row: row["label"])]


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_and_ends_the_same(config_of, tmp_path: Path) -> None:
    settings = (*QUICK, "optim.epochs=20", "optim.patience=20")
    whole = config_of("statements", tmp_path / "whole", *settings)
    cut = config_of("statements", tmp_path / "cut", *settings)
    process = run(tmp_path, whole)
    assert process.wait(600) == 0, (tmp_path / "log").read_text(encoding="utf-8")
    process = run(tmp_path, cut)
    checkpoints = tmp_path / "cut.statements.checkpoints"
    until = time.monotonic() + 600
    while not list(checkpoints.glob("checkpoint-*/trainer_state.json")) and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    assert not (tmp_path / "cut" / "statements").exists()
    process = run(tmp_path, cut, "--resume")
    assert process.wait(600) == 0, (tmp_path / "log").read_text(encoding="utf-8")
    assert metrics(tmp_path / "cut")["training"]["epochs"] == 20
    here, there = (metrics(tmp_path / name) for name in ("whole", "cut"))
    assert numbers(there["validation"]) == pytest.approx(numbers(here["validation"]), abs=1e-6)
    losses = [[row["validation_loss"] for row in found["training"]["history"]] for found in (here, there)]
    assert len(losses[0]) == 20
    assert losses[1] == pytest.approx(losses[0], abs=1e-6)


def test_a_checkpoint_that_a_kill_cut_short_is_passed_over(config_of, tmp_path: Path) -> None:
    half = tmp_path / "out.statements.checkpoints" / "checkpoint-9"
    half.mkdir(parents=True)
    (half / "model.safetensors").write_bytes(b"half")
    fit_statements(config_of("statements", tmp_path / "out", "optim.epochs=1"), resume=True)
    assert metrics(tmp_path / "out")["training"]["epochs"] == 1
    assert not half.exists()


def test_seeds_give_mean_and_deviation_and_keep_the_best(config_of, tmp_path: Path) -> None:
    config = config_of("statements", tmp_path / "out", *QUICK, "optim.epochs=8", "seed=4")
    assert train_seeds(config, 2) == tmp_path / "out"
    found = metrics(tmp_path / "out")["seeds"]
    runs = {seed: metrics(tmp_path / f"out-seed{seed}") for seed in (4, 5)}
    assert {run["training"]["seed"] for run in runs.values()} == {4, 5}
    cues = [run["validation"]["cue"]["overlap"]["f1"] for run in runs.values()]
    assert found["mean"]["cue"] == pytest.approx(statistics.mean(cues))
    assert found["std"]["cue"] == pytest.approx(statistics.stdev(cues))
    best = max(found["runs"], key=lambda seed: found["runs"][seed]["score"])
    assert str(found["chosen"]) == best
    assert metrics(tmp_path / "out")["validation"] == runs[int(best)]["validation"]
    assert porteparole.load(tmp_path / "out").describe()["model"] == "out"
    before = (tmp_path / "out-seed4" / "statements" / "metrics.json").stat().st_mtime_ns
    train_seeds(config, 2, resume=True)  # both are done
    assert (tmp_path / "out-seed4" / "statements" / "metrics.json").stat().st_mtime_ns == before


def test_accumulation_checkpointing_and_logs(config_of, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    settings = (*QUICK, "optim.epochs=2", "report_to=[tensorboard]", "optim.gradient_checkpointing=true")
    fit_statements(config_of("statements", tmp_path / "out", *settings, "optim.gradient_accumulation=2"))
    assert metrics(tmp_path / "out")["training"]["best_step"] in {1, 2}  # eight passages by twos of four
    (folder,) = tmp_path.glob("out.statements.logs")
    events = EventAccumulator(str(folder)).Reload()
    assert {"eval/loss", "eval/score", "eval/cue"} <= set(events.Tags()["scalars"])


def test_checkpointing_changes_nothing_but_memory(config_of, tmp_path: Path) -> None:
    found = []
    for name in ("false", "true"):
        fit_statements(
            config_of("statements", tmp_path / name, *QUICK, "optim.epochs=2", f"optim.gradient_checkpointing={name}")
        )
        found.append(numbers(metrics(tmp_path / name)["validation"]))
    assert found[1] == pytest.approx(found[0], abs=1e-6)


@pytest.mark.skipif(torch.cuda.is_available(), reason="with a GPU it is no fault")
def test_half_precision_without_a_gpu_is_refused_before_a_step(config_of, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="fp16 needs a CUDA device"):
        fit_statements(config_of("statements", tmp_path / "out", "optim.precision=fp16"))


def test_leakage_is_refused_before_a_step(config_of, tmp_path: Path) -> None:
    config = config_of("statements", tmp_path / "out", "data.leakage=refuse")
    with pytest.raises(DataError, match=r"corpus\.jsonl:1: the same text as .*corpus\.jsonl:1, which is in train"):
        fit_statements(config)
    assert not (tmp_path / "out").exists()


def test_own_labels_go_from_the_config_into_the_bundle(config_of, corpus_file: Path, tmp_path: Path) -> None:
    base = config_of("statements", tmp_path / "out")
    labels = base.labels.inventory
    own = {
        "acts": [*(act.lower() for act in labels.acts)],
        "topics": {f"own-{name}": f"bien {target}" for name, target in labels.topics.items()},
        "stances": ["pour", "contre", "sous condition", "sans avis"],
    }
    rename = {**dict(zip(labels.acts, own["acts"], strict=True)), **{t: f"own-{t}" for t in labels.topics},
              **dict(zip(labels.stances, own["stances"], strict=True))}  # fmt: skip
    rows = [json.loads(line) for line in corpus_file.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        for statement in row["statements"]:
            statement["act"] = rename[statement["act"]]
            for stance in statement["stances"]:
                for key in ("topic", "stance", "topic_stance"):
                    stance[key] = rename[stance[key]]
    data = tmp_path / "own.jsonl"
    data.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    file = tmp_path / "own.yaml"
    file.write_text(to_yaml(base), encoding="utf-8")
    settings = [f"labels={json.dumps(own)}", f"data.train=[{data}]", f"data.validation={data}", *QUICK]
    config = load_config(file, [*settings, "optim.epochs=40", "optim.patience=40", "optim.learning_rate=3e-3"])
    assert isinstance(config, StatementsConfig)
    tagger = porteparole.load(train(config))
    assert isinstance(tagger, porteparole.Tagger)
    assert tagger.labels == config.labels.inventory
    said = [s for row in rows for s in tagger.predict(row["text"])]
    assert {s.act.label for s in said} <= set(own["acts"])
    topics = [topic for s in said for topic in s.topics]
    assert topics
    assert all(own["topics"][topic.topic] == topic.target and topic.label in own["stances"] for topic in topics)


def test_the_focal_loss_is_cross_entropy_without_focus_and_looks_away_from_what_is_easy() -> None:
    logits, labels = torch.tensor([[4.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 9.0]]), torch.tensor([0, 0, -100])
    plain = functional.cross_entropy(logits, labels, reduction="none", ignore_index=-100)
    assert cross_entropy(logits, labels) == pytest.approx(float(plain.sum()))
    chance = logits[:2].softmax(dim=-1)[:, 0]
    expected = (-((1 - chance) ** 2) * chance.log()).sum()
    assert cross_entropy(logits, labels, 2.0) == pytest.approx(float(expected))
    truth = torch.tensor([[1.0, 0.0, 0.0]])
    right = torch.where(truth == 1, logits[:1].sigmoid(), 1 - logits[:1].sigmoid())
    assert binary_cross_entropy(logits[:1], truth) == pytest.approx(float(-right.log().sum()))
    assert binary_cross_entropy(logits[:1], truth, 2.0) == pytest.approx(
        float((-((1 - right) ** 2) * right.log()).sum())
    )
