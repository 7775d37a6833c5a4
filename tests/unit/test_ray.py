"""A cluster: a local Ray with two actors, of which one is lost in the middle."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from corpus import PASSAGES
from porteparole import InputError, load
from porteparole.batch import predict_files
from porteparole.pools import Local

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]  # Ray's own warnings are its own affair


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    import ray  # takes seconds

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        yield
        ray.shutdown()


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    generator = random.Random(6)
    passages = [passage["text"] for passage in PASSAGES]
    return [{"id": f"d{k}", "text": " ".join(generator.sample(passages, 2))} for k in range(160)]


@contextmanager
def one_lost(task: str) -> Iterator[list[int]]:
    """Kill the first actor that is seen at a task of this name; yields the list of the killed."""
    killed: list[int] = []
    over = threading.Event()

    def kill() -> None:
        while not over.is_set() and not killed:
            for process in psutil.process_iter(["cmdline"]):
                if any(task in part for part in process.info["cmdline"] or ()):
                    process.kill()
                    killed.append(process.pid)
                    return
            time.sleep(0.005)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


class Fp32(Local):
    """Always fp32, as on the cluster below."""

    def dtype(self) -> str:
        return "fp32"


def test_a_run_on_a_cluster_writes_the_same(cluster: None, rows: list, tiny_bundle: Path, tmp_path: Path) -> None:
    from porteparole.ray import Cluster

    class Fp32Cluster(Cluster):
        def dtype(self) -> str:
            return "fp32"

    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    options = {"model": str(tiny_bundle), "shard": 8}
    with one_lost("ray::_Shards.read") as killed:
        predict_files([str(source)], tmp_path / "cluster.jsonl", pool=Fp32Cluster(workers=2), **options)
    assert len(killed) == 1
    predict_files([str(source)], tmp_path / "here.jsonl", pool=Fp32(("cpu",), workers=2), **options)
    assert (tmp_path / "cluster.jsonl").read_bytes() == (tmp_path / "here.jsonl").read_bytes()


def test_a_dataset_gets_its_statements(cluster: None, rows: list, tiny_bundle: Path) -> None:
    import ray

    from porteparole.ray import predict

    dataset = ray.data.from_items([*rows, {"id": "none", "text": None}])
    with one_lost("(MapBatches(_Batches)).submit") as killed:
        found = predict(dataset, model=str(tiny_bundle), dtype="fp32", workers=2, batch=8).take_all()
    assert len(killed) == 1
    found = {row["id"]: row for row in found}
    expected = load(tiny_bundle, device="cpu", dtype="fp32").stream(row["text"] for row in rows)
    assert len(found) == 161
    assert found.pop("none")["statements"] is None
    for row, document in zip(rows, expected, strict=True):
        said = [statement["speaker"] for statement in found[row["id"]]["statements"]]
        assert said == [statement.speaker for statement in document.statements]


def test_a_dataset_without_texts_is_refused(cluster: None) -> None:
    import ray

    from porteparole.ray import predict

    with pytest.raises(InputError, match='expected a column "text", the dataset has body'):
        predict(ray.data.from_items([{"body": "x"}]))
    with pytest.raises(InputError, match="statements"):
        predict(ray.data.from_items([{"text": "x", "statements": 1}]))
