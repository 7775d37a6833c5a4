"""Every file of configs/ is valid, tells its command and its cost, and trains a few steps on a tiny encoder."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    CamembertConfig,
    CamembertModel,
    DebertaV2Config,
    DebertaV2Model,
    ModernBertConfig,
    ModernBertModel,
    RobertaConfig,
    RobertaModel,
)

import porteparole
from porteparole.config import AnyConfig, SequenceConfig, StanceConfig, StatementsConfig, load_config
from porteparole.train import train

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "configs").rglob("*.yaml"))
TEXT = "Le maire a promis deux lignes de bus."
SHAPE = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 192}
IDS = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}


def encoder_like(name: str, vocabulary: int) -> torch.nn.Module:
    """A tiny random encoder of the architecture that a hub encoder has."""
    shape: dict[str, Any] = {**SHAPE, **IDS, "vocab_size": vocabulary, "max_position_embeddings": 514}
    torch.manual_seed(3)
    if "camembertav2" in name:
        relative = {"relative_attention": True, "position_buckets": 64, "pos_att_type": ["p2c", "c2p"],
                    "share_att_key": True, "norm_rel_ebd": "layer_norm", "position_biased_input": False}  # fmt: skip
        return DebertaV2Model(DebertaV2Config(**shape, type_vocab_size=0, **relative))
    if "moderncamembert" in name:
        return ModernBertModel(ModernBertConfig(**shape, cls_token_id=0, sep_token_id=2, local_attention=64))
    if "camembertv2" in name:
        return RobertaModel(RobertaConfig(**shape, type_vocab_size=1), add_pooling_layer=False)
    return CamembertModel(CamembertConfig(**shape, type_vocab_size=1), add_pooling_layer=False)


@pytest.fixture(scope="module")
def encoder_of(tiny_encoder_folder: Path, tmp_path_factory: pytest.TempPathFactory):
    """Gives a folder with a tiny encoder of an architecture, and the tiny tokenizer."""
    vocabulary = json.loads((tiny_encoder_folder / "config.json").read_text(encoding="utf-8"))["vocab_size"]

    def make(name: str) -> Path:
        folder = tmp_path_factory.mktemp("encoder")
        encoder_like(name, vocabulary).save_pretrained(folder)
        for file in tiny_encoder_folder.glob("tokenizer*"):
            (folder / file.name).write_bytes(file.read_bytes())
        return folder

    return make


def table(config: SequenceConfig, folder: Path) -> list[str]:
    """Write a small table with a config's columns, and return the overrides that name it."""
    data = config.data
    columns = [data.text, data.label, *([data.pair] if data.pair else [])]
    where = {**data.where, **{key: value for test in data.tests.values() for key, value in test.where.items()}}
    for name in ("train", "validation"):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.DictWriter(file, [*columns, *where])
            rows.writeheader()
            for k in range(8):
                cells = dict.fromkeys(columns, f"{name} numéro {k} : {TEXT}")
                rows.writerow({**cells, data.label: ("oui", "non")[k % 2], **where})
    # One table for all tests: the last one's conditions are written into it.
    tests = {list(data.tests)[-1]: {"rows": str(folder / "validation.csv"), "where": where}} if data.tests else {}
    return [f"data.train=[{folder / 'train.csv'}]", f"data.validation={folder / 'validation.csv'}",
            f"data.tests={json.dumps(tests)}"]  # fmt: skip


def tiny(file: Path, folder: Path, encoder: Path, corpus_file: Path) -> AnyConfig:
    """A config with a tiny encoder and small data in the place of its own."""
    config = load_config(file)
    overrides = [f"encoder={encoder}", f"output={folder / 'out'}", "optim.epochs=1", "data.leakage=warn"]
    if isinstance(config, StatementsConfig):
        overrides.append("heads.attention_heads=4")
    if isinstance(config, SequenceConfig):
        overrides += table(config, folder)
    elif not str(config.data.validation).startswith("examples/"):
        overrides += [f"data.train=[{corpus_file}]", f"data.validation={corpus_file}"]
    return load_config(file, overrides)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT / "configs")))
def test_a_config_trains_and_predicts(
    file: Path, encoder_of, corpus_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    head = file.read_text(encoding="utf-8").partition("task:")[0]
    assert f"porteparole train {file.relative_to(ROOT)}" in head
    assert "Costs" in head or "not measured" in head
    config = tiny(file, tmp_path, encoder_of(file.parent.name), corpus_file)
    folder = train(config)
    if isinstance(config, StanceConfig):
        assert json.loads((folder / "stance" / "metrics.json").read_text(encoding="utf-8"))["validation"]["n"]
        return
    tagger = porteparole.load(folder, dtype="fp32")
    if isinstance(config, StatementsConfig):
        assert tagger.labels == config.labels.inventory
        assert tagger.predict(TEXT).text == TEXT
    else:
        said = tagger.predict([(TEXT, TEXT)] if config.data.pair else [TEXT])
        assert set(said[0].scores) == {"oui", "non"}


def test_the_examples_of_own_labels_are_resolved_from_what_was_written(tmp_path: Path) -> None:
    for split in ("train", "validation"):
        written, resolved = ROOT / f"examples/council-{split}.authored.jsonl", tmp_path / "resolved.jsonl"
        command = [sys.executable, ROOT / "training/resolve.py", written, resolved, "--config"]
        done = subprocess.run([*command, ROOT / "configs/own-labels.yaml"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        assert resolved.read_bytes() == (ROOT / f"examples/council-{split}.jsonl").read_bytes()
