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


OFFLINE = """
import socket, sys
def refuse(*args, **kwargs):
    raise AssertionError("the network was asked")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
from porteparole.cli import main
sys.argv = ["porteparole", "predict", "Selon Kiev, la trêve n'a pas tenu.", "--json", "--target", "la trêve"]
main()
"""


def test_a_fresh_process_predicts_without_network_or_home(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "HF_HOME": str(tmp_path / "none")}
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE], capture_output=True, text=True, env=environment, cwd=tmp_path, check=True
    )
    (statement,) = json.loads(done.stdout)["statements"]
    assert statement["cue"]["text"] == "Selon"
    assert statement["speaker"] == "Kiev"
    assert statement["targets"][0]["target"] == "la trêve"
    assert done.stderr == ""


def test_importing_is_quick_and_changes_nothing(tmp_path: Path) -> None:
    program = (
        "import sys, os, logging, warnings; before = (dict(os.environ), logging.root.handlers[:], warnings.filters[:]);"
        "import porteparole; porteparole.Document('x');"
        "assert before == (dict(os.environ), logging.root.handlers[:], warnings.filters[:]);"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path)
