"""The base encoder: cut from a tiny random BERT with a tokenizer like XLM-R's, it computes the same."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from tokenizers import Tokenizer
from transformers import AutoModel, BertConfig, BertModel, CamembertModel, PreTrainedTokenizerFast

from corpus import PASSAGES

ROOT = Path(__file__).parents[2]
SIZE = 160


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """training/build_base.py, which is no module of a package."""
    spec = importlib.util.spec_from_file_location("build_base", ROOT / "training" / "build_base.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def source(tiny_tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(5)
    config = BertConfig(vocab_size=tiny_tokenizer.get_vocab_size(), hidden_size=32, num_hidden_layers=2,
                        num_attention_heads=4, intermediate_size=64, max_position_embeddings=64,
                        pad_token_id=1)  # fmt: skip
    BertModel(config).save_pretrained(folder)
    tiny_tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="module")
def built(script, source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base") / "mini"
    text = folder.parent / "french.txt"
    text.write_text("\n".join(passage["text"] for passage in PASSAGES), encoding="utf-8")
    script.build(str(source), text, SIZE, folder)
    return folder


def test_hidden_states_are_the_sources_on_the_same_pieces(source: Path, built: Path, tiny_tokenizer: Tokenizer) -> None:
    bert = AutoModel.from_pretrained(source).eval()
    mini, info = AutoModel.from_pretrained(
        built, dtype=torch.float32, add_pooling_layer=False, output_loading_info=True
    )
    assert isinstance(mini, CamembertModel)
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    tokenizer = PreTrainedTokenizerFast.from_pretrained(built)
    assert len(tokenizer) == SIZE
    pieces = tokenizer.convert_ids_to_tokens(list(range(4, SIZE - 1)))
    rows = [["<s>", *pieces[k : k + 62 - k // 10], "</s>"] for k in range(0, 90, 30)]  # of different lengths
    longest = max(map(len, rows))
    rows = [row + ["<pad>"] * (longest - len(row)) for row in rows]
    mask = torch.tensor([[int(piece != "<pad>") for piece in row] for row in rows])
    states = []
    for model, number in ((bert, tiny_tokenizer.token_to_id), (mini.eval(), tokenizer.convert_tokens_to_ids)):
        ids = torch.tensor([[number(piece) for piece in row] for row in rows])
        with torch.inference_mode():
            states.append(model(input_ids=ids, attention_mask=mask).last_hidden_state[mask.bool()])
    assert longest == 64  # every position of the source
    assert float((states[0] - states[1]).abs().max()) < 5e-3  # weights are rounded to fp16
    assert float(states[0].std()) > 0.5


def test_what_was_cut_into_kept_pieces_is_cut_as_before(built: Path, tiny_tokenizer: Tokenizer) -> None:
    mini = Tokenizer.from_file(str(built / "tokenizer.json"))
    words = {word for passage in PASSAGES for word in passage["text"].split()}
    same = 0
    for word in words:
        before = tiny_tokenizer.encode(word)
        after = mini.encode(word)
        if all(mini.token_to_id(piece) is not None for piece in before.tokens):
            assert after.tokens == before.tokens
            assert after.offsets == before.offsets
            same += 1
        assert "<unk>" not in set(after.tokens) - set(before.tokens)
    assert same > len(words) / 2
    assert mini.encode("a", "a").tokens == ["<s>", "▁a", "</s>", "</s>", "▁a", "</s>"]


def test_a_vocabulary_too_small_for_french_is_refused(script, source: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("Bonjour.", encoding="utf-8")
    with pytest.raises(ValueError, match="expected --size"):
        script.build(str(source), tmp_path / "t.txt", 10, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_says_what_it_needs(
    script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["build_base.py", "--from", "x"])
    with pytest.raises(SystemExit):
        script.main()
    assert "--vocabulary-counts, --output" in capsys.readouterr().err
