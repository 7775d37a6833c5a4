"""The model that ships, through the commands that users type."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import porteparole
from porteparole.bundle import Bundle, shipped_bundle
from porteparole.card import card
from porteparole.tagger import Tagger

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return porteparole.load(device="cpu", dtype="fp32")


def test_it_finds_who_said_what_to_whom(tagger: Tagger) -> None:
    text = (
        "Le ministre islandais des Affaires étrangères, Jón Baldursson, a déclaré lundi à la presse que son pays "
        "était prêt à accueillir les pourparlers. Il a condamné les frappes contre le port de Nordvik."
    )
    first, second = tagger.predict(text).statements
    assert first.cue.text == "a déclaré"
    assert first.speaker == "Le ministre islandais des Affaires étrangères, Jón Baldursson"
    assert [span.text for span in first.content] == ["son pays était prêt à accueillir les pourparlers"]
    assert first.form == "indirect"
    assert second.cue.text == "a condamné"
    assert second.source[0].text == "Il"
    assert second.speaker == first.speaker
    assert second.act.label == "ACCUSE"


def test_it_reads_a_quotation_and_its_stance(tagger: Tagger) -> None:
    document = tagger.predict("« Nous soutenons ces sanctions sans réserve », a affirmé le président letton.")
    (statement,) = document.statements
    assert statement.form == "direct"
    assert statement.speaker == "le président letton"
    assert "sanctions" in [stance.topic for stance in statement.topics]


def test_a_text_without_statements_has_none(tagger: Tagger) -> None:
    assert tagger.predict("Le pont a été rouvert mardi. Il mesure 300 mètres et relie les deux rives.").statements == ()


@pytest.mark.parametrize("dtype", ["fp32", "auto"])
def test_the_demo_dispatch_holds_its_statements(dtype: str) -> None:
    text = (ROOT / "examples" / "depeche.txt").read_text(encoding="utf-8")
    document = porteparole.load(device="cpu", dtype=dtype).predict(text)
    speakers = {statement.speaker for statement in document.statements}
    assert len(document.statements) >= 8
    assert "Budapest" in speakers
    assert any(speaker and "Kairytė" in speaker for speaker in speakers)


def test_the_card_is_rendered_from_the_shipped_metrics() -> None:
    assert (ROOT / "model_card.md").read_text(encoding="utf-8") == card(Bundle.read(shipped_bundle()))


# Python tells its audit hooks of each of these, whatever library does it.
GUARDED = """
import sys
def refuse(event, args):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request",
                 "pickle.find_class", "subprocess.Popen", "os.system", "os.exec"}:
        raise SystemExit(f"loading a model asked for {event} {args}")
import torch, transformers, porteparole.tagger
from porteparole.cli import main
from transformers import AutoModel, AutoModelForSequenceClassification
sys.addaudithook(refuse)
sys.argv = ["porteparole", "predict", "Selon Kiev, la trêve n'a pas tenu.", "--json", "--target", "la trêve"]
main()
"""


def test_a_fresh_process_predicts_without_network_pickle_or_home(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "HF_HOME": str(tmp_path / "none")}
    done = subprocess.run(
        [sys.executable, "-c", GUARDED], capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
    )
    assert done.stderr == ""
    (statement,) = json.loads(done.stdout)["statements"]
    assert statement["cue"]["text"] == "Selon"
    assert statement["speaker"] == "Kiev"
    assert statement["targets"][0]["target"] == "la trêve"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("act", "event"),
    [
        ("import pickle; pickle.loads(pickle.dumps(len))", "pickle.find_class"),
        ("import socket; socket.create_connection(('127.0.0.1', 9))", "socket.getaddrinfo"),
    ],
)
def test_the_guard_of_that_test_sees(tmp_path: Path, act: str, event: str) -> None:
    guard = GUARDED.partition("import torch")[0]
    program = f"{guard}\nsys.addaudithook(refuse)\n{act}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert f"asked for {event}" in done.stderr


IMPORTING = """
import locale, logging, os, signal, sys, threading, warnings
def state():
    signals = [signal.getsignal(number) for number in signal.valid_signals()]
    return (dict(os.environ), logging.root.level, logging.root.handlers[:], warnings.filters[:], signals,
            sys.excepthook, sys.stdout, sys.stderr, sys.getrecursionlimit(), threading.active_count(),
            locale.setlocale(locale.LC_ALL), os.getcwd())
"""


def test_importing_is_light_and_changes_nothing(tmp_path: Path) -> None:
    program = IMPORTING + (
        "before = state(); import porteparole; porteparole.Document('x');"
        "now = state(); assert before == now, [pair for pair in zip(before, now) if pair[0] != pair[1]];"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path)


def test_loading_and_predicting_leave_the_process_as_it_was(tmp_path: Path) -> None:
    program = IMPORTING + (
        "import torch, transformers.models.camembert.modeling_camembert as _\n"
        "def settings():\n"
        "    hf = transformers.logging\n"
        "    return (*state(), torch.get_num_threads(), torch.get_default_dtype(), torch.is_grad_enabled(),\n"
        "            torch.initial_seed(), torch.are_deterministic_algorithms_enabled(), hf.get_verbosity(),\n"
        "            hf.is_progress_bar_enabled())\n"
        "import transformers, porteparole\n"
        "before = settings()\n"
        "tagger = porteparole.load(device='cpu', dtype='fp32')\n"
        "tagger.predict('Selon Kiev, la trêve a tenu.', targets=['la trêve'])\n"
        "now = settings()\n"
        "assert before == now, [pair for pair in zip(before, now) if pair[0] != pair[1]]"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path)
