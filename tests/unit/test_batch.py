"""Files in, files out: nothing lost, nothing twice, whatever happens on the way."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch

from corpus import PASSAGES
from porteparole import DataError, InputError
from porteparole.batch import Summary, predict_files
from porteparole.bundle import seal
from porteparole.parts import Parts
from porteparole.pools import Local
from porteparole.readers import Columns
from porteparole.shards import ShardReader

TESTS = Path(__file__).parents[1]


class Plain(Local):
    """Always fp32: what is fastest is measured, and may come out otherwise each time."""

    def dtype(self) -> str:
        return "fp32"


CPU = Plain(("cpu",))


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """As many threads as workers have: with more, the last digits of scores may differ."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 90 texts, no two alike, and three rows that are none."""
    generator = random.Random(6)
    passages = [passage["text"] for passage in PASSAGES]
    rows = [
        {"id": f"d{k}", "text": " ".join(generator.sample(passages, 2)) + f" Fin {k}.", "day": f"2026-0{1 + k % 9}-01"}
        for k in range(90)
    ]
    lines = [json.dumps(row, ensure_ascii=False).encode() for row in rows]
    for at, line in ((80, b'{"id": "x", "text": null}'), (33, b'{"text": "\xe9"}'), (5, b"{oups")):
        lines.insert(at, line)
    path = tmp_path_factory.mktemp("texts") / "texts.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


