from __future__ import annotations

from collections import Counter

import pytest
import torch

from porteparole.decode import spans_of
from porteparole.encode import Encoder
from porteparole.features import StatementCollator, statement_examples
from porteparole.labels import DEFAULT, ROLES
from porteparole.schema import Document, Span, Stance, Statement


@pytest.fixture
def encoder(tiny_tokenizer):
    return Encoder(tiny_tokenizer, budget=512, overlap=96)


def read(document, window, tags):
    """What tags say, as text by label: {label: [text, …]}."""
    found = {}
    for _, label, start, end in spans_of(tags[None]):
        text = document.text[window.spans[start, 0] : window.spans[end - 1, 1]]
        found.setdefault(label, []).append(text)
    return found


def test_examples_say_what_the_corpus_says(corpus, encoder):
    texts = [document.text for document in corpus]
    for document, window, example in zip(
        corpus, encoder.windows(texts), statement_examples(corpus, encoder, DEFAULT), strict=True
    ):
        cues = [statement.cue.text for statement in document]
        assert read(document, window, example["cue_tags"]).get(0, []) == cues
        assert example["length"] == len(example["input_ids"])
        assert len(example["starts"]) == len(document)
        for k, statement in enumerate(document):
            start, end = example["starts"][k], example["ends"][k]
            assert document.text[window.spans[start, 0] : window.spans[end - 1, 1]] == statement.cue.text
            assert DEFAULT.acts[example["acts"][k]] == statement.act.label
            held = {t.topic: t.label for t in statement.topics}
            for topic, about, stance in zip(DEFAULT.topics, example["topics"][k], example["stances"][k], strict=True):
                assert about == (topic in held)
                assert stance == (DEFAULT.stances.index(held[topic]) if topic in held else -100)
            roles = read(document, window, example["role_tags"][k])
            for label, role in enumerate(ROLES):
                assert roles.get(label, []) == [span.text for span in getattr(statement, role)]


def test_of_two_roles_on_one_word_the_longer_span_keeps_it(encoder):
    text = "le roi dit oui"
    statement = Statement(
        Span(7, 10, "dit"),
        source=(Span(3, 6, "roi"),),
        antecedent=(Span(0, 6, "le roi"),),
        content=(Span(11, 14, "oui"),),
    )
    (example,) = statement_examples([Document(text, (statement,))], encoder, DEFAULT)
    antecedent, content = ROLES.index("antecedent"), ROLES.index("content")
    assert example["role_tags"][0].tolist() == [2 * antecedent + 1, 2 * antecedent + 2, 0, 2 * content + 1]


@pytest.mark.parametrize("overlap", [0, 10, 20])
@pytest.mark.parametrize("budget", [24, 32, 40])
def test_each_statement_is_learnt_in_one_window(corpus, tiny_tokenizer, budget, overlap):
    text, statements = "", []
    for document in corpus * 3:
        for statement in document:
            start, end = statement.cue.start + len(text), statement.cue.end + len(text)
            statements.append(Statement(Span(start, end, statement.cue.text), act=statement.act))
        text += document.text + "\n"
    encoder = Encoder(tiny_tokenizer, budget=budget, overlap=overlap)
    examples = list(statement_examples([Document(text, tuple(statements))], encoder, DEFAULT))
    assert len(examples) > 9
    acts = Counter(DEFAULT.acts[act] for example in examples for act in example["acts"])
    assert acts == Counter(statement.act.label for statement in statements)


def test_a_cue_that_two_windows_share_is_learnt_once(tiny_tokenizer):
    text = "dit " * 30
    encoder = Encoder(tiny_tokenizer, budget=12, overlap=0)
    (edge, *_) = [window.spans[0, 0] for window in encoder.windows([text]) if window.spans[0, 0]]
    cue = Span(int(edge) - 4, int(edge) + 3, "dit dit")
    examples = list(statement_examples([Document(text, (Statement(cue),))], encoder, DEFAULT))
    assert sum(len(example["starts"]) for example in examples) == 1
    assert sum(example["cue_tags"].any() for example in examples) == 2  # both see it


def test_a_batch_is_padded_to_the_shapes_of_the_model(corpus, encoder):
    examples = list(statement_examples(corpus, encoder, DEFAULT))
    batch = StatementCollator(DEFAULT, pad_token=1)(examples)
    cues = sum(len(document) for document in corpus)
    tokens, words = batch["input_ids"].shape[1], batch["first"].shape[1]
    assert {name: tuple(tensor.shape) for name, tensor in batch.items()} == {
        "input_ids": (len(corpus), tokens),
        "attention_mask": (len(corpus), tokens),
        "first": (len(corpus), words),
        "cue_tags": (len(corpus), words),
        "rows": (cues,),
        "starts": (cues,),
        "ends": (cues,),
        "role_tags": (cues, words),
        "acts": (cues,),
        "topics": (cues, 18),
        "stances": (cues, 18),
    }
    assert {name for name, tensor in batch.items() if tensor.dtype != torch.long} == {"topics"}
    at = 0
    for row, example in enumerate(examples):
        length, count = len(example["input_ids"]), len(example["first"])
        assert batch["input_ids"][row, :length].tolist() == example["input_ids"].tolist()
        assert set(batch["input_ids"][row, length:].tolist()) <= {1}
        assert batch["attention_mask"][row].sum() == batch["attention_mask"][row, :length].sum() == length
        assert batch["cue_tags"][row, :count].tolist() == example["cue_tags"].tolist()
        assert set(batch["cue_tags"][row, count:].tolist()) <= {-100}
        for tags in example["role_tags"]:
            assert batch["rows"][at] == row
            assert batch["role_tags"][at, :count].tolist() == tags.tolist()
            assert set(batch["role_tags"][at, count:].tolist()) <= {-100}
            at += 1


def test_a_batch_without_a_cue_keeps_its_shapes(encoder):
    examples = list(statement_examples([Document("Il pleut."), Document("Il neige.")], encoder, DEFAULT))
    batch = StatementCollator(DEFAULT, pad_token=1)(examples)
    assert batch["rows"].shape == (0,)
    assert batch["role_tags"].shape == (0, batch["first"].shape[1])
    assert batch["topics"].shape == batch["stances"].shape == (0, 18)
    assert batch["rows"].dtype == batch["stances"].dtype == torch.long


def test_a_topic_outside_the_inventory_is_not_learnt(encoder):
    statement = Statement(Span(0, 3, "dit"), topics=(Stance("astrology", "les astres", "favor"),))
    (example,) = statement_examples([Document("dit", (statement,))], encoder, DEFAULT)
    assert not any(example["topics"][0])
    assert set(example["stances"][0]) == {-100}
