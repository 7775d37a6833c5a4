"""What the inputs of a run name."""

from __future__ import annotations

from pathlib import Path

import pytest
from datasets import Dataset

from porteparole import DataError, DependencyError, InputError
from porteparole.extras import require
from porteparole.sources import Source, find_sources, fingerprint, load_splits


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.txt", "a.jsonl.gz", "deep/c.csv", "notes.md", ".hidden/d.txt", "e.parquet"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path


def test_a_folder_gives_its_known_files_in_order(folder: Path) -> None:
    assert [(source.kind, source.name) for source in find_sources([str(folder)])] == [
        ("jsonl", "a.jsonl.gz"),
        ("txt", "b.txt"),
        ("csv", "deep/c.csv"),
        ("parquet", "e.parquet"),
    ]


def test_globs_files_and_folders_come_in_the_order_given(folder: Path) -> None:
    found = find_sources([f"{folder}/*.txt", str(folder / "notes.md"), str(folder / "deep"), f"{folder}/**/*.csv"])
    assert [(source.kind, source.name) for source in found] == [
        ("txt", "b.txt"),
        ("txt", "notes.md"),
        ("csv", "c.csv"),
        ("csv", "c.csv"),
    ]


def test_a_run_does_not_read_what_it_writes(folder: Path) -> None:
    own = [folder / "deep", folder / "b.txt"]
    assert [source.name for source in find_sources([str(folder)], leave_out=own)] == ["a.jsonl.gz", "e.parquet"]
    with pytest.raises(DataError, match="written by this run"):
        find_sources([str(folder / "b.txt")], leave_out=own)
    with pytest.raises(DataError, match="there are none"):
        find_sources([str(folder / "deep")], leave_out=own)


def test_a_text_stands_alone() -> None:
    assert find_sources(["Que dit-il ? [Rien]"]) == [Source("text", "Que dit-il ? [Rien]")]
    with pytest.raises(InputError, match="no such file"):
        find_sources(["Que dit-il ?", "Rien du tout"])
    with pytest.raises(DataError, match=r"une dépêche\.txt: no such file"):
        find_sources(["une dépêche.txt"])


def test_a_fingerprint_changes_with_the_file(folder: Path) -> None:
    (source,) = find_sources([str(folder / "b.txt")])
    before = fingerprint(source)
    assert fingerprint(source) == before
    (folder / "b.txt").write_bytes(b"xy")
    assert fingerprint(source) != before
    (folder / "b.txt").unlink()
    with pytest.raises(DataError, match=r"b\.txt: cannot be read"):
        fingerprint(source)
    assert fingerprint(Source("text", "un")) != fingerprint(Source("text", "deux"))


def test_a_fingerprint_tells_datasets_apart(tmp_path: Path) -> None:
    for name, texts in (("a", ["un"]), ("b", ["un", "deux"])):
        Dataset.from_dict({"text": texts}).save_to_disk(tmp_path / name)
    prints = [fingerprint(source) for name in "ab" for source in find_sources([str(tmp_path / name)])]
    assert prints[0] != prints[1]
    (tmp_path / "a" / "state.json").unlink()
    (source,) = find_sources([str(tmp_path / "a")])
    with pytest.raises(DataError, match="cannot be loaded by datasets"):
        load_splits(source)


def test_a_missing_extra_says_its_name() -> None:
    with pytest.raises(DependencyError, match=r'a table needs no_such_module: pip install "porteparole\[table\]"'):
        require("no_such_module", extra="table", purpose="a table")
