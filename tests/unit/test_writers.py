"""The forms of an output: that they hold the same, and keep what the input brought along."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from porteparole import Act, Document, InputError, Span, Stance, Statement
from porteparole.flat import COLUMNS
from porteparole.writers import Form, pick_form

TEXT = "Rome dit oui. Oslo, non."
DOCUMENT = Document(
    TEXT,
    (
        Statement(
            cue=Span(5, 8, "dit", 0.9),
            source=(Span(0, 4, "Rome", 0.8),),
            content=(Span(9, 12, "oui", 0.7),),
            act=Act("AGREE", 0.6),
            topics=(Stance("peace", "la paix", "favor", 0.5, 0.9), Stance("trade", "le commerce", "neutral", 0.4, 0.6)),
            targets=(Stance(None, "la trêve", "against", 0.3),),
        ),
        Statement(cue=Span(18, 19, ",")),
    ),
    id="d1",
)


def written(tmp_path: Path, form: Form, *shards: list[dict]) -> list[dict]:
    """Write shards, join them, and read what is there."""
    paths = []
    for k, rows in enumerate(shards):
        paths.append(tmp_path / f"{k}.shard")
        paths[-1].write_bytes(form.encode(rows))
    form.join(paths, tmp_path / "out")
    if form.parquet:
        return pq.read_table(tmp_path / "out").to_pylist()
    return [json.loads(line) for line in (tmp_path / "out").read_text(encoding="utf-8").splitlines()]


def rows(form: Form, document: Document = DOCUMENT, **columns: object) -> list[dict]:
    return list(form.rows(document, columns))


@pytest.mark.parametrize("flat", [False, True])
def test_both_forms_hold_the_same(flat: bool, tmp_path: Path) -> None:
    shards = [rows(Form(False, flat), day="lundi"), [], rows(Form(False, flat), day="mardi")]
    as_json = written(tmp_path, Form(False, flat, targets=True), *shards)
    as_parquet = written(tmp_path, Form(True, flat, targets=True), *shards)
    if not flat:
        for row in as_parquet:
            row["statements"] = [{k: v for k, v in s.items() if k != "targets" or v} for s in row["statements"]]
        assert Document.from_dict(as_parquet[0]) == DOCUMENT
    assert as_parquet == as_json
    assert [row["day"] for row in as_json] == [day for day in ("lundi", "mardi") for _ in range(2 if flat else 1)]


def test_a_flat_row_is_a_statement(tmp_path: Path) -> None:
    first, second = rows(Form(False, flat=True))
    assert list(first) == list(COLUMNS)
    assert (first["speaker"], first["cue"], first["said"], first["act"]) == ("Rome", "dit", "oui", "AGREE")
    assert (first["topic"], first["topic_score"], first["stance"], first["stance_score"]) == (
        "peace",
        0.9,
        "favor",
        0.5,
    )
    assert [(s["topic"], s["target"], s["stance"]) for s in first["stances"]] == [
        ("peace", "la paix", "favor"),
        ("trade", "le commerce", "neutral"),
        (None, "la trêve", "against"),
    ]
    assert TEXT[first["cue_start"] : first["cue_end"]] == "dit"
    assert TEXT[first["content_start"] : first["content_end"]] == "oui"
    assert first["text"] == "Rome dit oui"
    assert (second["id"], second["statement"]) == ("d1", 1)
    assert [second[name] for name in ("speaker", "topic", "stance", "source_start", "content_end")] == [None] * 5


@pytest.mark.parametrize("flat", [False, True])
def test_a_column_with_a_name_of_ours_is_kept_beside_it(flat: bool) -> None:
    columns = {"statements": 1, "topic": 2, "input_topic": 3, "day": 4, "input_day": 5}
    row = rows(Form(False, flat), **columns)[0]
    kept = {"input_statements": 1, "input_topic": 2, "input_input_topic": 3, "day": 4, "input_day": 5}
    assert {name: row[name] for name in kept} == kept


def test_parquet_widens_columns_that_differ_from_shard_to_shard(tmp_path: Path) -> None:
    columns = [
        {"n": 1, "mixed": 1, "nested": {"a": 1}, "gone": True},
        {"n": 1.5, "mixed": "un", "nested": {"b": ["x"]}, "new": datetime(2026, 3, 1), "big": 2**70},
        {"n": None, "mixed": ["un"], "nested": None},
    ]
    form = Form(True)
    got = written(tmp_path, form, *(rows(form, Document("x"), **others) for others in columns))
    assert [row["n"] for row in got] == [1.0, 1.5, None]
    assert [row["mixed"] for row in got] == ["1", "un", '["un"]']
    assert [row["nested"] for row in got] == [{"a": 1, "b": None}, {"a": None, "b": ["x"]}, None]
    assert [row["gone"] for row in got] == [True, None, None]
    assert [row["new"] for row in got] == [None, datetime(2026, 3, 1), None]
    assert [row["big"] for row in got] == [None, str(2**70), None]


def test_json_has_what_parquet_may_hold(tmp_path: Path) -> None:
    form = Form(False)
    (row,) = written(tmp_path, form, rows(form, Document("x"), day=datetime(2026, 3, 1), n=float("nan"), raw=b"a"))
    assert (row["day"], row["n"], row["raw"]) == ("2026-03-01T00:00:00", None, "b'a'")


def test_row_groups_are_larger_than_shards(tmp_path: Path) -> None:
    form = Form(True)
    written(tmp_path, form, *[rows(form, Document("x")) * 1000] * 6)
    file = pq.ParquetFile(tmp_path / "out")
    assert [file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)] == [5000, 1000]


def test_the_suffix_picks_the_form() -> None:
    assert pick_form(Path("a.jsonl"), flat=True) == Form(False, flat=True)
    assert pick_form(Path("a.parquet")) == Form(True)
    with pytest.raises(InputError, match=r"a\.csv: expected a name that ends in \.jsonl or \.parquet"):
        pick_form(Path("a.csv"))
