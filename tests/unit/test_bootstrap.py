"""Intervals that hold what they should, and a comparison that knows better from the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from porteparole import Act, Document, Span, Statement
from porteparole.bootstrap import compare, intervals
from porteparole.metrics import headline, score

TEXT = "Oslo a dit non. Rome a dit oui. Paris a dit peut-être."
CUES = [(5, 10), (21, 26), (38, 43)]


def found_in(found: Sequence[int]) -> list[Document]:
    """One document for each number: so many of its three statements."""
    statements = [Statement(Span(a, b, TEXT[a:b]), source=(Span(a - 5, a - 1, TEXT[a - 5 : a - 1]),)) for a, b in CUES]
    return [Document(TEXT, tuple(statements[:n])) for n in found]


def test_an_interval_has_the_width_that_theory_gives():
    chooser = np.random.default_rng(1)
    hits = [int(n) for n in chooser.integers(0, 2, 400)]
    gold, found = found_in([1] * 400), found_in(hits)
    low, high = intervals(found, gold)["cue"]["overlap"]["recall"]
    share = sum(hits) / 400
    error = 1.96 * (share * (1 - share) / 400) ** 0.5
    assert low == pytest.approx(share - error, abs=0.01)
    assert high == pytest.approx(share + error, abs=0.01)


def test_documents_are_drawn_whole():
    """Thirty documents with three statements each, all found or none, tell no more than thirty statements do."""
    gold = found_in([3] * 30)
    together = intervals(found_in([3, 0] * 15), gold)["cue"]["overlap"]["recall"]
    alone = intervals(found_in([1, 0] * 15), found_in([1] * 30))["cue"]["overlap"]["recall"]
    assert together == pytest.approx(alone)


def test_every_figure_has_its_interval(corpus):
    worse = [replace(document, statements=document.statements[:1]) for document in corpus]
    table, bounds = score(worse, corpus), intervals(worse, corpus, resamples=50)

    def check(figures, limits):
        for name, value in figures.items():
            if name in ("n", "confusion", "documents", "statements"):
                continue
            if isinstance(value, dict):
                check(value, limits[name])
            else:
                low, high = limits[name]
                assert 0 <= low <= high <= 1, name

    check(table, bounds)
    assert intervals(worse, corpus, resamples=50) == bounds
    assert intervals(worse, corpus, resamples=50, seed=1) != bounds


def test_a_perfect_model_has_no_spread(corpus):
    bounds = intervals(corpus, corpus, resamples=20)
    assert bounds["cue"]["overlap"]["f1"] == [1, 1]
    assert bounds["act"]["labels"]["ACCUSE"]["f1"] == [1, 1]  # in the draws without one, it has no F1


def test_the_better_model_is_told_from_the_same(corpus):
    worse = [
        replace(d, statements=tuple(replace(s, act=Act("STATE"), source=()) for s in d.statements)) for d in corpus
    ]
    same = compare(worse, worse, corpus)
    assert {row["difference"] for row in same.values()} == {0}
    assert {row["p"] for row in same.values()} == {1}
    better = compare(worse, corpus, corpus)
    assert better["source"]["difference"] == 1
    assert better["source"]["p"] == pytest.approx(2 / 1001)
    assert better["act"]["interval"][0] > 0
    assert better["cue"]["p"] == 1
    assert better["act"]["first"] == headline(score(worse, corpus))["act"]
    back = compare(corpus, worse, corpus)
    assert back["source"]["interval"] == [-1, -1]
    assert back["source"]["p"] == better["source"]["p"]


def test_pairing_sees_a_small_difference_that_intervals_hide():
    chooser = np.random.default_rng(2)
    first = [int(n) for n in chooser.integers(0, 2, 200)]
    second = [1 if k % 20 == 0 else n for k, n in enumerate(first)]
    gold = found_in([1] * 200)
    row = compare(found_in(first), found_in(second), gold)["cue"]
    assert row["interval"][0] > 0
    assert (
        intervals(found_in(first), gold)["cue"]["overlap"]["f1"][1]
        > intervals(found_in(second), gold)["cue"]["overlap"]["f1"][0]
    )
