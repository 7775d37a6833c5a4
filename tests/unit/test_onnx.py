"""The bundle, exported to ONNX and read by ONNX Runtime."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from test_engine import same

from porteparole import BundleError, DependencyError, Document, InputError
from porteparole.bundle import Bundle
from porteparole.export import export_onnx
from porteparole.tagger import load


@pytest.fixture(scope="module")
def exported(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "bundle"
    assert export_onnx(Bundle.read(tiny_bundle), folder) == folder
    return folder


@pytest.fixture(scope="module")
def texts(corpus: list[Document]) -> list[str]:
    return [document.text for document in corpus]


def test_fp32_gives_the_answers_of_torch(exported: Path, texts: list[str]) -> None:
    targets = ["la reprise du dialogue"]
    wanted = load(exported, device="cpu", dtype="fp32").predict(texts, targets=targets)
    found = load(exported, backend="onnx", dtype="fp32").predict(texts, targets=targets)
    assert same(found, wanted)
    assert sum(len(document.statements) for document in wanted) > 10
    scores = [[s.cue.score for d in documents for s in d.statements] for documents in (found, wanted)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-4)


def test_one_window_with_one_cue_is_a_batch_like_any_other(exported: Path, texts: list[str]) -> None:
    tagger = load(exported, backend="onnx", dtype="fp32")
    assert same([tagger.predict(text) for text in texts], tagger.predict(texts))


def test_fp32_is_picked_and_int8_finds_most_of_it(exported: Path, texts: list[str]) -> None:
    assert load(exported, backend="onnx").describe()["dtype"] == "fp32"
    tagger = load(exported, backend="onnx", dtype="int8")
    said = tagger.describe()
    assert (said["backend"], said["device"], said["dtype"]) == ("onnx", "cpu", "int8")
    wanted = {s.cue.start for d in load(exported, dtype="fp32").predict(texts) for s in d.statements}
    found = {s.cue.start for d in tagger.predict(texts) for s in d.statements}
    assert len(found & wanted) > 0.8 * len(wanted)


def test_it_needs_neither_torch_nor_transformers(exported: Path, texts: list[str], tmp_path: Path) -> None:
    program = (
        "import sys, porteparole; tagger = porteparole.load(sys.argv[1], backend='onnx');"
        "tagger.predict(sys.argv[2], targets=['la paix']);"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program, str(exported), texts[0]], check=True, cwd=tmp_path)


def test_what_is_not_exported_or_not_there_is_told(tiny_bundle: Path, exported: Path) -> None:
    with pytest.raises(BundleError, match=r"words-fp32\.onnx: no such file; write it with `porteparole export"):
        load(tiny_bundle, backend="onnx")
    with pytest.raises(InputError, match="computes on the CPU"):
        load(exported, backend="onnx", device="cuda")
    with pytest.raises(InputError, match="dtype 'bf16': expected int8, fp32, auto"):
        load(exported, backend="onnx", dtype="bf16")
    with pytest.raises(InputError, match="backend 'tensorflow': expected torch, onnx"):
        load(exported, backend="tensorflow")
    with pytest.raises(InputError, match="is there already"):
        export_onnx(Bundle.read(tiny_bundle), exported)


def test_a_damaged_graph_is_told(exported: Path, tmp_path: Path) -> None:
    bundle = Bundle.read(exported)
    graph = bundle.graph("heads", "fp32")
    whole = graph.read_bytes()
    graph.write_bytes(whole[: len(whole) // 2])
    try:
        with pytest.raises(BundleError, match=r"heads-fp32\.onnx: cannot be loaded, export it again"):
            load(exported, backend="onnx")
    finally:
        graph.write_bytes(whole)


def test_without_the_extra_its_name_is_told(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(DependencyError, match=r'pip install "porteparole\[onnx\]"'):
        load(exported, backend="onnx")
    with pytest.raises(DependencyError, match=r'needs onnxruntime: pip install "porteparole\[onnx\]"'):
        export_onnx(Bundle.read(exported))
