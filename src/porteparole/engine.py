"""Windows in, tags and probabilities out, in numpy; a backend computes the logits between.

The engine sorts the windows it is given by length, so that batches are dense, and hands the results
back in the order they came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .backend import StatementBackend
from .batching import Batcher, pad
from .calibration import temper
from .config import DecodingConfig
from .decode import FloatArray, TagSpan, log_softmax, sigmoid, softmax, spans_of, viterbi
from .encode import TextWindow
from .labels import ROLES, iob2_transitions
from .manifest import Calibration

__all__ = ["CueReading", "Engine"]

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class CueReading:
    """What the model says of one cue of one window; spans are words of that window.

    Attributes:
        cue: start, end and score of the cue.
        roles: role name, start, end and score of each span.
        act: probabilities. Shape: (acts,).
        topics: probabilities, each by itself. Shape: (topics,).
        stances: probabilities given the topic. Shape: (topics, stances).
    """

    cue: tuple[int, int, float]
    roles: list[tuple[str, int, int, float]]
    act: FloatArray
    topics: FloatArray
    stances: FloatArray


class Engine:
    """Runs a statement model.

    Args:
        backend: computes it.
        decoding: costs of spans.
        calibration: of the scores; by default they are the model's own.
        pad_token: the encoder's padding token.
        token_budget: the most tokens of a batch, padding counted; by default what suits the backend.
        cue_budget: the most (cue, word) pairs that the heads read at once; bounds memory.

    Attributes:
        windows: the batches of windows, with what padding wastes.
    """

    def __init__(
        self,
        backend: StatementBackend,
        decoding: DecodingConfig,
        *,
        pad_token: int,
        calibration: Calibration | None = None,
        token_budget: int | None = None,
        cue_budget: int = 16384,
    ) -> None:
        self.windows = Batcher(token_budget or backend.token_budget)
        self._backend = backend
        self._cues = Batcher(cue_budget)
        self._pad_token = pad_token
        self._calibration = calibration or Calibration()
        self._cue_steps = iob2_transitions([decoding.cue_cost])
        self._role_steps = iob2_transitions(
            [decoding.content_cost if role == "content" else decoding.role_cost for role in ROLES]
        )

    def run(self, windows: Sequence[TextWindow]) -> list[list[CueReading]]:
        """Return the readings of each window's own cues, windows in the order they came."""
        results: list[list[CueReading]] = [[] for _ in windows]

        def work(batch: list[int]) -> None:
            for index, readings in zip(batch, self._run_batch([windows[i] for i in batch]), strict=True):
                results[index] = readings

        self.windows.run([len(window.tokens) for window in windows], work)
        return results

    def _run_batch(self, windows: Sequence[TextWindow]) -> list[list[CueReading]]:
        lengths = np.array([len(window.first) for window in windows])
        words, logits = self._backend.read(
            pad([window.tokens for window in windows], self._pad_token),
            pad([np.ones_like(window.tokens) for window in windows], 0),
            pad([window.first for window in windows], 0),
        )
        cue_logits = log_softmax(logits)
        cues = [
            cue
            for cue in spans_of(viterbi(cue_logits, self._cue_steps, lengths))
            if windows[cue.row].own_start <= cue.start < windows[cue.row].own_end
        ]
        found: list[list[CueReading]] = [[] for _ in windows]

        def work(part: list[int]) -> None:
            here = [cues[k] for k in part]
            for cue, reading in zip(here, self._read_cues(words, lengths, cue_logits, here), strict=True):
                found[cue.row].append(reading)

        # The cues of a window are of one length, so they keep their order.
        self._cues.run([int(lengths[cue.row]) for cue in cues], work)
        return found

    def _read_cues(
        self, words: Any, lengths: IntArray, cue_logits: FloatArray, cues: list[TagSpan]
    ) -> list[CueReading]:
        rows, _, starts, ends = np.array(cues, dtype=np.int64).T
        longest = lengths[rows].max()
        mask = np.arange(longest) < lengths[:, None]
        said = self._backend.heads(words[:, :longest], mask, rows, starts, ends)
        role_logits = log_softmax(said.roles)
        roles: list[list[tuple[str, int, int, float]]] = [[] for _ in cues]
        for span in spans_of(viterbi(role_logits, self._role_steps, lengths[rows])):
            score = _span_score(role_logits[span.row], span)
            roles[span.row].append((ROLES[span.label], span.start, span.end, score))
        temperature = self._calibration
        act = softmax(said.act / temperature.act)
        topics = sigmoid(said.topics / temperature.topics + temperature.topics_bias)
        stances = softmax(said.stances / temperature.stances)
        return [
            CueReading(
                cue=(cue.start, cue.end, temper(_span_score(cue_logits[cue.row], cue), temperature.cue)),
                roles=roles[k],
                act=act[k],
                topics=topics[k],
                stances=stances[k],
            )
            for k, cue in enumerate(cues)
        ]


def _span_score(log_probabilities: FloatArray, span: TagSpan) -> float:
    """Geometric mean of the probabilities of a span's tags. Shape of the first: (words, tags)."""
    begin = 2 * span.label + 1
    total = log_probabilities[span.start, begin] + log_probabilities[span.start + 1 : span.end, begin + 1].sum()
    return float(np.exp(total / (span.end - span.start)))
