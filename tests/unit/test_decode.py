from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from porteparole.decode import TagSpan, log_softmax, sigmoid, softmax, spans_of, viterbi
from porteparole.labels import iob2_transitions


def legal(tags):
    """IOB2: an inside tag goes on from its begin or inside tag."""
    return all(tag == 0 or tag % 2 or before in (tag, tag - 1) for before, tag in zip([0, *tags], tags, strict=False))


@st.composite
def emissions(draw, names=(1, 2), most_words=5, most_rows=3):
    """Log-probabilities, switch cost and lengths of a few short sequences. Shape: (rows, words, tags)."""
    tags = 2 * draw(st.sampled_from(names)) + 1
    shape = (draw(st.integers(1, most_rows)), draw(st.integers(1, most_words)), tags)
    logits = draw(arrays(np.float32, shape, elements=st.floats(-8, 8, width=32)))
    lengths = draw(arrays(np.int64, shape[0], elements=st.integers(0, shape[1])))
    return log_softmax(logits), draw(st.sampled_from([0.0, 0.5, 3.0])), lengths


def worth(tags, scores, steps):
    return sum(scores[t, tag] for t, tag in enumerate(tags)) + sum(steps[a, b] for a, b in pairwise(tags))


@given(emissions())
def test_viterbi_finds_the_best_legal_sequence(case):
    scores, cost, lengths = case
    steps = iob2_transitions([cost] * (scores.shape[2] // 2))
    best = viterbi(scores, steps, lengths)
    for row, length in enumerate(lengths):
        tags = best[row, :length].tolist()
        assert legal(tags)
        assert not best[row, length:].any()
        rivals = (list(rival) for rival in product(range(scores.shape[2]), repeat=length) if legal(rival))
        top = max(worth(rival, scores[row], steps) for rival in rivals)
        assert worth(tags, scores[row], steps) == pytest.approx(top, abs=1e-4)


@given(emissions([5], most_words=30, most_rows=5))
def test_a_sequence_is_decoded_alike_whatever_its_padding_and_company(case):
    scores, cost, lengths = case
    steps = iob2_transitions([cost] * 5)
    noisy = scores.copy()
    for row, length in enumerate(lengths):
        noisy[row, length:] = 50.0 * row
    together = viterbi(noisy, steps, lengths)
    for row, length in enumerate(lengths):
        alone = viterbi(scores[row : row + 1, :length], steps, lengths[row : row + 1])
        np.testing.assert_array_equal(together[row, :length], alone[0])


@pytest.mark.parametrize("shape", [(0, 4, 3), (2, 0, 3), (0, 0, 3)])
def test_viterbi_of_nothing(shape):
    lengths = np.zeros(shape[0], dtype=np.int64)
    assert viterbi(np.zeros(shape, dtype=np.float32), iob2_transitions([1.0]), lengths).shape == shape[:2]


def test_a_switch_cost_keeps_a_span_in_one_piece():
    wanted = np.array([[0, 1, 2, 0, 1, 2, 0]])
    scores = log_softmax(np.eye(3, dtype=np.float32)[wanted] * 2)
    length = np.array([7])
    np.testing.assert_array_equal(viterbi(scores, iob2_transitions([0.0]), length), wanted)
    assert spans_of(viterbi(scores, iob2_transitions([4.2]), length)) != spans_of(wanted)


@given(st.data(), st.integers(0, 3), st.integers(0, 12))
def test_spans_come_back_as_they_were_painted(data, rows, steps):
    tags = np.zeros((rows, steps), dtype=np.int64)
    painted = []
    for row in range(rows):
        edges = data.draw(st.lists(st.integers(0, steps), unique=True).map(sorted))
        for start, end in pairwise(edges):
            label = data.draw(st.none() | st.integers(0, 2))
            if label is not None:
                tags[row, start] = 2 * label + 1
                tags[row, start + 1 : end] = 2 * label + 2
                painted.append(TagSpan(row, label, start, end))
    assert spans_of(tags) == painted


_logits = arrays(np.float32, (3, 4), elements=st.floats(-1e4, 1e4, width=32))


@given(_logits)
def test_softmax_gives_probabilities_that_keep_the_order(logits):
    chances = softmax(logits)
    np.testing.assert_allclose(chances.sum(axis=-1), 1, rtol=1e-5)
    np.testing.assert_array_equal(chances, np.exp(log_softmax(logits)))
    likeliest = np.take_along_axis(chances, logits.argmax(axis=-1)[:, None], axis=1)
    np.testing.assert_array_equal(chances.max(axis=-1, keepdims=True), likeliest)


def test_softmax_is_over_the_last_axis_however_many_there_are():
    logits = np.arange(24, dtype=np.float32).reshape(2, 3, 4) ** 0.5
    np.testing.assert_array_equal(softmax(logits)[1], softmax(logits[1]))
    np.testing.assert_array_equal(softmax(logits)[0, 2], softmax(logits[0, 2]))


@given(_logits)
def test_sigmoid_is_that_of_the_book_without_overflow(logits):
    np.testing.assert_allclose(sigmoid(logits), 1 / (1 + np.exp(-logits.astype(np.float64).clip(-700, 700))), atol=1e-6)
