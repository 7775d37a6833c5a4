#!/usr/bin/env python3
"""Training speed and memory of the statement model on an encoder of camembert-base's shape, with random weights.

usage: python benchmarks/train_base.py [--steps 3] [--batch-size 8] [--precision auto] [--output FILE.json]

One step to warm up, then --steps steps (forward, backward, AdamW) over passages of training/corpus/train.jsonl in
windows of 256 tokens. Tokens are the windows' own; padding does not count. On a GPU if there is one, else on a CPU.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import torch
from tokenizers import Tokenizer
from tqdm import trange
from transformers import CamembertConfig, CamembertModel

import porteparole
from porteparole.data import read_corpus
from porteparole.device import bf16_is_fast, pick_device
from porteparole.encode import Encoder
from porteparole.features import StatementCollator, statement_examples
from porteparole.files import write_atomically
from porteparole.labels import DEFAULT
from porteparole.model import StatementModel
from porteparole.pretrained import training_attention

ROOT = Path(__file__).parents[1]
SHAPE = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}
REST = {"vocab_size": 32005, "max_position_embeddings": 514, "type_vocab_size": 1,
        "bos_token_id": 5, "pad_token_id": 1, "eos_token_id": 6}  # fmt: skip


def batches(size: int, count: int) -> list[dict[str, Any]]:
    """Return `count` batches of passages, the shipped tokenizer's ids in the place of camembert-base's."""
    tokenizer = Tokenizer.from_file(str(Path(porteparole.__file__).parent / "shipped/statements/tokenizer.json"))
    documents = read_corpus(ROOT / "training/corpus/train.jsonl", DEFAULT)[: size * count]
    examples = list(statement_examples(documents, Encoder(tokenizer, budget=256, overlap=96), DEFAULT))
    collate = StatementCollator(DEFAULT, pad_token=1)
    return [collate(examples[k * size : (k + 1) * size]) for k in range(count)]


def measure(steps: int, size: int, precision: str) -> dict[str, Any]:
    """Train a few steps and return the figures."""
    torch.manual_seed(0)
    device = pick_device()
    bf16 = precision == "bf16" or (precision == "auto" and bf16_is_fast(device))
    model = StatementModel(
        CamembertModel(CamembertConfig(**SHAPE, **REST, **training_attention()), add_pooling_layer=False), DEFAULT
    ).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5, fused=True)
    work = batches(size, steps + 1)
    losses, started, computed = [], 0.0, 0.0
    for k in trange(steps + 1, unit="step", disable=None):
        if k == 1:  # the first step builds kernels and the optimizer's state
            started, computed = perf_counter(), process_time()
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16):
            loss = model(**{name: tensor.to(device) for name, tensor in work[k].items()})["loss"]
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))  # waits for the GPU
    seconds, cpu = perf_counter() - started, process_time() - computed
    tokens = sum(int(batch["attention_mask"].sum()) for batch in work[1:])
    if device.type == "cuda":
        peak, name = torch.cuda.max_memory_allocated(), torch.cuda.get_device_name()
    else:
        peak, name = (
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            f"CPU, {torch.get_num_threads()} threads",
        )
    return {
        "encoder_parameters": sum(p.numel() for p in model.encoder.parameters()),
        "parameters": sum(p.numel() for p in model.parameters()),
        "device": name,
        "machine": platform.machine(),
        "torch": torch.__version__,
        "precision": "bf16 autocast" if bf16 else "fp32",
        "batch_size": size,
        "steps": steps,
        "tokens": tokens,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),  # less than the seconds where others use the machine too
        "tokens_per_second": round(tokens / seconds, 1),
        "tokens_per_cpu_second": round(tokens / cpu, 1),
        "peak_memory_gib": round(peak / 2**30, 2),
        "losses": [round(loss, 3) for loss in losses],
    }


def main() -> None:
    """Parse the command line, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--precision", choices=("auto", "fp32", "bf16"), default="auto")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks/train_base.json")
    arguments = parser.parse_args()
    found = measure(arguments.steps, arguments.batch_size, arguments.precision)
    write_atomically(arguments.output, json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
