from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import pytest

from corpus import PASSAGES, resolve
from porteparole.data import read_corpus, read_jsonl
from porteparole.errors import DataError
from porteparole.labels import DEFAULT

GOOD = {
    "id": "x",
    "text": "Moscou refuse la paix",
    "statements": [
        {
            "cue": [[7, 13]],
            "source": [[0, 6]],
            "content": [[14, 21]],
            "act": "REJECT",
            "stances": [{"topic": "peace", "target": "la paix", "stance": "against", "topic_stance": "against"}],
        }
    ],
}


def with_(path, value):
    """A copy of GOOD with one field set (`statements.0.act`), or dropped where the value is `...`."""
    row = deepcopy(GOOD)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    holder = row
    for parent in parents:
        holder = holder[parent]
    if value is ...:
        del holder[last]
    else:
        holder[last] = value
    return row


def write(path: Path, *rows: object) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_the_corpus_is_read_as_a_perfect_model_would_predict_it(corpus):
    assert [document.id for document in corpus] == [passage["id"] for passage in PASSAGES]
    for document, passage in zip(corpus, map(resolve, PASSAGES), strict=True):
        assert document.text == passage["text"]
        assert len(document) == len(passage["statements"])
        for statement, row in zip(document, passage["statements"], strict=True):
            assert [[statement.cue.start, statement.cue.end]] == row["cue"]
            assert [[span.start, span.end] for span in statement.content] == row["content"]
            assert statement.act.label == row["act"]
            for topic, target, stance in zip(statement.topics, statement.targets, row["stances"], strict=True):
                assert (topic.topic, topic.label) == (stance["topic"], stance["topic_stance"])
                assert topic.target == DEFAULT.topics[topic.topic]
                assert (target.target, target.label) == (stance["target"], stance["stance"])


def test_every_span_of_the_corpus_is_a_piece_of_its_text(corpus):
    for document in corpus:
        for statement in document:
            for span in (statement.cue, *statement.source, *statement.content):
                assert document.text[span.start : span.end] == span.text != ""


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (with_("text", ...), "'text' is missing"),
        (with_("text", 3), "text: expected a string, got int"),
        (with_("statements", ...), "'statements' is missing"),
        (with_("statements", 3), "statements: expected a list, got int"),
        (with_("statements.0", [1, 2]), "statement 0"),
        (with_("statements.0.cue", ...), "statement 0: cue: expected exactly one span, got 0"),
        (with_("statements.0.cue", [[0, 6], [7, 13]]), "cue: expected exactly one span, got 2"),
        (with_("statements.0.cue", [[7, 22]]), "cue: span 7:22 is not inside the text, which has 21 characters"),
        (with_("statements.0.source", [[6, 0]]), "source: span 6:0 is not inside"),
        (with_("statements.0.source", [[3, 3]]), "source: span 3:3 is not inside"),
        (with_("statements.0.source", [[-1, 3]]), "source: span -1:3 is not inside"),
        (with_("statements.0.source", [["0", 3]]), "in whole numbers, got ['0', 3]"),
        (with_("statements.0.source", [[0, 3, 6]]), "source: expected a span as [start, end]"),
        (with_("statements.0.source", 3), "source: expected a list of [start, end] offsets, got int"),
        (with_("text", " "), "text: expected some words, it is empty"),
        (with_("statements.0.content", [[14, 18], [16, 21]]), "content: spans 14:18 and 16:21 overlap"),
        (with_("statements.0.act", ...), "statement 0: field 'act' is missing"),
        (with_("statements.0.act", "DENY"), "act 'DENY': expected one of STATE"),
        (with_("statements.0.stances.0.topic", "war"), "topic 'war': expected one of peace"),
        (with_("statements.0.stances.0.topic", ["peace"]), "topic ['peace']: expected one of peace"),
        (with_("statements.0.stances.0.stance", "pro"), "stance 'pro': expected one of favor"),
        (with_("statements.0.stances.0.topic_stance", "pro"), "topic_stance 'pro': expected one of favor"),
        (with_("statements.0.stances.0.target", ...), "statement 0: field 'target' is missing"),
        (with_("statements.0.stances", GOOD["statements"][0]["stances"] * 2), "topic 'peace' stands twice"),
        (with_("statements.0.stances", ["peace"]), "stances: expected objects, got str"),
    ],
)
def test_each_fault_is_told_with_its_place(tmp_path, row, message):
    path = write(tmp_path / "c.jsonl", GOOD, "", row)
    with pytest.raises(DataError) as caught:
        read_corpus(path, DEFAULT)
    assert str(caught.value).startswith(f"{path}:3: ")
    assert message in str(caught.value)


def test_stretches_may_touch_and_stand_in_any_order(tmp_path):
    (document,) = read_corpus(write(tmp_path / "c.jsonl", with_("statements.0.content", [[17, 21], [14, 17]])), DEFAULT)
    assert [span.text for span in document.statements[0].content] == ["la ", "paix"]


def test_all_faults_are_told_at_once(tmp_path):
    path = write(tmp_path / "c.jsonl", with_("text", ...), GOOD, "{", with_("statements.0.act", "DENY"), "[]")
    with pytest.raises(DataError) as caught:
        read_corpus(path, DEFAULT)
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == [f"{path}:{n}" for n in (1, 3, 4, 5)]


def test_all_faults_of_one_line_are_told_too(tmp_path):
    row = with_("statements.0.act", "DENY")
    row["statements"][0]["source"] = [[3, 99]]
    row["statements"][0]["stances"][0]["topic"] = "war"
    with pytest.raises(DataError) as caught:
        read_corpus(write(tmp_path / "c.jsonl", row), DEFAULT)
    told = [line.split(": ")[2].split(" ")[0] for line in str(caught.value).splitlines()]
    assert told == ["source", "act", "topic"]


def test_very_many_faults_are_counted(tmp_path):
    path = write(tmp_path / "c.jsonl", *[with_("text", ...)] * 25)
    with pytest.raises(DataError) as caught:
        read_corpus(path, DEFAULT)
    lines = str(caught.value).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "… and 5 more"


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_an_empty_corpus_is_refused(tmp_path, text):
    with pytest.raises(DataError, match="at least one"):
        read_corpus(write(tmp_path / "c.jsonl", text), DEFAULT)


def test_jsonl_counts_lines_as_editors_do(tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_bytes('\ufeff{"a": "\u2028"}\r\n\r\n{"b": 2}'.encode())
    assert list(read_jsonl(path)) == [(1, {"a": "\u2028"}), (3, {"b": 2})]


@pytest.mark.parametrize("line", ["{", "3", '"x"', "[]", "null", '{"a": 1} {"b": 2}', "[" * 100_000])
def test_a_line_that_is_no_object_is_named(tmp_path, line):
    path = write(tmp_path / "c.jsonl", {}, line)
    with pytest.raises(DataError, match=r"c\.jsonl:2: "):
        list(read_jsonl(path))
