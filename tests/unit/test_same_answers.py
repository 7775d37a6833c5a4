"""One text, one answer: in any company and order, from any thread, task or process, with any number of threads."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import PASSAGES
from offsets import unscored
from porteparole import Document, load
from porteparole.tagger import Tagger

PASSAGE_TEXTS = [passage["text"] for passage in PASSAGES]


@pytest.fixture(scope="module")
def tagger(tiny_bundle: Path) -> Tagger:
    return load(tiny_bundle, device="cpu", dtype="fp32")


@pytest.fixture(scope="module")
def alone(tagger: Tagger) -> list[Document]:
    return [tagger.predict(text) for text in PASSAGE_TEXTS]


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def said(documents: list[Document]) -> list[object]:
    return [unscored(document) for document in documents]


def test_the_passages_hold_statements(alone: list[Document]) -> None:
    assert sum(map(len, alone)) > len(PASSAGE_TEXTS)


def test_the_same_call_gives_the_same_bits(tagger: Tagger, alone: list[Document]) -> None:
    assert [tagger.predict(text) for text in PASSAGE_TEXTS] == alone
    assert tagger.predict(PASSAGE_TEXTS) == tagger.predict(PASSAGE_TEXTS)


@settings(max_examples=25)
@given(st.lists(st.integers(0, len(PASSAGE_TEXTS) - 1), min_size=1, max_size=40))
def test_order_and_company_change_no_span_and_no_label(tagger: Tagger, alone: list[Document], order: list[int]) -> None:
    together = tagger.predict([PASSAGE_TEXTS[k] for k in order])
    assert said(together) == said([alone[k] for k in order])
    for document, k in zip(together, order, strict=True):
        for one, other in zip(document.statements, alone[k].statements, strict=True):
            assert one.cue.score == pytest.approx(other.cue.score, abs=1e-4)
            assert one.act.score == pytest.approx(other.act.score, abs=1e-4)


def test_two_threads_of_torch_say_what_one_says(tagger: Tagger, alone: list[Document], two_threads: None) -> None:
    assert said([tagger.predict(text) for text in PASSAGE_TEXTS]) == said(alone)


def test_sixteen_threads_get_the_answers_of_one(tagger: Tagger, alone: list[Document]) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(tagger.predict, PASSAGE_TEXTS * 8))
    assert found == alone * 8


def test_sixteen_threads_load_and_use_the_stance_classifier_at_once(tiny_bundle: Path) -> None:
    fresh = load(tiny_bundle, device="cpu", dtype="fp32")
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: fresh.stance("Nous refusons cet accord.", "l'accord"), range(32)))
    assert set(found) == {fresh.stance("Nous refusons cet accord.", "l'accord")}


def test_tasks_of_asyncio_get_the_answers_of_one(tagger: Tagger, alone: list[Document]) -> None:
    async def ask() -> list[Document]:
        return await asyncio.gather(*(asyncio.to_thread(tagger.predict, text) for text in PASSAGE_TEXTS * 4))

    assert asyncio.run(ask()) == alone * 4


def test_two_streams_read_in_turn_do_not_mix(tagger: Tagger, alone: list[Document]) -> None:
    there, back = tagger.stream(PASSAGE_TEXTS), tagger.stream(PASSAGE_TEXTS[::-1])
    both = [(next(there), next(back)) for _ in PASSAGE_TEXTS]
    assert said([document for document, _ in both]) == said(alone)
    assert said([document for _, document in both]) == said(alone[::-1])


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_worker_processes_get_the_answers_of_one(tiny_bundle: Path, method: str) -> None:
    done = subprocess.run(
        [sys.executable, Path(__file__).parents[1] / "workers.py", method, tiny_bundle],
        input=json.dumps(PASSAGE_TEXTS), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.stdout == "same\n", done.stderr
