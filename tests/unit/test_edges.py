from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porteparole.edges import is_bare, partners, tidy
from porteparole.text import words


def moved(text: str, *, content: bool = True) -> str | None:
    """What becomes of the span between the brackets."""
    start, end = text.index("["), text.index("]") - 1
    text = text.replace("[", "").replace("]", "")
    spans = words(text).tolist()
    first = next(k for k, (_, stop) in enumerate(spans) if stop > start)
    last = next(k for k in reversed(range(len(spans))) if spans[k][0] < end)
    cut = [text[a:b] for a, b in spans]
    edges = tidy(cut, partners(cut), first, last + 1, content=content)
    return edges and text[spans[edges[0]][0] : spans[edges[1] - 1][1]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Il dit [que la paix est proche.]", "la paix est proche"),
        ("Il dit [qu'elle est proche] .", "elle est proche"),
        ("Il promet [d’agir, ]puis part", "agir"),
        ("Il lance : [« Partez ! »]", "Partez"),
        ("Il dit que [la Russie « est prête]».", "la Russie « est prête»"),
        ('Il dit que [la Russie "est prête" à céder ".] Fin', 'la Russie "est prête" à céder'),
        ("Il parle d'[« un test] de vérité » pour tous", "un test"),
        ('Il a "[la cruauté" sans limite] pour lui', '"la cruauté" sans limite'),
        ("Elle veut [« un plan » et « un toit »]", "« un plan » et « un toit »"),
        ("Rien [: «] là", None),
    ],
)
def test_content_edges_follow_the_guide(text: str, expected: str | None) -> None:
    assert moved(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("selon [le ministre,] tout va", "le ministre"),
        ("selon [le groupe « Alpha »], rien", "le groupe « Alpha »"),
        ("d'après [le groupe « Alpha] », rien", "le groupe « Alpha »"),
        ("dit [que] ça", "que"),
    ],
)
def test_other_roles_keep_marks_and_little_words(text: str, expected: str) -> None:
    assert moved(text, content=False) == expected


SIGNS = st.lists(st.sampled_from(["mot", "que", "d", "'", "«", "»", '"', "“", "”", ".", ",", "(", ")"]), min_size=1)


@given(SIGNS, st.data(), st.booleans())
def test_an_edge_moved_twice_stays_and_never_loses_a_mark(cut: list[str], data: st.DataObject, content: bool) -> None:
    start = data.draw(st.integers(0, len(cut) - 1))
    end = data.draw(st.integers(start + 1, len(cut)))
    marks = partners(cut)
    edges = tidy(cut, marks, start, end, content=content)
    if edges is not None:
        assert 0 <= edges[0] < edges[1] <= len(cut)
        assert cut[edges[1] - 1] not in {".", ","}
        assert marks.get(edges[0] - 1, -1) not in range(*edges) or content


@pytest.mark.parametrize("cue", ["a", "n'a pas", "se", "l’ont", "a,", "Ont été"])
def test_a_cue_without_the_word_that_reports_is_bare(cue: str) -> None:
    assert is_bare([cue[a:b] for a, b in words(cue).tolist()])


@pytest.mark.parametrize("cue", ["a dit", "selon", "n'a pas précisé", ":", "«", '"', "l'a exclu", "pour"])
def test_a_cue_that_reports_is_not(cue: str) -> None:
    assert not is_bare([cue[a:b] for a, b in words(cue).tolist()])
