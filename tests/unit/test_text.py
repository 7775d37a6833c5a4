from __future__ import annotations

import itertools

import numpy as np
import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from porteparole.text import form, quotations, sentence_starts, windows, words
from strategies import BLANK, texts


def split(text):
    return [text[start:end] for start, end in words(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t\u202f\u200b", []),
        ("L'Élysée a dit.", ["L", "'", "Élysée", "a", "dit", "."]),
        ("a-t-il", ["a", "-", "t", "-", "il"]),
        ("« Oui\u202f»", ["«", "Oui", "»"]),
        ("E\u0301lyse\u0301e", ["E\u0301lyse\u0301e"]),
        ("👩‍👩‍👧 et 🇫🇷🇩🇪", ["👩‍👩‍👧", "et", "🇫🇷", "🇩🇪"]),
        ("x" * 150, ["x" * 64, "x" * 64, "x" * 22]),
        ("3,5 %", ["3", ",", "5", "%"]),
    ],
)
def test_words_of(text, expected):
    assert split(text) == expected


@given(texts())
@example("a" * 63 + "\u1100\u1161")  # a syllable across the longest word's end
@example("\u2139\u200d😀")  # a letter that joins to an emoji
@example(" \u0301")  # an accent on a blank
@example("\u0d4e!")  # a letter that joins to what follows
@example("a" * 63 + "\u0915\u094d\u0937")  # a conjunct across the longest word's end
def test_words_are_whole_graphemes_in_order_and_lose_nothing(text):
    spans = words(text)
    assert np.all(spans[:, 0] < spans[:, 1])
    assert np.all(np.diff(spans.ravel()) >= 0)
    edges = {0} | {match.end() for match in regex.finditer(r"\X", text)}
    assert set(spans.ravel().tolist()) <= edges
    kept = {i for start, end in spans for i in range(start, end)}
    assert all(BLANK.match(text[i]) for i in range(len(text)) if i not in kept)
    assert all(BLANK.sub("", word) for word in split(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Oui", ["Oui"]),
        ("Oui. Non ! Peut-être", ["Oui", "Non", "Peut"]),
        ("M. Dupont… dit 3.5 fois.", ["M", "Dupont"]),  # a rule for windows, not for linguistics
        ("« Oui. » Il part.", ["«", "Il"]),
        ("Titre\nSuite\n\nFin", ["Titre", "Suite", "Fin"]),
        ("SteelLe.Le mot", ["SteelLe", "Le"]),
    ],
)
def test_sentences_begin_at(text, expected):
    spans = words(text)
    assert [text[slice(*spans[k])] for k in sentence_starts(text, spans)] == expected


@given(texts())
def test_sentence_starts_are_words_in_order_from_the_first(text):
    spans = words(text)
    starts = sentence_starts(text, spans).tolist()
    assert starts[:1] == [0][: len(spans)]
    assert starts == sorted(set(starts))
    assert all(start < len(spans) for start in starts)


@st.composite
def cuttings(draw):
    sizes = draw(st.lists(st.integers(0, 12), min_size=1, max_size=60))
    starts = {0} | draw(st.sets(st.integers(0, len(sizes) - 1)))
    budget = draw(st.integers(1, 30))
    return np.array(sizes), np.array(sorted(starts)), budget, draw(st.integers(0, budget - 1))


@given(cuttings())
@example((np.array([5, 5, 8, 5]), np.array([0]), 10, 8))
def test_windows_own_each_word_once_and_keep_the_budget(cutting):
    sizes, starts, budget, overlap = cutting
    cut = windows(sizes, starts, budget, overlap)
    owned = [word for window in cut for word in range(window.own_start, window.own_end)]
    assert owned == list(range(len(sizes)))
    for window in cut:
        assert window.start <= window.own_start <= window.own_end <= window.end
        assert sizes[window.start : window.end].sum() <= max(budget, sizes[window.start : window.end].max())
    for before, after in itertools.pairwise(cut):
        assert before.start < after.start
        assert before.end < after.end


