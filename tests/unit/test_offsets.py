"""Every span of every text holds its own characters, whole graphemes of them, in any company."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offsets import faults
from porteparole import Document, load
from porteparole.schema import Span, Statement
from porteparole.tagger import Tagger
from strategies import dispatches, texts

NASTY_TEXTS = [
    json.loads(line) for line in (Path(__file__).parents[1] / "nasty" / "texts.jsonl").read_text("utf-8").splitlines()
]


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Tagger:
    """Learned by heart, it finds statements in spoilt texts where a better model finds none."""
    return load(tiny_bundle, device="cpu", dtype="fp32")


@pytest.fixture(scope="module")
def shipped() -> Tagger:
    return load(device="cpu", dtype="fp32")


def check(tagger: Tagger, strange: list[str]) -> int:
    """Check the documents of these texts; return how many statements they hold."""
    documents = tagger.predict(strange)
    found = [fault for text, document in zip(strange, documents, strict=True) for fault in faults(text, document)]
    assert found == []
    return sum(map(len, documents))


_readable = texts(20).map(lambda text: text.replace("\ud800", ""))


@settings(max_examples=100)
@given(st.lists(dispatches() | _readable, min_size=1, max_size=4))
def test_spans_hold_on_spoilt_texts(tiny: Tagger, strange: list[str]) -> None:
    check(tiny, strange)


@pytest.mark.slow
@settings(max_examples=3000)
@given(st.lists(dispatches() | _readable, min_size=1, max_size=4))
def test_spans_hold_on_thousands_of_spoilt_texts(tiny: Tagger, strange: list[str]) -> None:
    check(tiny, strange)


@pytest.mark.slow
@settings(max_examples=1000)
@given(st.lists(dispatches(), min_size=1, max_size=2))
def test_spans_of_the_shipped_model_hold_on_spoilt_texts(shipped: Tagger, strange: list[str]) -> None:
    check(shipped, strange)


@pytest.mark.parametrize("nasty", NASTY_TEXTS, ids=lambda nasty: nasty["id"])
def test_spans_hold_on_the_nasty_texts(tiny: Tagger, shipped: Tagger, nasty: dict[str, str]) -> None:
    check(tiny, [nasty["text"]])
    check(shipped, [nasty["text"]])


def test_the_nasty_texts_hold_statements_to_get_wrong(shipped: Tagger) -> None:
    strange = [nasty["text"] for nasty in NASTY_TEXTS]
    assert check(shipped, strange) > len(strange) / 2


@pytest.mark.parametrize(
    ("span", "fault"),
    [
        (Span(0, 0, ""), "is empty"),
        (Span(4, 9, "e\u0301"), "outside the text"),
        (Span(0, 2, "de"), "holds another text"),
        (Span(3, 4, "e"), "cuts a grapheme"),
        (Span(0, 2, "Il", 1.5), "has a score outside"),
    ],
)
def test_the_check_sees_a_fault(span: Span, fault: str) -> None:
    text = "Il e\u0301"
    assert not faults(text, Document(text, (Statement(Span(0, 2, "Il")),)))
    assert any(fault in said for said in faults(text, Document(text, (Statement(span),))))
