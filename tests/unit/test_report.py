"""The evaluation page: what it shows of a model's mistakes, that it needs nothing else, that it trusts no text."""

from __future__ import annotations

import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from porteparole import Act, DependencyError, Document, Span, Stance, Statement
from porteparole.curves import plot
from porteparole.evaluate import judge
from porteparole.mistakes import KINDS, judged, mistakes
from porteparole.report import report

ATTACK = '<script>alert(1)</script> "><img src=x onerror=alert(1)> &amp;'
TEXT = f"Oslo a dit {ATTACK}. Rome a dit oui. Paris a dit peut-être."


def span(text: str, *, nth: int = 0, score: float = 1.0) -> Span:
    start = -1
    for _ in range(nth + 1):
        start = TEXT.index(text, start + 1)
    return Span(start, start + len(text), text, score)


def topic(name: str, label: str, score: float = 1.0, topic_score: float = 1.0) -> Stance:
    return Stance(name, f"la cible de {name}", label, score, topic_score)


GOLD = Document(
    TEXT,
    (
        Statement(span("a dit"), (span("Oslo"),), content=(span(ATTACK),), topics=(topic("trade", "favor"),)),
        Statement(span("a dit", nth=1), (span("Rome"),), content=(span("oui"),), act=Act("AGREE")),
        Statement(span("a dit", nth=2), (span("Paris"),), content=(span("peut-être"),)),
    ),
    id=ATTACK,
)
FOUND = Document(
    TEXT,
    (
        Statement(
            span("a dit", score=0.9),
            (span("Oslo a", score=0.7),),
            content=(span(ATTACK[:20], score=0.8),),
            act=Act("REJECT", 0.6),
            topics=(topic("trade", "against", 0.55), topic("peace", "favor", topic_score=0.75)),
        ),
        Statement(span("alert", score=0.65), (span("Oslo"),)),
        Statement(span("a dit", nth=2, score=0.95), (span("Paris"),), content=(span("peut-être"),)),
    ),
)


class Page(HTMLParser):
    """The tags of a page, and whether each is closed by its own kind."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "html"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag != "html":
            assert self.open.pop() == tag


def page(found: Document = FOUND) -> str:
    scores = {"file": "dev.jsonl", **judge([found], [GOLD])}
    return report([found], [GOLD], scores, model="porteparole-mini")


def test_every_kind_of_mistake_is_found_once():
    found = mistakes([FOUND], [GOLD])
    assert {kind: [(m.score, m.said, m.wanted) for m in items] for kind, items in found.items()} == {
        "missed statement": [(1.0, "nothing", "a dit")],
        "invented statement": [(0.65, "alert", "nothing")],
        "wrong source": [(0.7, "Oslo a", "Oslo")],
        "wrong content": [(0.8, ATTACK[:20], ATTACK)],
        "wrong act": [(0.6, "REJECT", "STATE")],
        "wrong stance": [(0.55, "trade: against", "trade: favor")],
        "invented topic": [(0.75, "peace: favor", "trade")],
    }
    for items in found.values():
        for mistake in items:
            for held in (*mistake.predicted, *mistake.annotated):
                assert mistake.text[held.start - mistake.start : held.end - mistake.start] == held.text


def test_a_perfect_model_makes_no_mistakes(corpus):
    assert mistakes(corpus, corpus) == {kind: [] for kind in KINDS}


def test_the_surest_mistakes_come_first_and_no_more_than_asked_for(corpus):
    unsure = [
        replace(d, statements=tuple(replace(s, act=Act("CONCEDE", 0.3 + k / 10)) for k, s in enumerate(d)))
        for d in corpus
    ]
    found = mistakes(unsure, corpus, most=3)["wrong act"]
    assert [m.score for m in found] == sorted((m.score for m in found), reverse=True)
    assert len(found) == 3


def test_scores_are_judged_against_the_annotation():
    assert judged([FOUND], [GOLD]) == {
        "cue": ([0.9, 0.65, 0.95], [True, False, True]),
        "act": ([0.6, 1.0], [False, True]),
        "topic": ([1.0, 0.75], [True, False]),
        "stance": ([0.55], [False]),
    }


def test_the_page_is_whole_and_asks_for_nothing():
    parsed = Page(page())
    assert not {tag for tag, _ in parsed.tags} & {"script", "img", "link", "iframe", "object"}
    assert not [a for _, attributes in parsed.tags for a in attributes if a in ("src", "href") or a.startswith("on")]
    text = page()
    assert "http" not in text
    for figure in ("antecedent, characters", "topic with stance, micro", "Confusions", "calibration error"):
        assert figure in text
    assert text.count("<details>") == len(KINDS)
    plot_of = text[text.index("<svg class=plot") : text.index("</svg>", text.index("<svg class=plot")) + 6]
    assert plot_of.count("<polyline") == 4


def test_texts_and_names_are_escaped():
    text = page()
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text
    assert "&amp;amp;" in text


def test_a_model_that_finds_nothing_has_a_page_too():
    text = page(Document(TEXT))
    Page(text)
    assert "missed statement: the surest 3" in text


def test_plots_are_written(tmp_path: Path):
    scores = judge([FOUND], [GOLD])
    plot([FOUND], [GOLD], scores, tmp_path / "plots")
    for name in ("reliability", "act", "stance"):
        assert (tmp_path / "plots" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    plot([Document(TEXT)], [GOLD], judge([Document(TEXT)], [GOLD]), tmp_path / "nothing")


def test_plots_without_matplotlib_say_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(DependencyError, match=r"pip install 'porteparole\[plot\]'"):
        plot([FOUND], [GOLD], judge([FOUND], [GOLD]), tmp_path)
