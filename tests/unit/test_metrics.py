from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porteparole.metrics import Counts, headline, pair, score
from porteparole.schema import Act, Document, Span, Stance, Statement
from strategies import annotated_documents

TEXT = "abcdefghijklmnopqrstuvwxyz"


def span(start, end):
    return Span(start, end, TEXT[start:end])


def document(*statements):
    return Document(TEXT, statements)


def cues(*edges):
    return document(*(Statement(span(*edge)) for edge in edges))


@pytest.mark.parametrize(
    ("hit", "predicted", "gold", "expected"),
    [(0, 0, 0, (0, 0, 0)), (2, 4, 2, (0.5, 1, 2 / 3)), (0, 3, 0, (0, 0, 0)), (3, 3, 3, (1, 1, 1))],
)
def test_precision_recall_and_f1(hit, predicted, gold, expected):
    figures = Counts(hit, predicted, gold).to_dict()
    assert (figures["precision"], figures["recall"], figures["f1"]) == pytest.approx(expected)
    assert figures["n"] == gold


@pytest.mark.parametrize(
    ("predicted", "gold", "expected"),
    [
        (cues(), cues((0, 2)), []),
        (cues((0, 2)), cues((2, 4)), []),  # side by side is no overlap
        (cues((0, 3)), cues((2, 4)), [(0, 0)]),
        (cues((0, 9)), cues((0, 2), (3, 9)), [(0, 1)]),  # the larger overlap wins
        (cues((0, 2), (3, 9)), cues((0, 9)), [(1, 0)]),
        (cues((0, 2), (4, 6), (8, 9)), cues((4, 5), (8, 9)), [(1, 0), (2, 1)]),
        (cues((0, 4), (4, 8)), cues((1, 6), (6, 8)), [(0, 0), (1, 1)]),
        (cues((0, 6), (6, 8)), cues((0, 2), (2, 8)), [(0, 1)]),  # greedy: 4 first, which leaves two without partner
    ],
)
def test_pairs_of(predicted, gold, expected):
    assert pair(predicted, gold) == expected


@given(annotated_documents(TEXT), annotated_documents(TEXT))
def test_pairing_takes_the_largest_overlap_first(predicted, gold):
    def shared(p, g):
        a, b = predicted.statements[p].cue, gold.statements[g].cue
        return len(set(range(a.start, a.end)) & set(range(b.start, b.end)))

    pairs = pair(predicted, gold)
    assert all(shared(*couple) for couple in pairs)
    assert len({p for p, _ in pairs}) == len({g for _, g in pairs}) == len(pairs)
    by_left, by_right = dict(pairs), {g: p for p, g in pairs}
    for p in range(len(predicted)):
        for g in range(len(gold)):
            rivals = [shared(p, by_left[p])] if p in by_left else []
            rivals += [shared(by_right[g], g)] if g in by_right else []
            assert shared(p, g) <= max(rivals, default=0)


