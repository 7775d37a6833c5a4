#!/usr/bin/env python3
"""How well each layer of a frozen encoder tells cues apart: a linear probe (Alain and Bengio 2016) on word vectors.

usage: python training/experiments/probe.py ENCODER TRAIN.jsonl DEV.jsonl

Prints, a layer a line: mean standard deviation, mean cosine of two words, F1 of the cue tags (B and I) on DEV.
"""

from __future__ import annotations

import sys

import torch
from torch.nn import functional
from transformers import AutoTokenizer

from porteparole.data import read_corpus
from porteparole.encode import Encoder
from porteparole.features import StatementCollator, statement_examples
from porteparole.labels import DEFAULT
from porteparole.pretrained import load_encoder


def vectors(name: str, file: str, passages: int) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Return the word vectors of each layer and the cue tags. Each of shape: (words, width), (words,)."""
    tokenizer = AutoTokenizer.from_pretrained(name)
    encoder = Encoder(tokenizer.backend_tokenizer, budget=256, overlap=96)
    model = load_encoder(name).eval()
    collate = StatementCollator(DEFAULT, tokenizer.pad_token_id)
    examples = list(statement_examples(read_corpus(file, DEFAULT)[:passages], encoder, DEFAULT))
    layers: list[list[torch.Tensor]] = [[] for _ in range(model.config.num_hidden_layers + 1)]
    tags = []
    for start in range(0, len(examples), 32):
        batch = collate(examples[start : start + 32])
        live = batch["cue_tags"] != -100
        with torch.inference_mode():
            said = model(batch["input_ids"], batch["attention_mask"], output_hidden_states=True).hidden_states
        place = batch["first"][..., None].expand(-1, -1, said[0].shape[-1])
        for layer, hidden in zip(layers, said, strict=True):
            layer.append(hidden.gather(1, place)[live])
        tags.append(batch["cue_tags"][live])
    return [torch.cat(layer) for layer in layers], torch.cat(tags)


def main() -> None:
    name, train_file, dev_file = sys.argv[1:]
    train, train_tags = vectors(name, train_file, 500)
    dev, dev_tags = vectors(name, dev_file, 150)
    for number, (known, new) in enumerate(zip(train, dev, strict=True)):
        mean, deviation = known.mean(0), known.std(0)
        some = functional.normalize(known[:2000], dim=1)
        torch.manual_seed(0)
        probe = torch.nn.Linear(known.shape[1], 3)
        optimizer = torch.optim.AdamW(probe.parameters(), lr=3e-3, weight_decay=0.05)
        for _ in range(4):
            for rows in torch.randperm(len(known)).split(512):
                optimizer.zero_grad()
                functional.cross_entropy(probe((known[rows] - mean) / deviation), train_tags[rows]).backward()
                optimizer.step()
        found = probe((new - mean) / deviation).argmax(1)
        right = int(((found > 0) & (found == dev_tags)).sum())
        f1 = 2 * right / int((found > 0).sum() + (dev_tags > 0).sum())
        cosine = float((some @ some.T).mean())
        print(f"{number} sd {float(deviation.mean()):.3f} cos {cosine:.3f} probe F1 {f1:.3f}")


if __name__ == "__main__":
    main()
