"""Statements as a table, and what is counted in it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import porteparole
from porteparole import DataError, Document, InputError, Span, Stance, Statement
from porteparole.flat import COLUMNS
from porteparole.plots import heat_map
from porteparole.tables import frame_of, read_table, stance_matrix, table, timeline
from porteparole.writers import Form

TEXT = "Rome dit oui. Oslo dit non."


def said(speaker: str | None, *stances: tuple[str | None, str]) -> Statement:
    start = TEXT.index(speaker) if speaker else 0
    return Statement(
        cue=Span(5, 8, "dit"),
        source=(Span(start, start + len(speaker), speaker),) if speaker else (),
        topics=tuple(Stance(topic, f"la {topic}", label) for topic, label in stances if topic),
        targets=tuple(Stance(None, "la trêve", label) for topic, label in stances if not topic),
    )


DOCUMENTS = [
    Document(TEXT, (said("Rome", ("peace", "favor"), ("trade", "neutral")), said("Oslo", ("peace", "against"))), "a"),
    Document(TEXT, (), "b"),
    Document(TEXT, (said("Rome", ("peace", "against"), (None, "favor")), said(None, ("peace", "favor"))), "c"),
    Document(TEXT, (said("Rome", ("peace", "favor")), said("Oslo")), "d"),
]


def test_a_row_is_a_statement() -> None:
    found = porteparole.table(DOCUMENTS)
    assert list(found.columns) == list(COLUMNS)
    assert list(found["id"]) == ["a", "a", "c", "c", "d", "d"]
    assert list(found["statement"]) == [0, 1] * 3
    assert list(found["speaker"].fillna("?")) == ["Rome", "Oslo", "Rome", "?", "Rome", "Oslo"]
    assert list(found["topic"].fillna("?")) == ["peace", "peace", "peace", "peace", "peace", "?"]
    assert str(found["parent"].dtype) == "Int64"
    assert porteparole.table(DOCUMENTS).equals(found)  # the function is not hidden by a module of its name


def test_an_empty_table_has_the_same_columns_and_types() -> None:
    assert list(table([]).dtypes) == list(table(DOCUMENTS).dtypes)
    assert stance_matrix(table([])).empty
    with pytest.raises(InputError, match=r"use table\(\[document\]\)"):
        table(DOCUMENTS[0])


def test_the_matrix_holds_means_and_counts() -> None:
    matrix = stance_matrix(table(DOCUMENTS))
    assert list(matrix.index) == ["Rome", "Oslo"]
    assert list(matrix["count"].columns) == ["peace", "la trêve", "trade"]
    assert matrix["count"].loc["Rome"].tolist() == [3, 1, 1]
    assert matrix["stance"].loc["Rome"].tolist() == pytest.approx([1 / 3, 1, 0])
    assert matrix["stance"].loc["Oslo", "peace"] == -1
    assert pd.isna(matrix["stance"].loc["Oslo", "trade"])


def test_the_timeline_goes_period_by_period() -> None:
    statements = table(DOCUMENTS)
    days = {"a": "2026-01-05", "c": "2026-01-31", "d": "2026-03-01"}
    line = timeline(statements.assign(date=statements["id"].map(days)))
    assert [str(period) for period in line.index] == ["2026-01", "2026-03"]
    assert line["count"]["peace"].tolist() == [4, 1]
    assert line["stance"]["peace"].tolist() == [0, 1]
    aware = statements.assign(at=pd.to_datetime(statements["id"].map(days), utc=True))
    assert len(timeline(aware, date="at", every="Y")) == 1
    with pytest.raises(InputError, match="date='day': expected a column of the table, which has id, statement"):
        timeline(statements, date="day")
    with pytest.raises(InputError, match="date='speaker'"):
        timeline(statements, date="speaker")
    with pytest.raises(InputError, match="every='fortnight'"):
        timeline(aware, date="at", every="fortnight")


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_what_predict_wrote_is_read_back(suffix: str, flat: bool, tmp_path: Path) -> None:
    form = Form(suffix == "parquet", flat, targets=True)
    path = tmp_path / f"out.{suffix}"
    path.write_bytes(form.encode([row for d in DOCUMENTS for row in form.rows(d, {"day": f"day of {d.id}"})]))
    found = read_table(path)
    assert list(found.columns) == [*COLUMNS, "day"]
    assert list(found["day"]) == [f"day of {name}" for name in found["id"]]
    pd.testing.assert_frame_equal(stance_matrix(found), stance_matrix(table(DOCUMENTS)))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b'{"text": "x"}', r"a\.jsonl:1: expected a document or a statement"),
        ("a.jsonl", b'{"text": "x", "statements": [{"cue": [[1, 2]]}]}', r"a\.jsonl:1: expected a document"),
        ("a.jsonl", b"{", r"a\.jsonl:1: expected one JSON object"),
        ("a.parquet", b"nonsense", r"a\.parquet: cannot be read"),
    ],
)
def test_other_files_are_refused(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_table(tmp_path / name)


def test_further_columns_keep_their_types_without_rows() -> None:
    assert str(frame_of([], others={"n": "int32"})["n"].dtype) == "int32"


def test_the_heat_map_is_drawn(tmp_path: Path) -> None:
    matrix = stance_matrix(table(DOCUMENTS))
    heat_map(matrix, tmp_path / "a.svg")
    drawing = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert all(f"<!-- {word} -->" in drawing for word in ("Rome", "Oslo", "peace", "la trêve"))
    heat_map(matrix.loc[["Oslo"]], tmp_path / "b.svg")
    assert "<!-- trade -->" not in (tmp_path / "b.svg").read_text(encoding="utf-8")
    with pytest.raises(DataError, match="Format 'doc' is not supported"):
        heat_map(matrix, tmp_path / "c.doc")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svg", "b.svg"]
