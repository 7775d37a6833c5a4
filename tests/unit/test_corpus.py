"""The project's own corpus: by the guide, in the numbers that its datasheet promises, and nobody else's text."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from porteparole.data import read_corpus
from porteparole.duplicates import near_duplicates, word_grams
from porteparole.labels import DEFAULT
from porteparole.schema import Document

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "training" / "corpus"
REAL = ROOT.parent / "shared" / "real"
SPLITS = ("train", "dev", "test")


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return [document for split in SPLITS for document in read_corpus(CORPUS / f"{split}.jsonl", DEFAULT)]


def test_the_splits_are_built_from_what_was_written(tmp_path: Path) -> None:
    before = {split: (CORPUS / f"{split}.jsonl").read_bytes() for split in SPLITS}
    done = subprocess.run([sys.executable, str(CORPUS / "build.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert {split: (CORPUS / f"{split}.jsonl").read_bytes() for split in SPLITS} == before


def test_it_is_large_and_holds_every_label_in_number(documents: list[Document]) -> None:
    statements = [statement for document in documents for statement in document.statements]
    assert len(documents) >= 1000
    assert len(statements) >= 3000
    acts = Counter(statement.act.label for statement in statements)
    topics = Counter(stance.topic for statement in statements for stance in statement.topics)
    stances = Counter(stance.label for statement in statements for stance in statement.targets)
    assert min(acts[act] for act in DEFAULT.acts) >= 150
    assert min(topics[topic] for topic in DEFAULT.topics) >= 100
    assert stances["conditional"] >= 200
    assert stances["against"] >= 500
    assert sum(not document.statements for document in documents) >= 50


def test_ids_are_unique_and_passages_of_the_promised_length(documents: list[Document]) -> None:
    assert len({document.id for document in documents}) == len(documents)
    lengths = [len(document.text.split()) for document in documents]
    assert min(lengths) >= 50
    assert max(lengths) <= 215


def test_no_two_passages_are_near_duplicates(documents: list[Document]) -> None:
    pairs = near_duplicates([document.text for document in documents])
    assert [(documents[j].id, documents[k].id) for j, k, _ in pairs] == []


@pytest.mark.skipif(not REAL.is_dir(), reason="the real news corpora are not on this machine")
def test_no_sentence_of_the_real_news_stands_in_it(documents: list[Document]) -> None:
    real: set[tuple[str, ...]] = set()
    for split in ("train", "dev"):
        for line in (REAL / f"{split}.jsonl").read_text(encoding="utf-8").splitlines():
            real |= word_grams(json.loads(line)["text"], 8)
    assert [document.id for document in documents if word_grams(document.text, 8) & real] == []
