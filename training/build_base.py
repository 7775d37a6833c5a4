#!/usr/bin/env python3
"""Make a small French encoder of a multilingual one: BERT's weights in CamemBERT's layout, the vocabulary cut.

usage: python training/build_base.py --from intfloat/multilingual-e5-small --vocabulary-counts FRENCH.txt
           --size 20000 --output ../shared/base/camembert-mini

The source is a BERT with XLM-R's tokenizer (Unigram pieces), a folder or a hub id. Kept are the special tokens, each
single character that French writes, and the pieces that the source's own tokenizer cuts most often in the text. Their
scores stay, so what was cut into kept pieces is cut as before. On the same pieces the hidden states are the source's,
but for the rounding to fp16. Nothing is trained.
"""

from __future__ import annotations

import argparse
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import hf_hub_download
from tokenizers import Tokenizer
from tqdm import tqdm
from transformers import AutoConfig, AutoModel, CamembertConfig, CamembertModel, PreTrainedTokenizerFast

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")  # the mask comes last, the others first, as in CamemBERT
FRENCH = "«»“”„‘’–—€°§·•"


def is_french(piece: str) -> bool:
    """Whether a piece is one character that French may write: Latin letters, digits, its signs."""
    character = piece.removeprefix("▁") or "▁"
    if len(character) != 1:
        return False
    latin = unicodedata.name(character, "").startswith("LATIN") and ord(character) < 0x180
    return character.isascii() or latin or character in FRENCH or character == "▁"


def counts(tokenizer: Tokenizer, file: Path) -> Counter[str]:
    """Return how often the source's tokenizer cuts each piece in a text, read by its lines."""
    found: Counter[str] = Counter()
    with file.open(encoding="utf-8") as lines, tqdm(unit="line", disable=None) as bar:
        while batch := list(islice(lines, 1000)):
            for encoding in tokenizer.encode_batch([line.strip() for line in batch], add_special_tokens=False):
                found.update(encoding.tokens)
            bar.update(len(batch))
    return found


def cut(vocabulary: Iterable[tuple[str, float]], used: Mapping[str, int], size: int) -> list[tuple[str, float]]:
    """Return the pieces to keep, with their scores, special ones at their places; the rest as the source orders them.

    Raises:
        ValueError: the source lacks a special token, or the characters of French alone are more than `size`.
    """
    scores = dict(vocabulary)
    if missing := [token for token in SPECIAL if token not in scores]:
        raise ValueError(f"expected the vocabulary of XLM-R, it lacks {', '.join(missing)}")
    plain = [piece for piece in scores if piece not in SPECIAL]
    kept = {piece for piece in plain if is_french(piece)}
    room = size - len(SPECIAL) - len(kept)
    if room < 0:
        raise ValueError(f"expected --size {len(kept) + len(SPECIAL)} or more, as many characters does French write")
    rest = sorted((piece for piece in plain if piece not in kept), key=lambda piece: -used.get(piece, 0))
    kept.update(rest[:room])
    order = [*SPECIAL[:-1], *(piece for piece in plain if piece in kept), SPECIAL[-1]]
    return [(piece, scores[piece]) for piece in order]


def cut_tokenizer(source: Tokenizer, kept: list[tuple[str, float]]) -> Tokenizer:
    """Return the source's tokenizer with only the kept pieces: its normaliser and its way to cut words stay."""
    tree: dict[str, Any] = json.loads(source.to_str())
    ids = {piece: number for number, (piece, _) in enumerate(kept)}
    tree["model"].update(vocab=[[piece, score] for piece, score in kept], unk_id=ids["<unk>"])
    tree["added_tokens"] = [
        {**token, "id": ids[token["content"]]} for token in tree["added_tokens"] if token["content"] in ids
    ]
    tree["post_processor"] = {
        "type": "TemplateProcessing",
        "single": _template("<s> A </s>"),
        "pair": _template("<s> A </s> </s> B </s>"),
        "special_tokens": {token: {"id": token, "ids": [ids[token]], "tokens": [token]} for token in ("<s>", "</s>")},
    }
    tree.update(truncation=None, padding=None)
    return Tokenizer.from_str(json.dumps(tree))


def _template(parts: str) -> list[dict[str, Any]]:
    return [{"Sequence" if part in "AB" else "SpecialToken": {"id": part, "type_id": 0}} for part in parts.split()]


def converted(source: Any, config: Any, rows: list[int]) -> CamembertModel:
    """Return the source's weights in CamemBERT's layout.

    RoBERTa counts positions from the padding token's id + 1, so BERT's row 0 goes to row 2; none before is read.

    Args:
        source: a BertModel.
        config: its config.
        rows: the source's row of each kept piece's embedding.
    """
    model = CamembertModel(
        CamembertConfig(
            vocab_size=len(rows),
            hidden_size=config.hidden_size,
            num_hidden_layers=config.num_hidden_layers,
            num_attention_heads=config.num_attention_heads,
            intermediate_size=config.intermediate_size,
            hidden_act=config.hidden_act,
            layer_norm_eps=config.layer_norm_eps,
            max_position_embeddings=config.max_position_embeddings + 2,
            type_vocab_size=1,
            bos_token_id=0,
            pad_token_id=1,
            eos_token_id=2,
        ),
        add_pooling_layer=False,
    )
    state = {name: tensor for name, tensor in source.state_dict().items() if not name.startswith("pooler.")}
    words = "embeddings.word_embeddings.weight"
    positions = "embeddings.position_embeddings.weight"
    types = "embeddings.token_type_embeddings.weight"
    state[words] = state[words][torch.tensor(rows)]
    state[positions] = torch.cat([torch.zeros(2, config.hidden_size), state[positions]])
    state[types] = state[types][:1]
    model.load_state_dict(state)
    return model.eval()


def build(source: str, text: Path, size: int, output: Path) -> None:
    """Write model and tokenizer, loadable by AutoModel and AutoTokenizer, to a folder.

    Raises:
        ValueError: the source is no BERT with XLM-R's tokenizer.
    """
    config = AutoConfig.from_pretrained(source, trust_remote_code=False)
    if config.model_type != "bert":
        raise ValueError(f"{source}: expected a BERT, got {config.model_type}")
    # As it was saved: transformers 5 rebuilds tokenizers by its own code, with another normaliser at times.
    folder = Path(source)
    file = folder / "tokenizer.json" if folder.is_dir() else hf_hub_download(source, "tokenizer.json")
    tokenizer = Tokenizer.from_file(str(file))
    tree = json.loads(tokenizer.to_str())
    if tree["model"]["type"] != "Unigram":
        raise ValueError(f"{source}: expected XLM-R's Unigram tokenizer, got {tree['model']['type']}")
    kept = cut(map(tuple, tree["model"]["vocab"]), counts(tokenizer, text), size)
    bert = AutoModel.from_pretrained(source, dtype=torch.float32, use_safetensors=True, trust_remote_code=False)
    model = converted(bert, config, [tokenizer.token_to_id(piece) for piece, _ in kept])
    output.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(output)
    PreTrainedTokenizerFast(
        tokenizer_object=cut_tokenizer(tokenizer, kept),
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=config.max_position_embeddings,
    ).save_pretrained(output)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="source", required=True, help="folder or hub id of the BERT")
    parser.add_argument("--vocabulary-counts", type=Path, required=True, help="French text, UTF-8")
    parser.add_argument("--size", type=int, default=20_000, help="pieces to keep")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    build(arguments.source, arguments.vocabulary_counts, arguments.size, arguments.output)


if __name__ == "__main__":
    main()
