"""What a damaged or foreign model folder says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from porteparole import BundleError
from porteparole.bundle import Bundle, find_bundle
from porteparole.tagger import load


@pytest.fixture
def copy(tiny_bundle: Path, tmp_path: Path) -> Path:
    shutil.copytree(tiny_bundle, tmp_path / "copy")
    return tmp_path / "copy"


def edit_manifest(folder: Path, **changes: object) -> None:
    path = folder / "porteparole.json"
    tree = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**tree, **changes}), encoding="utf-8")


def test_a_whole_bundle_is_read(tiny_bundle: Path) -> None:
    bundle = Bundle.read(tiny_bundle)
    assert bundle.has_stance
    assert set(bundle.metrics()) == {"statements", "stance"}
    assert bundle.labels.acts[0] == "STATE"


@pytest.mark.parametrize(
    "name",
    ["statements/config.json", "statements/model.safetensors", "statements/heads.safetensors",
     "statements/tokenizer.json", "stance/model.safetensors", "stance/tokenizer.json"],
)  # fmt: skip
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(BundleError, match=f"{name} missing"):
        load(copy)


def test_folders_that_are_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no such folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(BundleError, match=r"no porteparole\.json in it"):
        load(tmp_path)


def test_another_format_is_told(copy: Path) -> None:
    edit_manifest(copy, format=99)
    with pytest.raises(BundleError, match="format 99, this version of porteparole reads 1"):
        load(copy)


def test_a_damaged_manifest_is_told(copy: Path) -> None:
    edit_manifest(copy, window={"tokens": "many", "overlap": 3})
    with pytest.raises(BundleError, match=r"window\.tokens"):
        load(copy)
    (copy / "porteparole.json").write_text("{", encoding="utf-8")
    with pytest.raises(BundleError, match="expected JSON"):
        load(copy)


@pytest.mark.parametrize("part", ["statements", "stance"])
def test_truncated_weights_are_told(copy: Path, part: str) -> None:
    weights = copy / part / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(BundleError, match=f"{part}.*cannot be loaded, copy it again"):
        load(copy).stance("Bonjour.", "la paix")


def test_weights_of_another_shape_are_told(copy: Path) -> None:
    heads = load_file(copy / "statements" / "heads.safetensors")
    del heads["act.bias"]
    save_file(heads, copy / "statements" / "heads.safetensors")
    with pytest.raises(BundleError, match=r"expected the heads that porteparole\.json describes"):
        load(copy)


def test_changed_weights_fail_the_golden_check(copy: Path) -> None:
    heads = load_file(copy / "statements" / "heads.safetensors")
    heads["cue_tagger.bias"] += 1
    save_file(heads, copy / "statements" / "heads.safetensors")
    with pytest.raises(BundleError, match="logits on the golden sentence are off by"):
        load(copy)


def test_a_changed_tokenizer_fails_the_golden_check(copy: Path) -> None:
    path = copy / "statements" / "tokenizer.json"
    tree = json.loads(path.read_text(encoding="utf-8"))
    tree["normalizer"] = {"type": "Lowercase"}
    path.write_text(json.dumps(tree), encoding="utf-8")
    with pytest.raises(BundleError, match="tokenizer cuts the golden sentence otherwise"):
        load(copy)


def test_the_hub_is_asked_only_for_what_looks_like_an_id(monkeypatch: pytest.MonkeyPatch, tiny_bundle: Path) -> None:
    asked = []

    def snapshot(repo_id: str, **kwargs: object) -> str:
        asked.append((repo_id, kwargs["revision"]))
        return str(tiny_bundle)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    assert find_bundle("someone/press", revision="v2").path == tiny_bundle
    assert find_bundle(tiny_bundle).path == tiny_bundle
    with pytest.raises(BundleError, match="no such folder"):
        find_bundle("./some/one/press")
    assert asked == [("someone/press", "v2")]
