"""The same answers, whatever the budget, the company, the memory and the backend."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from porteparole.analyzer import Analyzer
from porteparole.backend import HeadLogits, StatementBackend
from porteparole.bundle import Bundle
from porteparole.encode import Encoder
from porteparole.engine import Engine
from porteparole.schema import Document
from porteparole.torch_backend import TorchStatements


@pytest.fixture(scope="module")
def bundle(tiny_bundle: Path) -> Bundle:
    return Bundle.read(tiny_bundle)


@pytest.fixture(scope="module")
def texts(corpus: list[Document]) -> list[str]:
    return [document.text for document in corpus] + ["\n".join(document.text for document in corpus)]


class Reader:
    """Documents of texts, by an engine of given budgets."""

    def __init__(self, bundle: Bundle, backend: StatementBackend, **budgets: int) -> None:
        window = bundle.manifest.window
        tokenizer = Tokenizer.from_file(str(bundle.statements / "tokenizer.json"))
        encoder = Encoder(tokenizer, budget=window.tokens, overlap=window.overlap)
        self.engine = Engine(backend, bundle.manifest.decoding, pad_token=bundle.pad_token("statements"), **budgets)
        self.analyzer = Analyzer(encoder, self.engine, bundle.labels)

    def __call__(self, texts: list[str]) -> list[Document]:
        return list(chain.from_iterable(self.analyzer.stream(texts)))


def same(found: list[Document], wanted: list[Document]) -> bool:
    """Whether two readings differ at most in the last digits of their scores."""
    return [plain(document) for document in found] == [plain(document) for document in wanted]


def plain(document: Document) -> object:
    def strip(tree: object) -> object:
        if isinstance(tree, dict):
            return {key: strip(value) for key, value in tree.items() if "score" not in key}
        return [strip(item) for item in tree] if isinstance(tree, (list, tuple)) else tree

    return strip(document.to_dict())


@pytest.mark.parametrize(("tokens", "cues"), [(1, 1), (300, 200), (100_000, 100_000)])
def test_budgets_do_not_change_the_answer(bundle: Bundle, texts: list[str], tokens: int, cues: int) -> None:
    backend = TorchStatements.load(bundle)
    wanted = Reader(bundle, backend)(texts)
    assert sum(len(document.statements) for document in wanted) > 10
    reader = Reader(bundle, backend, token_budget=tokens, cue_budget=cues)
    assert same(reader(texts), wanted)
    windows = reader.engine.windows
    assert windows.tokens == windows.read if tokens == 1 else windows.tokens < windows.read


class Cramped(TorchStatements):
    """Has memory for few tokens and few cues."""

    def read(self, tokens, mask, first):
        if tokens.size > 600:
            raise MemoryError
        return super().read(tokens, mask, first)

    def heads(self, words, mask, rows, starts, ends) -> HeadLogits:
        if len(rows) > 2:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")
        return super().heads(words, mask, rows, starts, ends)


def test_an_engine_that_runs_out_of_memory_goes_on_with_less(bundle: Bundle, texts: list[str]) -> None:
    plain = TorchStatements.load(bundle)
    reader = Reader(bundle, Cramped(plain.model), token_budget=100_000)
    assert same(reader(texts), Reader(bundle, plain)(texts))
    assert reader.engine.windows.budget <= 600


class Watched(TorchStatements):
    """Counts what it is given."""

    largest = 0

    def read(self, tokens, mask, first):
        self.largest = max(self.largest, tokens.size)
        return super().read(tokens, mask, first)


def test_a_text_of_any_length_is_read_in_batches_of_bounded_size(bundle: Bundle, texts: list[str]) -> None:
    text = "\n".join(texts * (1 + 200_000 // len("\n".join(texts))))
    assert len(text) >= 200_000
    backend = Watched(TorchStatements.load(bundle).model)
    (document,) = Reader(bundle, backend)([text])
    assert backend.largest <= backend.token_budget
    assert document.statements[-1].cue.start > len(text) - 2000
    assert np.all(np.diff([statement.cue.start for statement in document.statements]) > 0)
