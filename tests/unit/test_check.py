"""What `porteparole check` finds, and that it finds all of it at once."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from porteparole.check import check_corpora
from porteparole.data import some_of
from porteparole.duplicates import near_duplicates, word_grams
from porteparole.labels import DEFAULT

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "real"


@pytest.fixture
def rows(corpus_file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in corpus_file.read_text(encoding="utf-8").splitlines()]


def write(path: Path, rows: list[Any]) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_every_fault_of_every_file_is_told_with_its_line(rows, tmp_path: Path) -> None:
    bad = [copy.deepcopy(rows[0]) for _ in range(4)]
    bad[0]["statements"][0]["source"] = [[0, 9999]]
    bad[1]["statements"][0]["content"] = [[0, 5], [3, 8]]
    bad[1]["statements"][1]["act"] = "SHOUT"
    bad[2]["text"] = "  "
    bad[3]["statements"][0]["stances"][0]["topic"] = "astrology"
    train, dev = (
        write(tmp_path / "train.jsonl", [*bad[:2], "{"]),
        write(tmp_path / "dev.jsonl", ["", *bad[2:], rows[1]]),
    )
    report = check_corpora({"train": [train], "dev": [dev]}, DEFAULT)
    told = [fault.removeprefix(f"{tmp_path}/") for fault in report.faults]
    expected = ["train.jsonl:1: statement 0: source: span 0:9999 is not inside",
                "train.jsonl:2: statement 0: content: spans 0:5 and 3:8 overlap",
                "train.jsonl:2: statement 1: act 'SHOUT': expected one of",
                "train.jsonl:3: expected one JSON object a line",
                "dev.jsonl:2: text: expected some words, it is empty",
                "dev.jsonl:3: statement 0: topic 'astrology'"]  # fmt: skip
    assert all(any(line.startswith(start) for line in told) for start in expected)
    assert told[-1] == "train: expected at least one text"


def test_a_text_in_two_splits_is_a_fault_and_one_twice_in_a_split_a_warning(rows, tmp_path: Path) -> None:
    near = {**rows[2], "text": rows[2]["text"] + " On en reparlera demain."}
    train = write(tmp_path / "train.jsonl", [rows[0], rows[2], rows[0]])
    dev = write(tmp_path / "dev.jsonl", [rows[1], rows[0], near])
    splits = {"train": [train], "validation": [dev]}
    report = check_corpora(splits, DEFAULT, fewest=0)
    assert report.warnings == [f"{train}:3: the same text as {train}:1"]
    same, alike = report.faults
    assert same == f"{dev}:2: the same text as {train}:1, which is in train"
    assert alike.startswith(f"{dev}:3: nearly the same text (")
    assert alike.endswith(f"as {train}:2, which is in train")
    allowed = check_corpora(splits, DEFAULT, fewest=0, allow_leakage=True)
    assert allowed.faults == []
    assert len(allowed.warnings) == 3


def test_rare_labels_are_warned_of_and_all_are_counted(corpus_file: Path) -> None:
    report = check_corpora({"train": [corpus_file]}, DEFAULT, fewest=2)
    (warning,) = report.warnings
    assert "act CONSULT (0)" in warning
    assert "act STATE" not in warning
    rows = [json.loads(line) for line in corpus_file.read_text(encoding="utf-8").splitlines()]
    statements = [statement for row in rows for statement in row["statements"]]
    counts = report.counts["train"]
    assert counts["texts"] == len(rows)
    assert counts["statements"] == len(statements)
    assert counts["act STATE"] == sum(statement["act"] == "STATE" for statement in statements)
    assert counts["role source"] == sum(len(statement["source"]) for statement in statements)


def test_likeness_is_of_five_word_runs() -> None:
    one = "Le ministre a dit non à la trêve proposée par ses voisins."
    two = "Hier encore, le ministre a dit non à la trêve proposée par ses voisins."
    ((j, k, likeness),) = near_duplicates(["Rien à voir.", one, two])
    assert (j, k) == (1, 2)
    shared, union = word_grams(one, 5) & word_grams(two, 5), word_grams(one, 5) | word_grams(two, 5)
    assert likeness == len(shared) / len(union)
    assert list(near_duplicates([one, two], groups=["a", "b"])) == []
    assert list(near_duplicates(["Oui.", "oui !", "", "", "Non."])) == [(0, 1, 1.0)]
    assert list(near_duplicates([one, one, one])) == [(0, 1, 1.0), (0, 2, 1.0)]


def test_of_many_faults_the_first_are_shown() -> None:
    assert some_of(["a"] * 20) == "\n".join(["a"] * 20)
    assert some_of(["a"] * 22).endswith("a\n… and 2 more")


@pytest.mark.skipif(not REAL.is_dir(), reason="the real news corpora are not on this machine")
def test_the_data_of_the_shipped_model_has_no_fault() -> None:
    train = [REAL / "train.jsonl", ROOT / "training/corpus/train.jsonl"]
    report = check_corpora({"train": train, "validation": [REAL / "dev.jsonl"]}, DEFAULT)
    assert report.faults == []
    own = {split: [ROOT / f"training/corpus/{split}.jsonl"] for split in ("train", "dev", "test")}
    assert check_corpora(own, DEFAULT).faults == []
