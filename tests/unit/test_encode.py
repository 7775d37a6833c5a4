from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, processors

from corpus import PASSAGES
from porteparole.encode import Encoder
from porteparole.text import words
from strategies import NASTY, texts

LONG = " ".join(PASSAGES[k % len(PASSAGES)]["text"] for k in range(150))


@pytest.fixture(scope="module")
def encode(tiny_tokenizer):
    """Windows of texts under a budget; the property tests share the tokenizer."""

    def windows(texts, budget=32, overlap=10, first_index=0):
        return list(Encoder(tiny_tokenizer, budget=budget, overlap=overlap).windows(texts, first_index))

    return windows


def check(text, cut, budget):
    """What holds of the windows of any text."""
    spans = words(text)
    owned = [tuple(span) for window in cut for span in window.spans[window.own_start : window.own_end]]
    assert owned == [tuple(span) for span in spans]
    for window in cut:
        assert (window.tokens[0], window.tokens[-1]) == (0, 2)
        assert len(window.tokens) <= budget
        assert len(window.first) == len(window.spans)
        assert 0 <= window.own_start <= window.own_end <= len(window.spans)
        assert window.first.min() >= 1
        assert window.first.max() <= len(window.tokens) - 2
        assert np.all(np.diff(window.first) >= 0)


@settings(max_examples=150)
@given(text=texts(), budget=st.integers(3, 40), data=st.data())
def test_any_text_is_cut_so_that_each_word_is_owned_once(encode, text, budget, data):
    check(text, encode([text], budget, data.draw(st.integers(0, max(budget - 3, 0)))), budget)


@pytest.mark.parametrize("text", [*NASTY, "".join(NASTY), " ".join(NASTY), LONG, "ab" * 5000, "«" * 500, "\u0301" * 99])
@pytest.mark.parametrize("budget", [16, 256])
def test_nasty_and_long_texts_are_cut_so_too(encode, text, budget):
    check(text, encode([text], budget, budget // 3), budget)


@pytest.mark.parametrize("text", ["", " \n", "\u200b\u202f\x00"])
def test_a_text_without_words_has_no_window(encode, text):
    cut = encode([text, "Oui.", text], first_index=7)
    assert [window.text_index for window in cut] == [8]


def test_windows_come_in_the_order_of_their_texts(encode):
    both = encode([PASSAGES[0]["text"], PASSAGES[1]["text"]])
    alone = encode([PASSAGES[0]["text"]]) + encode([PASSAGES[1]["text"]], first_index=1)
    assert len(both) > 2
    for a, b in zip(both, alone, strict=True):
        assert a.text_index == b.text_index
        np.testing.assert_array_equal(a.tokens, b.tokens)
        np.testing.assert_array_equal(a.first, b.first)


@given(st.lists(st.sampled_from(["élue", "e\u0301le\u0301ments", "ﬁn", "«", "…", "à", "2025"]), max_size=30))
@example(["ﬁn", "fin"])
def test_the_first_token_of_a_word_is_the_one_that_begins_it(encode, tiny_tokenizer, pieces):
    (window,) = encode([" ".join(["Le", *pieces])], budget=500)
    tokens = [tiny_tokenizer.id_to_token(token) for token in window.tokens]
    begins = [k for k, token in enumerate(tokens) if token.startswith("▁")]
    # Each piece is one word here, and the tokenizer marks its first token, or puts a lone mark before it.
    expected = [k if tokens[k] != "▁" else k + 1 for k in begins]
    assert window.first.tolist() == expected


@pytest.mark.parametrize("text", [LONG, f"\u2028\n{LONG}\n\n"])
@pytest.mark.parametrize(("budget", "overlap"), [(32, 0), (33, 0), (64, 0), (64, 20)])
def test_the_windows_of_a_text_hold_all_its_tokens(encode, tiny_tokenizer, text, budget, overlap):
    whole = tiny_tokenizer.encode(text.replace("\n", " ").replace("\u2028", " "), add_special_tokens=False).ids
    covered = at = 0
    for window in encode([text], budget, overlap):
        inner = window.tokens[1:-1].tolist()
        # It begins where the last one ended, or before; a token that two words share may stand in both.
        begins = range(at, covered + 1) if overlap else (covered, covered - 1)
        at = next(k for k in begins if whole[k : k + len(inner)] == inner)
        covered = at + len(inner)
    assert covered == len(whole)


def test_words_that_share_a_token_at_the_edge_of_a_window_keep_it():
    vocabulary = [("<s>", 0), ("</s>", 0), ("<unk>", -9), ("▁", -5), ("a", -3), ("a»", -3), ("».", -1)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=2))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    (window,) = Encoder(tokenizer, budget=9, overlap=0).windows(["aaa»."])
    assert window.tokens.tolist() == [0, 4, 4, 4, 6, 1]
    assert window.first.tolist() == [1, 4, 4]
    # Three words in windows of one token each: `»` and `.` point to the one that they share.
    cut = Encoder(tokenizer, budget=3, overlap=0).windows(["a ».  »."])
    assert [tokenizer.id_to_token(w.tokens[w.first[k]]) for w in cut for k in range(w.own_start, w.own_end)][1:3] == [
        "».",
        "».",
    ]


def test_a_tokenizer_that_truncates_and_pads_is_left_as_it_was(tiny_tokenizer):
    tokenizer = Tokenizer.from_str(tiny_tokenizer.to_str())
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=9)
    (window,) = Encoder(tokenizer, budget=256, overlap=9).windows([PASSAGES[0]["text"]])
    assert len(window.tokens) > 9
    assert tokenizer.truncation["max_length"] == 4
    assert tokenizer.padding["length"] == 9


def test_a_tokenizer_without_ends_is_refused():
    with pytest.raises(ValueError, match="one token at each end"):
        Encoder(Tokenizer(models.Unigram()), budget=256, overlap=96)


def test_a_long_text_is_tokenized_in_pieces_that_do_not_show(encode, monkeypatch):
    monkeypatch.setattr("porteparole.encode._PIECE", len(LONG))
    whole = encode([LONG, "Oui."])
    monkeypatch.setattr("porteparole.encode._PIECE", 100)
    pieces = encode([LONG, "Oui."])
    assert len(whole) == len(pieces) > 100
    for a, b in zip(whole, pieces, strict=True):
        assert a.text_index == b.text_index
        for name in ("tokens", "first", "spans"):
            assert np.array_equal(getattr(a, name), getattr(b, name))