def test_no_word_no_window():
    assert windows(np.array([], dtype=int), np.array([], dtype=int), 10, 2) == []


def test_windows_begin_and_end_with_sentences_where_they_can():
    starts = np.array([0, 7, 14, 21])
    cut = windows(np.ones(28, dtype=int), starts, budget=16, overlap=8)
    assert [(window.start, window.end) for window in cut] == [(0, 14), (7, 21), (14, 28)]
    assert {window.own_start for window in cut} <= set(starts.tolist())


def test_a_text_that_just_fits_is_one_window():
    assert windows(np.array([4, 6]), np.array([0, 1]), budget=10, overlap=2) == [(0, 2, 0, 2)]


def test_a_window_ends_with_a_sentence_only_where_that_leaves_more_than_half_of_it():
    for length, end in [(6, 16), (8, 16), (9, 9)]:  # of the first sentence, in a window of 16
        cut = windows(np.ones(40, dtype=int), np.array([0, length]), budget=16, overlap=4)
        assert cut[0].end == end


@pytest.mark.parametrize("starts", [np.array([0]), np.arange(0, 1000, 5)])
def test_a_word_is_seen_with_half_the_overlap_as_context(starts):
    cut = windows(np.ones(1000, dtype=int), starts, budget=100, overlap=40)
    for window in cut[1:]:
        assert window.own_start - window.start == 20
    for window in cut[:-1]:
        assert window.end - window.own_end == 20


def quoted(text):
    return [text[start:end] for start, end in quotations(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rien.", []),
        ("«Oui», dit-il, «non».", ["Oui", "non"]),
        ('“Oui” puis "non" puis „si”', ["Oui", "non", "si"]),
        ("«Il a dit “non” hier», dit-elle", ["Il a dit “non” hier"]),
        ('"Un «deux» trois"', ["Un «deux» trois"]),
        ("«Un «deux» trois»", ["Un «deux» trois"]),
        ("«Jamais fermé", []),
        ("jamais ouvert» «oui»", ["oui"]),
        ('«jamais fermé, "oui"', ["oui"]),
        ("«un “deux» trois”", ["un “deux"]),
        ('«un "deux» trois "quatre"', ['un "deux', "quatre"]),
        ('un "deux\ntrois" quatre', []),
        ("«un\ndeux»", ["un\ndeux"]),
        ('"un\n"deux"', ["deux"]),
    ],
)
def test_quotations_of(text, expected):
    assert quoted(text) == expected


@given(texts())
def test_quotations_are_disjoint_and_stand_between_marks(text):
    found = quotations(text)
    assert np.all(found[:, 0] <= found[:, 1])
    assert np.all(found[1:, 0] > found[:-1, 1])
    pairs = {text[start - 1] + text[end] for start, end in found}
    assert pairs <= {"«»", "“”", "„”", '""'}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([], "indirect"),
        (["Un"], "direct"),
        (["Un", "deux"], "direct"),
        (["«Un» dit"], "mixed"),
        (["Un", "dit"], "mixed"),
        (["dit"], "indirect"),
        (["Un» dit «deux"], "mixed"),
        (["fin"], "indirect"),
        (["dit", "fin"], "indirect"),
    ],
)
def test_form_of(content, expected):
    text = "«Un» dit «deux» fin"
    spans = [(text.index(part), text.index(part) + len(part)) for part in content]
    assert form(spans, quotations(text)) == expected


@given(
    st.lists(st.integers(0, 30), max_size=8, unique=True).map(sorted),
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 5)), max_size=4),
)
def test_form_follows_its_definition(marks, lengths):
    quotes = list(zip(marks[::2], marks[1::2], strict=False))
    content = [(start, start + length) for start, length in lengths]
    inside = [any(a <= start and end <= b for a, b in quotes) for start, end in content]
    touched = [any(a < end and start < b for a, b in quotes) for start, end in content]
    expected = "direct" if content and all(inside) else "mixed" if any(touched) else "indirect"
    assert form(content, np.array(quotes, dtype=np.int64).reshape(-1, 2)) == expected
