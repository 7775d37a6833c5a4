"""A program: one tagger's answers in worker processes, started as the argument says, against its own.

python tests/workers.py fork|spawn FOLDER < TEXTS, a JSON list of texts
"""

from __future__ import annotations

import json
import multiprocessing
import sys

import torch

import porteparole
from offsets import unscored

_tagger: porteparole.Tagger | None = None


def start(folder: str) -> None:
    """Load the model, unless the process inherited it."""
    global _tagger
    _tagger = _tagger or porteparole.load(folder, device="cpu", dtype="fp32")


def answer(text: str) -> object:
    """Return what the tagger says of a text."""
    assert _tagger is not None
    return unscored(_tagger.predict(text))


def main() -> None:
    """Print ``same`` if all workers say what this process says."""
    method, folder = sys.argv[1:]
    texts = json.load(sys.stdin)
    torch.set_num_threads(2)  # the threads that do not survive a fork
    start(folder)
    alone = [answer(text) for text in texts]
    context = multiprocessing.get_context(method)
    with context.Pool(2, start, [folder]) as pool:
        print("same" if pool.map(answer, texts, chunksize=1) == alone else "other")


if __name__ == "__main__":
    main()