@pytest.fixture(scope="module")
def expected(texts: Path, tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an undisturbed run over `texts` writes."""
    output = tmp_path_factory.mktemp("expected") / "out.jsonl"
    run(texts, output, tiny_bundle)
    return output


def run(texts: Path, output: Path, bundle: Path, pool: Local = CPU, **options) -> Summary:
    return predict_files([str(texts)], output, model=str(bundle), shard=16, pool=pool, **options)


def same(output: Path, expected: Path) -> bool:
    """Whether a run wrote the bytes of another, and left nothing beside them."""
    errors = [path.with_name(f"{path.name}.errors.jsonl").read_bytes() for path in (output, expected)]
    beside = sorted(path.name for path in output.parent.iterdir())
    return (
        output.read_bytes() == expected.read_bytes()
        and errors[0] == errors[1]
        and beside == [output.name, f"{output.name}.errors.jsonl"]
    )


def test_documents_errors_and_columns_are_written(texts: Path, expected: Path) -> None:
    rows = [json.loads(line) for line in expected.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == [f"d{k}" for k in range(90)]
    assert {row["day"] for row in rows} == {f"2026-0{k}-01" for k in range(1, 10)}
    assert sum(len(row["statements"]) for row in rows) > 90
    errors = [json.loads(line) for line in Path(f"{expected}.errors.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(error["file"], error["row"]) for error in errors] == [(str(texts), 6), (str(texts), 35), (str(texts), 83)]
    assert errors[2]["reason"] == 'expected a string under the key "text", got NoneType'


def test_several_processes_write_the_same(texts: Path, expected: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    summary = run(texts, tmp_path / "out.jsonl", tiny_bundle, Plain(("cpu",), workers=2))
    assert (summary.documents, summary.faults) == (90, 3)
    assert same(tmp_path / "out.jsonl", expected)


def test_parquet_holds_the_same(texts: Path, expected: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    run(texts, tmp_path / "out.parquet", tiny_bundle)
    rows = [json.loads(line) for line in expected.read_text(encoding="utf-8").splitlines()]
    assert pq.read_table(tmp_path / "out.parquet").to_pylist() == rows


def kill(texts: Path, folder: Path, name: str, bundle: Path, points: list[tuple[int, float]]) -> int:
    """Run with a kill at each point; return how many of the runs were killed before their end."""
    arguments = [texts, folder, name, bundle, 16, json.dumps(points)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(
        [sys.executable, TESTS / "killed.py", *map(str, arguments)], stdout=subprocess.PIPE, env=environment, check=True
    )
    assert same(folder / "killed" / name, folder / "whole" / name)
    return int(done.stdout)


def test_a_killed_run_goes_on_and_ends_the_same(texts: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    points = [(random.Random(20).randint(0, 2), 0.01), (4, 0.0)]
    assert kill(texts, tmp_path, "out.jsonl", tiny_bundle, points) == 2


@pytest.mark.slow
@pytest.mark.parametrize("name", ["out.jsonl", "out.parquet"])
def test_ten_kills_anywhere_change_nothing(name: str, texts: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    generator = random.Random(name)
    shards = [0, 0, *sorted(generator.choices(range(6), k=6)), -1, -1]
    points = [(k, 0.0 if k < 0 else generator.uniform(0, 0.3)) for k in shards]
    assert kill(texts, tmp_path, name, tiny_bundle, points) >= 8  # the last may come too late


class StopError(Exception):
    """Ends a run in its middle."""


@pytest.fixture
def stopped(texts: Path, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The output of a run that was ended after two shards."""
    read = ShardReader.__call__
    calls = []

    def twice(self, items):
        if len(calls) == 2:
            raise StopError
        calls.append(items)
        return read(self, items)

    with monkeypatch.context() as patch:
        patch.setattr(ShardReader, "__call__", twice)
        with pytest.raises(StopError):
            run(texts, tmp_path / "out.jsonl", tiny_bundle)
    assert len(list((tmp_path / "out.jsonl.parts").glob("*.shard"))) == 2
    return tmp_path / "out.jsonl"


def test_an_ended_run_reads_only_what_is_left(
    stopped: Path, texts: Path, expected: Path, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, seen = ShardReader.__call__, []
    monkeypatch.setattr(ShardReader, "__call__", lambda self, items: seen.extend(items) or read(self, items))
    summary = run(texts, stopped, tiny_bundle)
    assert len(seen) == 93 - 32
    assert (summary.documents, summary.faults) == (90, 3)
    assert same(stopped, expected)


def test_another_run_is_told_from_the_one_that_was_ended(
    stopped: Path, texts: Path, tiny_bundle: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"out\.jsonl\.parts holds an interrupted run, but options went from"):
        run(texts, stopped, tiny_bundle, targets=["la paix"])
    with pytest.raises(DataError, match="options went from"):
        run(texts, stopped, tiny_bundle, columns=Columns("body"))
    other = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, other)
    (other / "stance" / "config.json").write_text((other / "stance" / "config.json").read_text() + "\n")
    seal(other)
    with pytest.raises(DataError, match="the model is another one"):
        run(texts, stopped, other)
    before = texts.stat()
    try:
        os.utime(texts, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
        with pytest.raises(DataError, match=r"texts\.jsonl is not what it was"):
            run(texts, stopped, tiny_bundle)
    finally:
        os.utime(texts, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(DataError, match=r"texts\.jsonl is not what it was"):
        predict_files([str(texts), str(texts)], stopped, model=str(tiny_bundle), shard=16)


def test_an_input_that_changes_meanwhile_is_told(texts: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.jsonl"
    shutil.copy(texts, mine)

    class Meddler(Plain):
        def read(self, task, jobs):
            for done in Plain.read(self, task, jobs):
                mine.touch()
                yield done

    with pytest.raises(DataError, match="an input changed while it was read"):
        run(mine, tmp_path / "out.jsonl", tiny_bundle, Meddler(("cpu",)))
    assert not (tmp_path / "out.jsonl").exists()


def test_strict_stops_at_the_first_bad_row(texts: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"texts\.jsonl:6: expected one JSON object a line"):
        run(texts, tmp_path / "out.jsonl", tiny_bundle, strict=True)
    assert not (tmp_path / "out.jsonl").exists()


def test_a_full_disk_is_told_and_what_is_done_kept(
    texts: Path, expected: Path, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if "00000003.shard" in self.name:
            write(self, data[:10])
            raise OSError(28, "No space left on device")
        return write(self, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(DataError, match=r"00000003\.shard.*No space left on device"):
            run(texts, tmp_path / "out.jsonl", tiny_bundle)
    assert len(list((tmp_path / "out.jsonl.parts").glob("*.shard"))) == 3
    run(texts, tmp_path / "out.jsonl", tiny_bundle)
    assert same(tmp_path / "out.jsonl", expected)


def test_a_run_that_is_ended_while_it_tidies_up_goes_on(
    texts: Path, expected: Path, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, unlink = tmp_path / "out.jsonl", Path.unlink
    for most in range(5):
        removed = []

        def remove(self: Path, missing_ok: bool = False, removed=removed, most=most) -> None:
            if len(removed) == most:
                raise StopError
            removed.append(self)
            unlink(self, missing_ok=missing_ok)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "unlink", remove)
            with pytest.raises(StopError):
                predict_files([str(texts)], output, model=str(tiny_bundle), shard=50, pool=CPU)
        assert output.exists()
    assert Parts(output).folder.exists()
    predict_files([str(texts)], output, model=str(tiny_bundle), shard=50, pool=CPU)
    assert [json.loads(line)["id"] for line in output.read_text(encoding="utf-8").splitlines()] == [
        json.loads(line)["id"] for line in expected.read_text(encoding="utf-8").splitlines()
    ]
    assert not Parts(output).folder.exists()


@pytest.mark.parametrize("name", ["out.jsonl", "out.parquet"])
def test_no_rows_give_an_empty_output(name: str, tiny_bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(b"\n")
    summary = run(tmp_path / "in.jsonl", tmp_path / name, tiny_bundle)
    assert (summary.documents, summary.statements) == (0, 0)
    if name.endswith("parquet"):
        assert pq.read_schema(tmp_path / name).names == ["id", "text", "statements", "speakers"]
    else:
        assert (tmp_path / name).read_bytes() == b""
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["in.jsonl", name])


def test_errors_of_an_earlier_run_go_with_it(tiny_bundle: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    for content, faults in ((b"{oups", 1), (b'{"text": "Rien."}', 0)):
        source.write_bytes(content)
        assert run(source, tmp_path / "out.jsonl", tiny_bundle).faults == faults
        assert (tmp_path / "out.jsonl.errors.jsonl").exists() is bool(faults)


def test_an_output_that_cannot_be_is_told_before_anything_is_read(
    texts: Path, tiny_bundle: Path, tmp_path: Path
) -> None:
    (tmp_path / "out.jsonl").mkdir()
    (tmp_path / "file").touch()
    for output in (tmp_path / "out.jsonl", tmp_path / "nowhere" / "out.jsonl", tmp_path / "file" / "out.jsonl"):
        with pytest.raises(InputError, match="cannot be written"):
            run(texts, output, tiny_bundle)
    with pytest.raises(DataError, match="is written by this run"):
        run(texts, texts, tiny_bundle)
    (tmp_path / "mine.jsonl.parts").mkdir()
    (tmp_path / "mine.jsonl.parts" / "photo.jpg").touch()
    with pytest.raises(DataError, match=r"expected the parts of an interrupted run, but there is no manifest\.json"):
        run(texts, tmp_path / "mine.jsonl", tiny_bundle)
    (tmp_path / "mine.jsonl.parts" / "photo.jpg").rename(tmp_path / "mine.jsonl.parts" / "manifest.json")
    with pytest.raises(DataError, match="expected JSON"):
        run(texts, tmp_path / "mine.jsonl", tiny_bundle)
    with pytest.raises(InputError, match="workers=0"):
        Local(workers=0)


def test_parts_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    (tmp_path / "out.jsonl.parts").touch()
    with pytest.raises(DataError, match=r"out\.jsonl\.parts: cannot be made"):
        Parts(tmp_path / "out.jsonl").begin({})