def test_figures_of_a_case_counted_by_hand():
    gold = document(
        Statement(
            span(4, 6),
            source=(span(0, 3),),
            content=(span(7, 11), span(13, 15)),
            act=Act("REJECT"),
            topics=(Stance("peace", "la paix", "against"), Stance("trade", "le commerce", "favor")),
        ),
        Statement(span(20, 22), source=(span(18, 19),), act=Act("STATE")),
    )
    predicted = document(
        Statement(
            span(4, 7),
            source=(span(0, 3),),
            content=(span(7, 11), span(14, 16)),
            act=Act("REJECT"),
            topics=(Stance("peace", "la paix", "favor"), Stance("energy", "l'énergie", "favor")),
        ),
        Statement(span(12, 13), source=(span(18, 19),)),
        Statement(span(20, 22), antecedent=(span(0, 3),), act=Act("AGREE")),
    )
    table = score([predicted], [gold])

    def counts(figures):
        return (figures["precision"], figures["recall"], figures["n"])

    assert (table["documents"], table["statements"]) == (1, 2)
    assert counts(table["cue"]["overlap"]) == pytest.approx((2 / 3, 1, 2))
    assert counts(table["cue"]["exact"]) == pytest.approx((1 / 3, 1 / 2, 2))
    assert counts(table["source"]["exact"]) == pytest.approx((1 / 2, 1 / 2, 2))  # not that of the invented one
    assert counts(table["content"]["exact"]) == pytest.approx((1 / 2, 1 / 2, 2))
    assert counts(table["content"]["characters"]) == pytest.approx((5 / 6, 5 / 6, 6))
    assert counts(table["antecedent"]["exact"]) == (0, 0, 0)
    assert counts(table["speaker"]["exact"]) == pytest.approx((1 / 3, 1 / 2, 2))
    assert counts(table["topic"]["micro"]) == pytest.approx((1 / 2, 1 / 2, 2))
    assert counts(table["topic"]["labels"]["peace"]) == (1, 1, 1)
    assert counts(table["topic"]["labels"]["energy"]) == (0, 0, 0)
    assert counts(table["topic_stance"]["micro"]) == (0, 0, 2)
    assert table["act"]["accuracy"] == 1 / 2
    assert table["act"]["macro_f1"] == 1 / 2  # REJECT 1, STATE 0; AGREE does not occur in the annotation
    assert set(table["act"]["labels"]) == {"REJECT", "STATE", "AGREE"}
    assert (table["stance"]["accuracy"], table["stance"]["n"]) == (0, 1)
    assert headline(table) == pytest.approx(
        {
            "cue": 4 / 5,
            "source": 1 / 2,
            "content": 1 / 2,
            "content_characters": 5 / 6,
            "speaker": 2 / 5,
            "act": 1 / 2,
            "topic": 1 / 2,
            "topic_stance": 0,
        }
    )


def leaves(table):
    """Each figure of a table that is a number or counts of something, by its path."""
    for key, value in table.items():
        if key == "confusion":
            continue
        if isinstance(value, dict) and "precision" not in value:
            yield from ((f"{key}.{path}", leaf) for path, leaf in leaves(value))
        else:
            yield key, value


@given(st.lists(annotated_documents(TEXT), min_size=1, max_size=3))
def test_a_perfect_prediction_scores_one_everywhere(documents):
    table = score(documents, documents)
    for path, figure in leaves(table):
        if isinstance(figure, dict):
            expected = 1 if figure["n"] else 0
            assert (figure["precision"], figure["recall"], figure["f1"]) == (expected,) * 3, path
    assert table["act"]["accuracy"] == table["act"]["macro_f1"] == (table["statements"] > 0)
    assert table["stance"]["accuracy"] == (table["stance"]["n"] > 0)


def test_a_perfect_prediction_of_the_corpus_scores_one(corpus):
    assert set(headline(score(corpus, corpus)).values()) == {1.0}


@given(st.lists(st.tuples(annotated_documents(TEXT), annotated_documents(TEXT)), min_size=1, max_size=3))
def test_swapping_the_two_sides_swaps_precision_and_recall(sides):
    left, right = zip(*sides, strict=True)
    there, back = dict(leaves(score(left, right))), dict(leaves(score(right, left)))
    assert there.keys() == back.keys()
    for path, figure in there.items():
        if isinstance(figure, dict):
            assert figure["precision"] == back[path]["recall"], path
            assert figure["f1"] == back[path]["f1"], path
    assert there["act.accuracy"] == back["act.accuracy"]
    confusion, turned = score(left, right)["act"]["confusion"], score(right, left)["act"]["confusion"]
    assert {(a, b, n) for a, row in confusion.items() for b, n in row.items()} == {
        (a, b, n) for b, row in turned.items() for a, n in row.items()
    }


def test_scores_do_not_count_confidence(corpus):
    unsure = [
        replace(d, statements=tuple(replace(s, cue=replace(s.cue, score=0.1), act=Act(s.act.label, 0.2)) for s in d))
        for d in corpus
    ]
    assert score(unsure, corpus) == score(corpus, corpus)


def test_two_lists_of_different_length_are_refused():
    with pytest.raises(ValueError, match="zip"):
        score([cues()], [])
