"""The guide on the evaluation page runs as written, on a small corpus and a tiny model; and the commands it names."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from porteparole.bundle import Bundle
from porteparole.card import card
from porteparole.cli import main

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "evaluation.md"


@pytest.fixture
def clone(tiny_bundle: Path, corpus_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like a clone with a trained bundle to the guide."""
    shutil.copytree(tiny_bundle, tmp_path / "runs" / "mine")
    (tmp_path / "training" / "corpus").mkdir(parents=True)
    passages = corpus_file.read_text(encoding="utf-8") * 6  # enough examples for a temperature
    (tmp_path / "training" / "corpus" / "dev.jsonl").write_text(passages, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_guide_runs_as_written(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    commands = 0
    python = ""
    for language, body in re.findall(r"^```(sh|python)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        if language == "python":
            python += body
            continue
        for line in body.splitlines():
            program, *words = shlex.split(line)
            assert program == "porteparole"
            monkeypatch.setattr(sys, "argv", [program, *words])
            with pytest.raises(SystemExit) as stop:
                main()
            assert not stop.value.code, line
            commands += 1
    assert commands == 4
    capsys.readouterr()
    exec(compile(python, "evaluation.md", "exec"), {})
    printed = capsys.readouterr().out
    assert re.search(r"^cue [01]\.\d+ \[[01]\.\d+, [01]\.\d+\]$", printed, re.MULTILINE)
    assert "'topic_stance'" in printed

    figures = json.loads((clone / "figures.json").read_text(encoding="utf-8"))
    assert figures["file"] == "dev.jsonl"
    low, high = figures["intervals"]["source"]["exact"]["f1"]
    assert low <= figures["source"]["exact"]["f1"] <= high
    assert (clone / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert {file.name for file in (clone / "plots").iterdir()} == {"reliability.png", "act.png", "stance.png"}
    compared = json.loads((clone / "compared.json").read_text(encoding="utf-8"))
    assert compared["figures"]["cue"]["p"] <= 1

    bundle = Bundle.read(clone / "runs" / "mine")
    assert bundle.manifest.calibration.act != 1
    fitted = bundle.metrics()["statements"]["calibration"]["act"]
    assert fitted["temperature"] == bundle.manifest.calibration.act
    assert fitted["after"]["loss"] <= fitted["before"]["loss"]
    assert (clone / "runs" / "mine" / "README.md").read_text(encoding="utf-8") == card(bundle)


def test_models_with_other_labels_are_not_compared(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = clone / "runs" / "mine" / "porteparole.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"STATE"', '"SAY"'), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["porteparole", "compare", "shipped", "runs/mine", "training/corpus/dev.jsonl"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert "shipped, runs/mine: expected two models with the same labels" in capsys.readouterr().err
