"""The public face, on a tiny bundle."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import torch

from porteparole import BundleError, Document, InputError
from porteparole.bundle import Bundle
from porteparole.tagger import Tagger, load


@pytest.fixture(scope="session")
def tagger(tiny_bundle: Path) -> Tagger:
    return load(tiny_bundle, device="cpu", dtype="fp32")


@pytest.fixture(scope="session")
def texts(corpus: list[Document]) -> list[str]:
    return [document.text for document in corpus]


def test_one_text_gives_a_document_many_give_a_list(tagger: Tagger, texts: list[str]) -> None:
    one = tagger.predict(texts[0])
    assert isinstance(one, Document)
    assert one.statements
    many = tagger.predict(iter(texts))
    assert isinstance(many, list)
    assert [document.text for document in many] == texts
    assert len(many[0]) == len(one)


def test_no_text_gives_no_document_and_the_empty_text_an_empty_one(tagger: Tagger) -> None:
    assert tagger.predict([]) == []
    for blank in ("", " \n\t", "\u200b"):
        assert tagger.predict(blank) == Document(blank)


def test_stream_is_lazy(tagger: Tagger, texts: list[str]) -> None:
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield texts[0]

    stream = tagger.stream(endless())
    assert next(stream).text == texts[0]
    assert taken < 1000


def test_a_long_text_is_read_to_its_end(tagger: Tagger, texts: list[str]) -> None:
    text = "\n".join(texts * 20)
    document = tagger.predict(text)
    cues = [statement.cue.start for statement in document.statements]
    assert cues == sorted(set(cues))
    assert len(cues) > 10 * sum(len(tagger.predict(t)) for t in texts)
    assert cues[-1] > 0.9 * len(text)


def test_targets_are_judged_for_each_statement(tagger: Tagger, texts: list[str]) -> None:
    targets = ["la reprise du dialogue", "les sanctions"]
    document = tagger.predict(texts[0], targets=targets)
    assert document.statements
    for statement in document.statements:
        assert [stance.target for stance in statement.targets] == targets
    assert Document.from_dict(document.to_dict()) == document


def test_targets_of_many_documents_are_judged_as_those_of_each(tagger: Tagger, texts: list[str]) -> None:
    targets = ["la reprise du dialogue", "les sanctions"]

    def verdicts(documents: list[Document]) -> list[object]:
        return [[(t.target, t.label) for t in s.targets] for document in documents for s in document.statements]

    alone = [tagger.predict(text, targets=targets) for text in texts]
    assert verdicts(tagger.predict(texts, targets=targets)) == verdicts(alone)


def test_stance_of_a_pair_long_or_short(tagger: Tagger) -> None:
    target = "l'accord de paix"
    for text in ("Nous refusons.", "Nous refusons cet accord. " * 300):
        stance = tagger.stance(text, target)
        assert stance.target == target
        assert stance.label in {"favor", "against", "conditional", "neutral"}
        assert 0 <= stance.score <= 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: t.predict(3), "expected a string, got int"),
        (lambda t: t.predict(b"octets"), "got bytes; decode bytes first"),
        (lambda t: t.predict(["bon", None]), "text 1: expected a string, got NoneType"),
        (lambda t: t.predict("a\ud800b"), "character 1 is a lone surrogate"),
        (lambda t: t.stream("un texte"), "got one string; use predict"),
        (lambda t: t.predict("Bonjour.", targets="la paix"), "expected a list of targets, got one string"),
        (lambda t: t.stance("Bonjour.", " "), "target: expected a French noun phrase"),
        (lambda t: t.stance("Bonjour.", "la paix " * 400), "is it the text?"),
    ],
)
def test_bad_input_is_told(tagger: Tagger, call, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call(tagger)


def test_bad_devices_and_dtypes_are_told(tiny_bundle: Path) -> None:
    with pytest.raises(InputError, match="device 'toaster': expected auto"):
        load(tiny_bundle, device="toaster")
    with pytest.raises(InputError, match="dtype 'fp7': expected auto"):
        load(tiny_bundle, dtype="fp7")


def test_a_bundle_without_stance_says_how_to_get_one(tiny_bundle: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_bundle, tmp_path / "bundle")
    shutil.rmtree(tmp_path / "bundle" / "stance")
    tagger = load(tmp_path / "bundle")
    assert tagger.predict("Bonjour.").text == "Bonjour."
    with pytest.raises(BundleError, match=r"porteparole train configs/stance\.yaml"):
        tagger.stance("Bonjour.", "la paix")


def test_describe_names_model_device_and_dtype(tagger: Tagger, tiny_bundle: Path) -> None:
    said = tagger.describe()
    assert said == {
        "model": "bundle",
        "path": str(tiny_bundle),
        "backend": "torch",
        "device": "cpu",
        "dtype": "fp32",
        "why": "as asked",
        "threads": torch.get_num_threads(),
    }
    picked = load(tiny_bundle, device="cpu").describe()
    assert picked["dtype"] in ("fp32", "bf16")
    assert re.fullmatch(r"on this CPU bf16 multiplies \d+\.\d times as fast as fp32", str(picked["why"]))
    assert tagger.labels == Bundle.read(tiny_bundle).labels
