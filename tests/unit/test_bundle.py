"""What a damaged, foreign or hostile model folder says; nothing here needs a model that has learned something."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from porteparole import BundleError
from porteparole.bundle import Bundle, find_bundle, is_bundle, seal, write_report
from porteparole.tagger import Tagger, load

MODEL_FILES = [
    "statements/config.json", "statements/model.safetensors", "statements/heads.safetensors",
    "statements/tokenizer.json", "stance/config.json", "stance/model.safetensors", "stance/tokenizer.json",
]  # fmt: skip


@pytest.fixture
def copy(fresh_bundle: Path, tmp_path: Path) -> Path:
    shutil.copytree(fresh_bundle, tmp_path / "copy")
    return tmp_path / "copy"


def edit(path: Path, change: Callable[[Any], None]) -> None:
    """Change a JSON file, here of ASCII, in place."""
    tree = json.loads(path.read_text(encoding="utf-8"))
    change(tree)
    path.write_text(json.dumps(tree), encoding="utf-8")


def use(folder: Path) -> Tagger:
    """Load all there is in a bundle."""
    tagger = load(folder, device="cpu", dtype="fp32")
    tagger.stance("Nous refusons.", "la paix")
    return tagger


def test_a_whole_bundle_is_read(fresh_bundle: Path) -> None:
    bundle = Bundle.read(str(fresh_bundle))
    assert bundle.path == fresh_bundle
    assert bundle.manifest.name == "fresh"
    assert bundle.parts == ("statements", "stance")
    assert bundle.metrics() == {"statements": {}, "stance": {}}
    assert bundle.labels.acts[0] == "STATE"
    assert sorted(bundle.manifest.files) == sorted(MODEL_FILES)
    assert '\n "format": 2,\n' in (fresh_bundle / "porteparole.json").read_text(encoding="utf-8")
    assert is_bundle(fresh_bundle)
    assert not is_bundle(fresh_bundle.parent)
    use(fresh_bundle)


def test_a_report_and_a_card_are_written_as_they_are(copy: Path) -> None:
    write_report(copy / "stance", "seed: 3\n", {"précision": 1})
    assert (copy / "stance" / "training.yaml").read_text(encoding="utf-8") == "seed: 3\n"
    assert (copy / "stance" / "metrics.json").read_text(encoding="utf-8") == '{\n "précision": 1\n}\n'
    (copy / "statements" / "metrics.json").unlink()
    assert Bundle.read(copy).metrics() == {"stance": {"précision": 1}}
    Bundle.read(copy).write_card("# Carte\n")
    assert (copy / "README.md").read_text(encoding="utf-8") == "# Carte\n"


def test_a_bundle_may_lack_the_stance_classifier(copy: Path) -> None:
    shutil.rmtree(copy / "stance")
    bundle = Bundle.read(copy)
    assert not bundle.has_stance
    assert bundle.parts == ("statements",)


@pytest.mark.parametrize("name", MODEL_FILES)
def test_a_file_that_is_missing_cut_short_or_changed_is_named(copy: Path, name: str) -> None:
    path = copy / name
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    bundle = Bundle.read(copy)
    with pytest.raises(BundleError, match=rf"{name}: expected SHA-256 [0-9a-f]{{12}}….*copy the whole folder again"):
        bundle.verify(name.split("/")[0])
    with pytest.raises(BundleError, match=rf"{name}: expected SHA-256"):
        use(copy)
    path.write_bytes(content[:-1])
    with pytest.raises(BundleError, match=rf"{name}: expected {len(content)} bytes, it has {len(content) - 1}"):
        Bundle.read(copy)
    path.unlink()
    with pytest.raises(BundleError, match=f"{name} missing; copy the whole folder again"):
        Bundle.read(copy)


def test_what_was_changed_on_purpose_is_sealed_anew(copy: Path) -> None:
    config = copy / "statements" / "config.json"
    edit(config, lambda tree: tree.update(note="ours"))
    with pytest.raises(BundleError, match=r"config\.json: expected"):
        Bundle.read(copy)
    seal(copy)
    use(copy)


def test_a_file_without_a_seal_is_not_read(copy: Path) -> None:
    edit(copy / "porteparole.json", lambda tree: tree["files"].pop("stance/model.safetensors"))
    with pytest.raises(BundleError, match=r"stance/model\.safetensors: has no seal in porteparole\.json"):
        Bundle.read(copy)


def test_folders_that_are_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no such folder; expected a bundle written by `porteparole train`"):
        load(tmp_path / "nowhere")
    with pytest.raises(BundleError, match=r"no porteparole\.json in it; expected a bundle written by"):
        load(tmp_path)
    with pytest.raises(BundleError, match=r"porteparole\.json: no such file"):
        seal(tmp_path)


def test_another_format_is_told(copy: Path) -> None:
    edit(copy / "porteparole.json", lambda tree: tree.update(format=99))
    with pytest.raises(BundleError, match="format 99, this version of porteparole reads 2; install the version that"):
        load(copy)
    (copy / "porteparole.json").write_text("[]", encoding="utf-8")
    with pytest.raises(BundleError, match="format None, this version"):
        load(copy)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"window": {"tokens": "many", "overlap": 3}}, r"window\.tokens: .*; the file was damaged or edited"),
        ({"files": {"stance/config.json": {"size": -1, "sha256": "0" * 64}}}, r"files\.stance/config\.json\.size: "),
        ({"files": {"stance/config.json": {"size": 1, "sha256": "../x"}}}, r"files\.stance/config\.json\.sha256: "),
        ({"run": "anything"}, "run: Extra inputs"),
    ],
)  # fmt: skip
def test_a_damaged_manifest_is_told(copy: Path, change: dict[str, object], message: str) -> None:
    edit(copy / "porteparole.json", lambda tree: tree.update(change))
    with pytest.raises(BundleError, match=rf"porteparole\.json: {message}"):
        load(copy)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "expected JSON: "),
        ("[" * 100_000, "expected JSON, this is nested too deeply"),
        (" " * (4 << 20) + "{}", "expected at most 4194304 bytes, the file has more"),
        ('{"format": ' + "9" * 5000 + "}", "expected JSON: Exceeds the limit|format 9"),
    ],
)
def test_a_manifest_that_is_no_json_is_told(copy: Path, content: str, message: str) -> None:
    (copy / "porteparole.json").write_text(content, encoding="utf-8")
    with pytest.raises(BundleError, match=rf"porteparole\.json: ({message})"):
        load(copy)


@pytest.mark.parametrize("name", ["statements/config.json", "stance/config.json", "statements/tokenizer.json"])
def test_a_huge_json_file_is_refused_by_its_size(copy: Path, name: str) -> None:
    most = (4 if "config" in name else 64) << 20
    for size in (most, most + 1):  # sparse: they take no room on the disk
        os.truncate(copy / name, size)
        seal(copy)
        if size == most:
            Bundle.read(copy)
    with pytest.raises(BundleError, match=rf"{name}: expected at most {most} bytes, it has {most + 1}"):
        Bundle.read(copy)


@pytest.mark.parametrize("name", ["statements/tokenizer.json", "porteparole.json", "stance"])
def test_a_link_that_leaves_the_bundle_is_refused(copy: Path, tmp_path: Path, name: str) -> None:
    (copy / name).rename(tmp_path / "elsewhere")
    (copy / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match=rf"{name}.*: leads out of the folder, to .*elsewhere"):
        load(copy)


def test_links_inside_a_bundle_and_to_a_bundle_are_followed(copy: Path, tmp_path: Path) -> None:
    (copy / "statements" / "tokenizer.json").rename(copy / "shared.json")
    (copy / "statements" / "tokenizer.json").symlink_to("../shared.json")
    (tmp_path / "link").symlink_to("copy")
    Bundle.read(tmp_path / "link").verify("statements")


def test_the_links_of_the_hubs_cache_are_followed(copy: Path, tmp_path: Path) -> None:
    snapshot = tmp_path / "models--someone--press" / "snapshots" / "abc"
    blobs = tmp_path / "models--someone--press" / "blobs"
    shutil.copytree(copy, snapshot)
    blobs.mkdir()
    weights = snapshot / "stance" / "model.safetensors"
    weights.rename(blobs / "0123")
    weights.symlink_to("../../../blobs/0123")
    use(snapshot)
    weights.unlink()
    weights.symlink_to(copy / "stance" / "model.safetensors")
    with pytest.raises(BundleError, match="leads out of the folder"):
        Bundle.read(snapshot)


def test_an_adapter_is_refused(copy: Path) -> None:
    (copy / "stance" / "adapter_config.json").write_text('{"base_model_name_or_path": "someone/else"}')
    with pytest.raises(BundleError, match=r"stance/adapter_config\.json: expected a whole model, not an adapter"):
        load(copy)


@pytest.mark.parametrize("part", ["statements", "stance"])
@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("vocab_size", 10**15, r"word_embeddings\.weight is of shape \[\d+, 48\] and should be of \[10{15}, 48\]"),
        ("num_hidden_layers", 10**9, r"num_hidden_layers 1000000000, but model\.safetensors holds only \d+ tensors"),
        ("num_hidden_layers", 1, r"layer\.1\..* is of shape \[.*\] and should be of none"),
        ("num_hidden_layers", 3, r"layer\.2\..* is of shape none and should be of \["),
        ("hidden_size", 10**20, "cannot be loaded, copy it again"),
        ("model_type", "nothing", "cannot be loaded, copy it again"),
    ],
)  # fmt: skip
def test_a_config_that_the_weights_do_not_fit_is_told_before_memory_is_taken(
    copy: Path, part: str, key: str, value: object, message: str
) -> None:
    edit(copy / part / "config.json", lambda tree: tree.update({key: value}))
    seal(copy)
    with pytest.raises(BundleError, match=message):
        use(copy)


@pytest.mark.parametrize("name", ["stance/model.safetensors", "statements/heads.safetensors"])
@pytest.mark.parametrize("content", [b"", b"\xff" * 8, (2).to_bytes(8, "little") + b"[]", b"\x80\x04N."])
def test_weights_that_are_no_safetensors_are_told(copy: Path, name: str, content: bytes) -> None:
    (copy / name).write_bytes(content)
    seal(copy)
    with pytest.raises(BundleError, match=f"{name}: no whole safetensors file"):
        use(copy)


def test_heads_of_another_shape_are_told(copy: Path) -> None:
    path = copy / "statements" / "heads.safetensors"
    heads = load_file(path)
    save_file({**heads, "act.bias": torch.zeros(3)}, path)
    seal(copy)
    with pytest.raises(BundleError, match=r"act\.bias is of shape \[3\] and should be of \[\d+\]"):
        load(copy)
    del heads["act.bias"]
    save_file(heads, path)
    seal(copy)
    with pytest.raises(BundleError, match=r"act\.bias is of shape none and should be of \[\d+\]"):
        load(copy)


def test_weights_under_the_names_of_old_releases_are_read(copy: Path) -> None:
    path = copy / "statements" / "model.safetensors"
    old = {
        key.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
        for key, tensor in load_file(path).items()
    }
    assert old.keys() != load_file(path).keys()
    save_file(old, path, metadata={"format": "pt"})
    seal(copy)
    use(copy)


def test_code_in_a_bundle_is_not_run(copy: Path, tmp_path: Path) -> None:
    names = ("AutoConfig", "AutoModel", "AutoModelForSequenceClassification", "AutoTokenizer")
    code = dict.fromkeys(names, "evil.Evil")
    for part in ("statements", "stance"):
        (copy / part / "evil.py").write_text(f"open({str(tmp_path / 'was_run')!r}, 'w')\nclass Evil: pass\n")
        edit(copy / part / "config.json", lambda tree: tree.update(auto_map=code))
    seal(copy)
    use(copy)
    for part in ("statements", "stance"):
        edit(copy / part / "config.json", lambda tree: tree.update(model_type="evil"))
    seal(copy)
    with pytest.raises(BundleError):
        use(copy)
    assert not (tmp_path / "was_run").exists()


def test_changed_weights_fail_the_golden_check_which_names_the_releases(copy: Path) -> None:
    heads = load_file(copy / "statements" / "heads.safetensors")
    heads["cue_tagger.bias"] += 1
    save_file(heads, copy / "statements" / "heads.safetensors")
    seal(copy)
    with pytest.raises(
        BundleError, match=r"golden sentence are off by .*transformers \d.*tokenizers \d.*torch \d.*another release"
    ):
        load(copy)


def test_a_changed_tokenizer_fails_the_golden_check_which_names_the_releases(copy: Path) -> None:
    edit(copy / "statements" / "tokenizer.json", lambda tree: tree.update(normalizer={"type": "Lowercase"}))
    seal(copy)
    with pytest.raises(
        BundleError, match=r"tokenizer cuts the golden sentence otherwise.*transformers \d.*tokenizers \d.*torch \d"
    ):
        load(copy)


@pytest.mark.parametrize("content", ["", "{}", '{"a":' * 10_000, "[" * 1_000_000])
def test_a_tokenizer_that_is_none_is_told(copy: Path, content: str) -> None:
    (copy / "statements" / "tokenizer.json").write_text(content, encoding="utf-8")
    seal(copy)
    with pytest.raises(BundleError, match=r"tokenizer\.json: cannot be read, copy it again"):
        load(copy)


def test_the_hub_is_asked_only_for_what_looks_like_an_id(monkeypatch: pytest.MonkeyPatch, fresh_bundle: Path) -> None:
    asked = []

    def snapshot(repo_id: str, **kwargs: object) -> str:
        asked.append((repo_id, kwargs["revision"]))
        return str(fresh_bundle)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    assert find_bundle("someone/press", revision="v2").path == fresh_bundle
    assert find_bundle(fresh_bundle).path == fresh_bundle
    with pytest.raises(BundleError, match="no such folder"):
        find_bundle("./some/one/press")
    assert asked == [("someone/press", "v2")]


def test_what_the_hub_refuses_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def snapshot(repo_id: str, **kwargs: object) -> str:
        raise OSError("\nno such repository\nat all")

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    with pytest.raises(
        BundleError, match=r"^someone/press: no such folder here, .* under this id: no such repository$"
    ):
        find_bundle("someone/press")
