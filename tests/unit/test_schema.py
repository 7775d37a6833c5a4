from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given

from porteparole.errors import DataError
from porteparole.schema import Document, Span, Stance, Statement
from strategies import documents


@given(documents())
def test_a_document_survives_json(document):
    line = document.to_json()
    assert "\n" not in line
    assert Document.from_dict(json.loads(line)) == document


def test_the_json_form_names_what_users_read():
    stance = Stance("peace", "la paix", "favor", score=0.9, topic_score=0.8)
    statement = Statement(Span(0, 2, "il"), source=(Span(0, 2, "il"),), topics=(stance,))
    data = statement.to_dict()
    assert set(data) == {
        "cue", "source", "antecedent", "addressee", "medium", "content", "speaker", "speaker_id", "act", "topics",
        "form", "parent",
    }  # fmt: skip
    assert data["speaker"] == "il"
    assert data["topics"] == [
        {"topic": "peace", "score": 0.8, "target": "la paix", "stance": "favor", "stance_score": 0.9}
    ]
    assert "targets" in replace(statement, targets=(stance,)).to_dict()  # only where the caller named some


@pytest.mark.parametrize(
    ("roles", "speaker"),
    [
        ({}, None),
        ({"source": (Span(0, 2, "il"),)}, "il"),
        ({"source": (Span(0, 2, "il"),), "antecedent": (Span(3, 9, "le roi"),)}, "le roi"),
    ],
)
def test_the_speaker_is_the_antecedent_or_else_the_source(roles, speaker):
    assert Statement(Span(0, 2, "il"), **roles).speaker == speaker


def test_said_joins_the_stretches():
    assert Statement(Span(0, 1, "x"), content=(Span(2, 3, "a"), Span(4, 5, "b"))).said == "a … b"


def test_a_document_is_a_sequence_of_statements():
    statement = Statement(Span(0, 3, "dit"))
    document = Document("dit", (statement,))
    assert len(document) == 1
    assert list(document) == [statement]
    assert str(statement.cue) == "dit"
    with pytest.raises(FrozenInstanceError):
        document.text = "autre"


GOOD = {"text": "il dit", "statements": [{"cue": {"start": 3, "end": 6, "text": "dit"}, "act": {"label": "STATE"}}]}


def test_what_is_not_told_is_filled_in():
    (statement,) = Document.from_dict(GOOD)
    assert statement == Statement(Span(3, 6, "dit"))


def changed(**cue):
    return {**GOOD, "statements": [{**GOOD["statements"][0], "cue": {**GOOD["statements"][0]["cue"], **cue}}]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "text"),
        (None, "document"),
        ("il dit", "document"),
        ({"text": 5}, "document|text"),
        ({"text": "il dit", "statements": 3}, "document"),
        ({"text": "il dit", "statements": [3]}, "document"),
        ({"text": "il dit", "statements": [{}]}, "cue"),
        ({"text": "il dit", "statements": [{"cue": GOOD["statements"][0]["cue"]}]}, "act"),
        (changed(end=5), "statement 0: offsets 3:5 hold 'di', not 'dit'"),
        (changed(start="3"), "document|offsets"),
        (changed(start=-3), "offsets"),
        (changed(text=None), "statement 0: offsets 3:6 hold 'dit'"),
        ({**GOOD, "text": "elle dit"}, "was the text changed"),
    ],
)
def test_what_is_no_document_is_refused(data, message):
    with pytest.raises(DataError, match=message):
        Document.from_dict(data)


def test_what_a_short_json_form_leaves_out_is_sure():
    stance = Stance.from_dict({"target": "la paix", "stance": "favor"})
    assert stance == Stance(None, "la paix", "favor", score=1.0, topic_score=1.0)


def test_json_keeps_accents_as_they_are():
    assert "Élysée" in Document("Élysée").to_json()


def test_a_span_may_be_empty_and_the_error_names_the_kind_of_fault():
    empty = changed(start=3, end=3, text="")
    assert Document.from_dict(empty).statements[0].cue == Span(3, 3, "")
    with pytest.raises(DataError, match=r"but TypeError: text is no string but 5$"):
        Document.from_dict({"text": 5})
    with pytest.raises(DataError, match=r"not 'dit'; was the text changed after the prediction\?$"):
        Document.from_dict({**GOOD, "text": "elle dit"})
