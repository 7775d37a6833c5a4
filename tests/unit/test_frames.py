"""pandas frames in and out: plain, through Dask, through Spark."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from corpus import PASSAGES
from porteparole import InputError, Stance, load
from porteparole.flat import COLUMNS
from porteparole.frames import predict_frames
from porteparole.parquet import flat_schema
from porteparole.readers import Columns
from porteparole.tables import table

KEYS = ["id", "statement", "speaker", "cue", "said", "act", "topic", "stance", "cue_start", "content_end", "parent"]


@pytest.fixture
def texts() -> pd.DataFrame:
    """Three texts with statements, one without a text, one without statements."""
    rows = [passage["text"] for passage in PASSAGES[:3]] + [None, "Rien."]
    return pd.DataFrame({"id": [f"d{k}" for k in range(5)], "text": rows, "n": range(5)})


@pytest.fixture
def expected(texts: pd.DataFrame, tiny_bundle: Path) -> pd.DataFrame:
    """What the library itself says of them."""
    known = texts.dropna()
    documents = load(tiny_bundle, device="cpu", dtype="fp32").predict(known["text"])
    found = table(replace(document, id=name) for name, document in zip(known["id"], documents, strict=True))
    assert len(found) > 3
    return found


def same(found: pd.DataFrame, expected: pd.DataFrame) -> bool:
    """Whether two tables hold the same statements, in any order, scores aside: those depend on the batches."""
    found = found.sort_values(["id", "statement"], ignore_index=True)[KEYS].astype(expected[KEYS].dtypes)
    pd.testing.assert_frame_equal(found, expected[KEYS])
    return True


def test_a_frame_of_texts_gives_a_frame_of_statements(
    texts: pd.DataFrame, expected: pd.DataFrame, tiny_bundle: Path
) -> None:
    frames = list(predict_frames([texts[:2], texts[2:], texts[:0]], model=str(tiny_bundle), device="cpu", dtype="fp32"))
    assert same(pd.concat(frames[:2]), expected)
    assert [list(frame.columns) for frame in frames] == [[*COLUMNS, "n"]] * 3
    assert len(frames[2]) == 0
    assert list(frames[2].dtypes) == list(frames[0].dtypes)
    assert set(frames[1]["n"]) <= {2, 4}


def test_ids_are_a_column_or_the_index(texts: pd.DataFrame, tiny_bundle: Path) -> None:
    by = {"model": str(tiny_bundle), "device": "cpu", "dtype": "fp32", "targets": ["la paix"]}
    (frame,) = predict_frames([texts.rename(columns={"text": "body"})], columns=Columns("body", "n"), **by)
    assert set(frame["id"]) <= {"0", "1", "2"}
    assert "input_id" in frame.columns
    assert all(stances[-1]["target"] == "la paix" for stances in frame["stances"])
    (frame,) = predict_frames([texts[["text"]].set_index(pd.Index(list("abcde")))], **by)
    assert set(frame["id"]) <= set("abc")
    with pytest.raises(InputError, match='expected a column "body", the frame has id, text, n'):
        next(predict_frames([texts], columns=Columns("body")))


def test_dask_gives_the_same(texts: pd.DataFrame, expected: pd.DataFrame, tiny_bundle: Path) -> None:
    import dask.dataframe as dask  # takes a second

    def statements(frame: pd.DataFrame) -> pd.DataFrame:
        return next(predict_frames([frame], model=str(tiny_bundle), device="cpu", dtype="fp32"))

    lazily = dask.from_pandas(texts, npartitions=2).map_partitions(statements, meta=statements(texts[:0]))
    assert same(lazily.compute(scheduler="synchronous"), expected)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # Spark warns of pandas 3
@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java")
def test_spark_gives_the_same(
    texts: pd.DataFrame, expected: pd.DataFrame, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = pytest.importorskip("pyspark.sql")
    from pyspark.sql.pandas.types import from_arrow_schema

    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    model = str(tiny_bundle)
    spark = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        rows = [("d" + str(k), None if pd.isna(text) else text) for k, text in enumerate(texts["text"])]
        frame = spark.createDataFrame(rows, "id string, text string").repartition(2)
        found = frame.mapInPandas(
            lambda frames: predict_frames(frames, model=model, device="cpu", dtype="fp32"),
            from_arrow_schema(flat_schema()),
        )
        rows = [row.asDict(recursive=True) for row in found.collect()]
    finally:
        spark.stop()
    assert {key for row in rows for stance in row["stances"] for key in stance} <= set(Stance("", "", "").to_dict())
    assert same(pd.DataFrame(rows), expected)
