"""Windows in, tags and probabilities out: batches by token budget, on one device, in one dtype.

The engine sorts the windows it is given by length, so that batches are dense, and hands the results
back in the order they came.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .calibration import temper
from .config import DecodingConfig
from .decode import FloatArray, TagSpan, log_softmax, sigmoid, softmax, spans_of, viterbi
from .encode import TextWindow
from .labels import ROLES, iob2_transitions
from .manifest import Calibration
from .model import StatementModel

__all__ = ["CueReading", "Engine", "batches", "pick_token_budget"]

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


def batches(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Group items into batches of at most `budget` tokens, padding counted, longest first.

    Args:
        lengths: tokens of each item.
        budget: tokens of a batch; an item longer than that is a batch of its own.

    Returns:
        Indices of the items of each batch; every item is in exactly one.
    """
    grouped: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if grouped and lengths[grouped[-1][0]] * (len(grouped[-1]) + 1) <= budget:
            grouped[-1].append(index)
        else:
            grouped.append([index])
    return grouped


def pick_token_budget(device: torch.device) -> int:
    """Return how many tokens to read at once: on a CPU what its caches hold, on a GPU what keeps it busy."""
    return 1024 if device.type == "cpu" else 16384


class Engine:
    """Runs a `StatementModel`.

    Args:
        model: used as it is, in evaluation mode; it stays where it is.
        decoding: costs of spans.
        calibration: of the scores; by default they are the model's own.
        token_budget: the most tokens of a batch, padding counted; by default what suits the device.
        cue_budget: the most (cue, word) pairs that the heads read at once; bounds memory.
        pad_token: the encoder's padding token.
    """

    def __init__(
        self,
        model: StatementModel,
        decoding: DecodingConfig,
        *,
        pad_token: int,
        calibration: Calibration | None = None,
        token_budget: int | None = None,
        cue_budget: int = 16384,
    ) -> None:
        self.model = model
        self.token_budget = token_budget or pick_token_budget(next(model.parameters()).device)
        self.cue_budget = cue_budget
        self._pad_token = pad_token
        self._calibration = calibration or Calibration()
        self._cue_steps = iob2_transitions([decoding.cue_cost])
        self._role_steps = iob2_transitions(
            [decoding.content_cost if role == "content" else decoding.role_cost for role in ROLES]
        )

    def run(self, windows: Sequence[TextWindow]) -> list[list[CueReading]]:
        """Return the readings of each window's own cues, windows in the order they came."""
        results: list[list[CueReading]] = [[] for _ in windows]
        with torch.inference_mode():
            for batch in batches([len(window.tokens) for window in windows], self.token_budget):
                for index, readings in zip(batch, self._run_batch([windows[i] for i in batch]), strict=True):
                    results[index] = readings
        return results

    def _run_batch(self, windows: Sequence[TextWindow]) -> list[list[CueReading]]:
        parameter = next(self.model.parameters())
        device = parameter.device
        tokens = _pad([window.tokens for window in windows], self._pad_token)
        lengths = np.array([len(window.first) for window in windows])
        mask = torch.from_numpy(np.arange(lengths.max()) < lengths[:, None]).to(device)
        vectors = self.model.read(
            torch.from_numpy(tokens).to(device),
            torch.from_numpy(_pad([np.ones_like(window.tokens) for window in windows], 0)).to(device),
            torch.from_numpy(_pad([window.first for window in windows], 0)).to(device),
        )
        cue_logits = log_softmax(_numpy(self.model.heads.cues(vectors)))
        cues = [
            cue
            for cue in spans_of(viterbi(cue_logits, self._cue_steps, lengths))
            if windows[cue.row].own_start <= cue.start < windows[cue.row].own_end
        ]
        found: list[list[CueReading]] = [[] for _ in windows]
        for part in self._parts(cues, int(lengths.max())):
            for cue, reading in zip(part, self._read_cues(vectors, mask, lengths, cue_logits, part), strict=True):
                found[cue.row].append(reading)
        return found

    def _parts(self, cues: list[TagSpan], words: int) -> Iterator[list[TagSpan]]:
        size = max(1, self.cue_budget // words)
        for start in range(0, len(cues), size):
            yield cues[start : start + size]

    def _read_cues(
        self, vectors: Tensor, mask: Tensor, lengths: IntArray, cue_logits: FloatArray, cues: list[TagSpan]
    ) -> list[CueReading]:
        rows, _, starts, ends = np.array(cues, dtype=np.int64).T
        place = torch.from_numpy(np.stack([rows, starts, ends])).to(vectors.device)
        said = self.model.heads(vectors, mask, *place)
        role_logits = log_softmax(_numpy(said.roles))
        roles: list[list[tuple[str, int, int, float]]] = [[] for _ in cues]
        for span in spans_of(viterbi(role_logits, self._role_steps, lengths[rows])):
            score = _span_score(role_logits[span.row], span)
            roles[span.row].append((ROLES[span.label], span.start, span.end, score))
        temperature = self._calibration
        act = softmax(_numpy(said.act) / temperature.act)
        topics = sigmoid(_numpy(said.topics) / temperature.topics + temperature.topics_bias)
        stances = softmax(_numpy(said.stances) / temperature.stances)
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


def _pad(rows: Sequence[IntArray], value: int) -> IntArray:
    """Stack rows of different lengths. Shape: (rows, longest)."""
    out = np.full((len(rows), max(map(len, rows))), value, dtype=np.int64)
    for k, row in enumerate(rows):
        out[k, : len(row)] = row
    return out


def _numpy(tensor: Tensor) -> FloatArray:
    out: FloatArray = tensor.float().cpu().numpy()
    return out
