from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porteparole.relations import excerpt, link
from porteparole.schema import Span, Statement
from porteparole.text import form, quotations

TEXT = "Il «dit» ceci, «et cela» aussi, dit-on."


def span(start, end):
    return Span(start, end, TEXT[start:end])


@st.composite
def spans(draw):
    start = draw(st.integers(0, len(TEXT) - 1))
    return span(start, draw(st.integers(start + 1, len(TEXT))))


statements = st.lists(st.builds(Statement, cue=spans(), content=st.lists(spans(), max_size=3).map(tuple)), max_size=8)


def in_a_ring(linked, k, parents):
    """Whether, by the parents that were given, some parent of statement k lies inside it."""
    for at in parents:
        while at is not None and at != k:
            at = linked[at].parent
        if at == k:
            return True
    return False


@given(statements)
def test_parents_never_go_round(given_statements):
    linked = link(TEXT, given_statements)
    for k in range(len(linked)):
        at, steps = k, 0
        while (at := linked[at].parent) is not None:
            steps += 1
            assert steps <= len(linked)


@given(statements)
def test_link_follows_its_definition(given_statements):
    linked = link(TEXT, given_statements)
    plain = sorted(given_statements, key=lambda s: (s.cue.start, s.cue.end))
    assert [replace(s, form="indirect", parent=None) for s in linked] == plain
    for k, statement in enumerate(linked):
        cue = statement.cue
        lengths = {}
        for j, other in enumerate(linked):
            holding = [c.end - c.start for c in other.content if c.start <= cue.start and cue.end <= c.end]
            if holding and j != k:
                lengths[j] = min(holding)
        smallest = {j for j, length in lengths.items() if length == min(lengths.values())}
        assert statement.parent in (smallest or {None}) or (statement.parent is None and in_a_ring(linked, k, smallest))
        assert statement.form == form([(c.start, c.end) for c in statement.content], quotations(TEXT))


@given(statements.flatmap(lambda s: st.tuples(st.just(s), st.permutations(s))))
def test_who_holds_whom_does_not_hang_on_the_order_given(orders):
    cues = [(s.cue.start, s.cue.end) for s in orders[0]]
    if len(set(cues)) == len(cues):
        assert link(TEXT, orders[0]) == link(TEXT, orders[1])


def test_corpus_is_linked(corpus):
    nested = next(document for document in corpus if document.id == "nested")
    assert [statement.parent for statement in nested] == [None, 0, 1]
    assert [statement.form for statement in nested] == ["mixed", "mixed", "direct"]
    inverted = next(document for document in corpus if document.id == "inverted")
    assert [statement.parent for statement in inverted] == [None, None]


def test_an_excerpt_holds_source_cue_and_content_and_no_more(corpus):
    for document in corpus:
        for statement in document:
            parts = [statement.cue, *statement.source, *statement.content]
            start, end = min(part.start for part in parts), max(part.end for part in parts)
            assert excerpt(document.text, statement) == document.text[start:end]


@pytest.mark.parametrize("text", ["Moscou" + " …" * 200 + " dit oui", "Il dit oui." + " …" * 200 + " Moscou"])
def test_an_excerpt_leaves_out_a_far_source(text):
    cue, source, content = (
        Span(text.index(word), text.index(word) + len(word), word) for word in ("dit", "Moscou", "oui")
    )
    assert excerpt(text, Statement(cue, source=(source,), content=(content,))) == "dit oui"
