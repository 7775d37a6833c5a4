"""Plain classifiers on labels of one's own: read from tables, trained by a config, predicted by the same API."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from datasets import ClassLabel, Dataset, Features, List, Value
from transformers import pipeline

import porteparole
from porteparole import BundleError, ConfigError, DataError, InputError
from porteparole.check_config import check_config
from porteparole.config import SequenceConfig, TokenConfig, load_config
from porteparole.spans import read_spans
from porteparole.splits import read_splits
from porteparole.train import train

WORDS = {
    "oui": ["accepte", "signe", "approuve", "adopte", "ratifie"],
    "non": ["refuse", "rejette", "bloque", "dénonce", "quitte"],
}
NAMES = ["Oslo", "Bamako", "Lima", "Quito", "Hanoï", "Riga", "Dakar", "Tunis"]


def sentences(count: int, skip: int = 0) -> list[dict[str, str]]:
    """Sentences that a tiny model can tell apart, no two alike."""
    rows = []
    for k in range(skip, skip + count):
        label = ("oui", "non")[k % 2]
        verb, name = WORDS[label][k // 2 % 5], NAMES[k % 8]
        rows.append({"phrase": f"{name} {verb} le pacte numéro {k} {name} {verb}.", "classe": label})
    return rows


@pytest.fixture
def config_for(tiny_encoder_folder: Path, tmp_path: Path) -> Callable[..., Any]:
    """Gives a config of a plain task for tables that are written as Parquet, JSON Lines or CSV."""

    def make(
        task: str, train: Dataset, validation: Dataset, *, kind: str = "parquet", epochs: int = 10, **settings: Any
    ) -> Any:
        for name, table in (("train", train), ("validation", validation)):
            path = str(tmp_path / f"{name}.{kind}")
            {"parquet": table.to_parquet, "jsonl": table.to_json, "csv": table.to_csv}[kind](path)
        data = {"train": [str(tmp_path / f"train.{kind}")], "validation": str(tmp_path / f"validation.{kind}")}
        tree = {
            "task": task,
            "encoder": str(tiny_encoder_folder),
            "output": str(tmp_path / "out"),
            "optim": {"epochs": epochs, "batch_size": 8, "learning_rate": 1e-3, "patience": 10, "precision": "fp32"},
            **settings,
            "data": {**data, **settings.get("data", {})},
        }
        (tmp_path / "c.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
        return load_config(tmp_path / "c.yaml")

    return make


COLUMNS = {"text": "phrase", "label": "classe", "leakage": "warn"}  # the sentences are made of few words


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_one_label_a_text(kind: str, config_for, tmp_path: Path) -> None:
    rows, unseen = sentences(96), sentences(10, skip=96)
    config = config_for("sequence", Dataset.from_list(rows), Dataset.from_list(unseen), kind=kind, data=COLUMNS)
    if kind != "csv":  # read alike, trained once
        assert [row.labels for row in read_splits(config)["train"].rows] == [(row["classe"],) for row in rows]
        return
    classifier = porteparole.load(train(config))
    said = classifier.predict([row["phrase"] for row in unseen])
    assert [one.labels[0].label for one in said] == [row["classe"] for row in unseen]
    assert all(sum(one.scores.values()) == pytest.approx(1, abs=1e-5) for one in said)
    assert all(len(one.labels) == 1 and one.labels[0].score == max(one.scores.values()) for one in said)
    assert classifier.predict(unseen[0]["phrase"]) == said[0]
    assert json.loads(json.dumps(said[0].to_dict()))["labels"][0]["label"] == unseen[0]["classe"]
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["validation"]["macro_f1"] == 1.0
    plain = pipeline("text-classification", model=str(tmp_path / "out"))
    assert plain(unseen[0]["phrase"])[0]["label"] == unseen[0]["classe"]
    with pytest.raises(InputError, match="text 1: expected a string, got int"):
        classifier.predict(["a", 3])
    with pytest.raises(BundleError, match=r"a plain sequence classifier; open it with porteparole\.load"):
        porteparole.tagger.load(tmp_path / "out")


def test_any_number_of_labels_a_text(config_for) -> None:
    def row(k: int, *labels: str) -> dict[str, str]:
        marks = " ".join({"oui": ",", "non": "»"}[label] for label in labels)
        return {"phrase": f"{NAMES[k % 8]} {marks} a {k}", "classe": "|".join(labels)}

    rows = [row(k, *labels) for k in range(40) for labels in ((), ("oui",), ("non",), ("oui", "non"))]
    table = Dataset.from_list(rows)
    config = config_for("sequence", table, table, data=COLUMNS, multi_label=True)
    classifier = porteparole.load(train(config))
    found = [{label.label for label in said.labels} for said in classifier.predict([row["phrase"] for row in rows])]
    right = [labels == {*filter(None, row["classe"].split("|"))} for labels, row in zip(found, rows, strict=True)]
    assert {frozenset(labels) for labels in found} == {frozenset(), frozenset({"oui"}), frozenset({"non"}),
                                                       frozenset({"oui", "non"})}  # fmt: skip
    assert sum(right) / len(right) > 0.8


def test_spans_in_texts(config_for, tmp_path: Path) -> None:
    def marked(count: int, skip: int, length: int) -> dict[str, Any]:
        text = "\n".join(row["phrase"] for row in sentences(count, skip=skip)[:length])
        spans = [(match.start(), match.end(), "LIEU") for match in re.finditer("|".join(NAMES), text)]
        spans += [(match.start(), match.end(), "CHOSE") for match in re.finditer("le pacte", text)]
        return {"text": text, "spans": [dict(zip(("start", "end", "label"), span, strict=True)) for span in spans]}

    table = Dataset.from_list([marked(10, 7 * k, 1 + k % 5) for k in range(64)])
    unseen = Dataset.from_list([marked(3, 1000 + 3 * k, 2) for k in range(8)])
    data, window = {"label": "spans", "leakage": "warn"}, {"tokens": 96, "overlap": 32}
    folder = train(config_for("token", table, unseen, epochs=6, data=data, window=window))
    classifier = porteparole.load(folder)
    text = sentences(1, skip=50)[0]["phrase"]
    said = classifier.predict(text)
    name = text.split()[0]
    assert [(span.label, span.text) for span in said.spans] == [("LIEU", name), ("CHOSE", "le pacte"), ("LIEU", name)]
    assert all(text[span.start : span.end] == span.text and 0.5 < span.score <= 1 for span in said.spans)
    assert said.to_dict()["spans"][0]["label"] == "LIEU"
    # A text of many windows: nothing is lost or found twice.
    spans = classifier.predict([marked(60, 2000, 60)["text"]])[0].spans
    assert 140 <= len({(span.start, span.end) for span in spans}) == len(spans) <= 180
    assert all(one.end <= two.start for one, two in pairwise(spans))
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["validation"]["micro_f1"] > 0.8
    words = pipeline("token-classification", model=str(folder), aggregation_strategy="simple")(text)
    assert [word["entity_group"] for word in words] == ["LIEU", "CHOSE", "LIEU"]


def test_numbered_classes_and_words_with_tags_as_hub_datasets_have_them(config_for) -> None:
    features = Features({"tokens": List(Value("string")), "ner_tags": List(ClassLabel(names=["O", "B-LOC", "I-LOC"]))})
    rows = {"tokens": [["La", "Haye", "et", "Riga"]], "ner_tags": [[1, 2, 0, 1]]}
    table = Dataset.from_dict(rows, features=features)
    config = config_for("token", table, table, data={"text": "tokens", "label": "ner_tags"})
    (row,) = read_splits(config)["train"].rows
    assert row.text == "La Haye et Riga"
    assert row.spans == ((0, 7, "LOC"), (11, 15, "LOC"))


def test_a_local_folder_serves_as_a_hub_dataset(config_for, tmp_path: Path) -> None:
    hub = tmp_path / "hub"
    hub.mkdir()
    for split in ("train", "test"):
        Dataset.from_list([{**row, "lang": "fr" if k % 2 else "de"} for k, row in enumerate(sentences(4))]).to_csv(
            str(hub / f"{split}.csv")
        )
    data = {**COLUMNS, "hub": str(hub), "train": ["train"], "validation": "test", "where": {"lang": "fr"}}
    config = config_for("sequence", Dataset.from_list(sentences(1)), Dataset.from_list(sentences(1)), data=data)
    splits = read_splits(config)
    assert [row.place for row in splits["validation"].rows] == ["test: row 2", "test: row 4"]


@pytest.mark.parametrize(
    ("text", "label", "message"),
    [
        ("abc", [{"start": 1, "end": 9, "label": "X"}], "span 1:9 (X) is not inside the text"),
        ("abcd", [[0, 3, "X"], [2, 4, "Y"]], "spans 0:3 and 2:4 overlap"),
        ("abc", "[[0, 1", "expected spans, or spans in JSON"),
        ("abc", [[0, 1]], "expected a span as start, end and label, got [0, 1]"),
        ("", [], "expected a text or a list of words, got ''"),
        (["a", "b"], ["O"], "expected one tag for each of 2 words, got 1 tags"),
        (["a", ""], ["O", "O"], "expected a list of words"),
    ],
)
def test_bad_spans_are_told(text: Any, label: Any, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read_spans(text, label)
    assert message in str(caught.value)


def test_spans_may_stand_in_json_and_tags_need_no_prefix() -> None:
    assert read_spans("abc d", '[[4, 5, "Y"], [0, 3, "X"]]')[1] == ((0, 3, "X"), (4, 5, "Y"))
    words = ["a", "b", "c", "d", "e"]
    assert read_spans(words, ["X", "X", "O", "I-X", "B-X"])[1] == ((0, 3, "X"), (6, 7, "X"), (8, 9, "X"))


def test_faults_of_tables_are_told_all_at_once(config_for, tmp_path: Path) -> None:
    rows = sentences(8)
    validation = [{"phrase": " ", "classe": "oui"}, {"phrase": "Il neige.", "classe": "peut-être"}, rows[3]]
    data = {"text": "phrase", "label": "classe"}
    config = config_for("sequence", Dataset.from_list(rows), Dataset.from_list(validation), kind="csv", data=data)
    report = check_config(config)
    file = tmp_path / "validation.csv"
    assert report.faults == [
        f"{file}: row 1: phrase: expected a text, it is empty",
        f"{file}: row 2: label 'peut-être' never stands in train, which has non, oui",
        f"{file}: row 3: the same text as {tmp_path / 'train.csv'}: row 4, which is in train",
    ]
    with pytest.raises(DataError, match="row 1: phrase"):
        train(config)


def test_one_class_alone_cannot_be_learnt(config_for) -> None:
    one = Dataset.from_list(sentences(8)[::2])
    report = check_config(config_for("sequence", one, one, data=COLUMNS))
    assert report.faults == ["train: expected at least 2 labels in 'classe', got ['oui']"]


def test_what_cannot_be_read_is_told(config_for, tmp_path: Path) -> None:
    table = Dataset.from_list(sentences(2))
    with pytest.raises(DataError, match=r"expected a column 'phrases', it has phrase, classe; did you mean 'phrase'\?"):
        read_splits(config_for("sequence", table, table, data={**COLUMNS, "text": "phrases"}))
    with pytest.raises(DataError, match=r"expected a \.csv, \.jsonl or \.parquet file"):
        read_splits(config_for("sequence", table, table, data={**COLUMNS, "train": ["a.xlsx"]}))
    with pytest.raises(DataError, match=r"nowhere\.csv: no such file"):
        read_splits(config_for("sequence", table, table, data={**COLUMNS, "train": [str(tmp_path / "nowhere.csv")]}))
    (tmp_path / "bad.jsonl").write_text("{oups\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"bad\.jsonl: cannot be read"):
        read_splits(config_for("sequence", table, table, data={**COLUMNS, "train": [str(tmp_path / "bad.jsonl")]}))


def test_a_folder_that_holds_something_else_is_not_replaced(config_for, tmp_path: Path) -> None:
    table = Dataset.from_list(sentences(8))
    config = config_for("sequence", table, table, data=COLUMNS)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.odt").write_text("dear", encoding="utf-8")
    with pytest.raises(ConfigError, match="output: expected a new folder"):
        train(config)
    assert (tmp_path / "out" / "thesis.odt").exists()


def test_the_task_picks_the_config(config_for) -> None:
    table = Dataset.from_list(sentences(2))
    assert isinstance(config_for("sequence", table, table, data=COLUMNS), SequenceConfig)
    assert isinstance(config_for("token", table, table, data=COLUMNS), TokenConfig)
