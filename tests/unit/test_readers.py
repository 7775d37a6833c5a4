"""Rows of every kind of file, and the reasons of those that are none."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset, DatasetDict

from porteparole import DataError
from porteparole.readers import Columns, Fault, Row, count_rows, read_rows
from porteparole.sources import find_sources

ROWS = [{"id": "a", "text": 'Un « été »;\n\tdit-il, "bref"', "day": "lundi"}, {"id": "b", "text": "Deux", "day": ""}]


def read(path: Path | str, columns: Columns | None = None) -> list[Row | Fault]:
    """Read, and see that the count agrees."""
    columns = columns or Columns()
    (source,) = find_sources([str(path)])
    rows = list(read_rows(source, columns))
    assert count_rows(source, columns) == len(rows)
    return rows


def write_csv(path: Path, separator: str = ",") -> Path:
    lines = [separator.join(ROWS[0])]
    lines += [separator.join('"' + value.replace('"', '""') + '"' for value in row.values()) for row in ROWS]
    path.write_text("\n".join(lines) + "\n\n", encoding="utf-8-sig")
    return path


def write(folder: Path, kind: str) -> Path | str:
    lines = "\n\n".join(json.dumps(row) for row in ROWS).encode()
    path = folder / f"rows.{kind}"
    if kind == "jsonl":
        path.write_bytes(b"\xef\xbb\xbf" + lines)
    elif kind == "jsonl.gz":
        path.write_bytes(gzip.compress(lines))
    elif kind == "jsonl.zst":
        with pa.output_stream(path, compression="zstd") as out:
            out.write(lines)
    elif kind in ("csv", "semicolon.csv", "tab.csv"):
        write_csv(path, {"csv": ",", "semicolon.csv": ";", "tab.csv": "\t"}[kind])
    elif kind == "csv.gz":
        path.write_bytes(gzip.compress(write_csv(folder / "rows.csv").read_bytes()))
    elif kind == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif kind == "saved":
        Dataset.from_list(ROWS).save_to_disk(path)
    else:  # what datasets itself would load from the hub
        (folder / "hub").mkdir()
        (folder / "hub" / "train.jsonl").write_bytes(lines)
        return f"hf:{folder / 'hub'}"
    return path


@pytest.mark.parametrize(
    "kind",
    ["jsonl", "jsonl.gz", "jsonl.zst", "csv", "semicolon.csv", "tab.csv", "csv.gz", "parquet", "saved", "hub"],
)
def test_every_kind_gives_the_same_rows(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    assert read(write(tmp_path, kind)) == [Row(row["text"], row["id"], {"day": row["day"]}) for row in ROWS]


def test_a_text_file_is_one_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbf" + "Été.\r\nFin.".encode())
    (tmp_path / "b.txt").write_bytes("Été".encode("latin-1"))
    assert read(tmp_path / "a.txt") == [Row("Été.\r\nFin.", "a.txt")]
    (fault,) = read(tmp_path / "b.txt")
    assert str(fault).startswith(f"{tmp_path / 'b.txt'}:1: expected UTF-8, but byte 0 is 0xc9; convert the file first")


def test_text_and_id_stand_where_the_caller_says(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"body": "Un", "n": 7, "id": "x"}\n{"body": "Deux"}\n', encoding="utf-8")
    assert read(path, Columns("body")) == [Row("Un", "x", {"n": 7}), Row("Deux", "rows.jsonl:2", {})]
    first, second = read(path, Columns("body", "n"))
    assert first == Row("Un", "7", {"id": "x"})
    assert str(second) == f'{path}:2: expected an id under the key "n", there is none'


def test_splits_come_one_after_the_other(tmp_path: Path) -> None:
    splits = {"train": Dataset.from_dict({"text": ["Un", None]}), "test": Dataset.from_dict({"text": ["Deux"]})}
    DatasetDict(splits).save_to_disk(tmp_path / "data")
    assert read(tmp_path / "data") == [
        Row("Un", "data:train:1"),
        Fault(f"{tmp_path / 'data'}:train", 2, 'expected a string under the key "text", got NoneType'),
        Row("Deux", "data:test:1"),
    ]


def test_parquet_keeps_the_types_of_its_columns(tmp_path: Path) -> None:
    day = datetime(2026, 3, 1)
    pq.write_table(pa.table({"text": ["Un"], "day": [day], "n": [3]}), tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet") == [Row("Un", "a.parquet:1", {"day": day, "n": 3})]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{oups", "expected one JSON object a line"),
        (b"[1]", "expected a JSON object, got list"),
        (b'{"title": "x", "day": 1}', 'expected a string under the key "text", there is none among title, day'),
        (b'{"text": 3}', "got int"),
        (b'{"text": null}', "got NoneType"),
        (b'{"text": "\xe9"}', "expected UTF-8, but byte 10 is 0xe9"),
        (rb'{"text": "a\ud800"}', "U+D800 is a lone surrogate"),
        (rb'{"text": "a", "title": ["\udfff"]}', "U+DFFF is a lone surrogate"),
    ],
)
def test_a_bad_line_is_told_and_the_next_is_read(line: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "Un"}\n' + line + b'\n{"text": "Trois"}\n')
    first, fault, last = read(path)
    assert (first, last) == (Row("Un", "a.jsonl:1"), Row("Trois", "a.jsonl:3"))
    assert isinstance(fault, Fault)
    assert (fault.file, fault.row) == (str(path), 2)
    assert reason in fault.reason


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"a,b,c", "expected 2 columns as in the header, got 3"),
        (b"a", "expected 2 columns as in the header, got 1"),
        (b'"a"b,c', "expected a row of CSV"),
        (b"\xe9t\xe9,c", "expected UTF-8, but there is a byte 0xe9"),
    ],
)
def test_a_bad_row_of_csv_is_told_and_the_next_is_read(line: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'text,n\n"Un\nbis",1\n' + line + b"\nTrois,3\n")
    first, fault, last = read(path)
    assert (first, last) == (Row("Un\nbis", "a.csv:3", {"n": "1"}), Row("Trois", "a.csv:5", {"n": "3"}))
    assert isinstance(fault, Fault)
    assert fault.row == 4
    assert reason in fault.reason


def test_a_text_longer_than_csv_allows_by_default_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text\n" + "mot " * 50_000 + "\n", encoding="utf-8")
    (row,) = read(tmp_path / "a.csv")
    assert len(row.text) == 200_000


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"title,body\nx,y\n", 'expected a column "text", it has title, body; name yours with --text-column'),
        ("a.csv", b"", "it has no columns"),
        ("a.parquet", b"nonsense", "cannot be read"),
        ("a.jsonl.gz", b"nonsense", "cannot be read"),
        ("a.jsonl.gz", gzip.compress(b'{"text": "Un"}' * 50)[:-12], "cannot be read"),
        ("a.jsonl.zst", b"nonsense", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    (source,) = find_sources([str(tmp_path / name)])
    for reading in (count_rows(source, Columns()) for _ in "1"), read_rows(source, Columns()):
        with pytest.raises(DataError, match=name) as told:
            list(reading)
        assert message in str(told.value)
