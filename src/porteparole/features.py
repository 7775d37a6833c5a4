"""Annotated documents to training examples, and examples to batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .encode import Encoder, TextWindow
from .labels import ROLES, Labels
from .losses import IGNORED
from .schema import Document, Span, Statement

__all__ = ["StatementCollator", "statement_examples"]


def statement_examples(documents: Sequence[Document], encoder: Encoder, labels: Labels) -> Iterator[dict[str, Any]]:
    """Yield one example a window, with the statements whose cue the window owns.

    Keys are those of `StatementModel.forward`, without `rows`, plus `length` (tokens), by which a
    sampler may group.
    """
    learnt: set[tuple[int, int]] = set()  # a cue cut by a window's edge would else be owned by both sides
    for window in encoder.windows([document.text for document in documents]):
        document = documents[window.text_index]
        cue_tags = np.zeros(len(window.first), dtype=np.int64)
        example: dict[str, Any] = {"input_ids": window.tokens, "first": window.first, "length": len(window.tokens)}
        rows: dict[str, list[Any]] = {key: [] for key in ("starts", "ends", "role_tags", "acts", "topics", "stances")}
        for k, statement in enumerate(document.statements):
            cue = _words(window, statement.cue)
            if cue is None:
                continue
            cue_tags[cue[0]] = 1
            cue_tags[cue[0] + 1 : cue[1]] = 2
            if window.own_start <= cue[0] < window.own_end and (window.text_index, k) not in learnt:
                learnt.add((window.text_index, k))
                rows["starts"].append(cue[0])
                rows["ends"].append(cue[1])
                rows["role_tags"].append(_role_tags(window, statement))
                rows["acts"].append(labels.acts.index(statement.act.label))
                held = {stance.topic: labels.stances.index(stance.label) for stance in statement.topics}
                rows["topics"].append([float(topic in held) for topic in labels.topics])
                rows["stances"].append([held.get(topic, IGNORED) for topic in labels.topics])
        yield {**example, "cue_tags": cue_tags, **rows}


def _words(window: TextWindow, span: Span) -> tuple[int, int] | None:
    """Return the words that a span touches, or None where it lies outside the window."""
    start = int(np.searchsorted(window.spans[:, 1], span.start, side="right"))
    end = int(np.searchsorted(window.spans[:, 0], span.end, side="left"))
    return (start, end) if start < end else None


def _role_tags(window: TextWindow, statement: Statement) -> NDArray[np.int64]:
    """IOB2 tags of one statement's roles; of two roles on one word, the longer span keeps it.

    Shape: (words,).
    """
    tags = np.zeros(len(window.first), dtype=np.int64)
    spans = [(span, k) for k, role in enumerate(ROLES) for span in getattr(statement, role)]
    for span, k in sorted(spans, key=lambda item: item[0].start - item[0].end):
        words = _words(window, span)
        if words is not None and not tags[slice(*words)].any():
            tags[words[0]] = 2 * k + 1
            tags[words[0] + 1 : words[1]] = 2 * k + 2
    return tags


class StatementCollator:
    """Pads examples of `statement_examples` into the arguments of `StatementModel.forward`."""

    def __init__(self, labels: Labels, pad_token: int) -> None:
        self._labels = labels
        self._pad_token = pad_token

    def __call__(self, examples: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
        """Return one batch; see `StatementModel.forward` for the shapes."""
        tags = [row for example in examples for row in example["role_tags"]]
        width = _round_up(max(len(example["first"]) for example in examples))

        def flat(key: str, dtype: torch.dtype, *shape: int) -> Tensor:
            values = [value for example in examples for value in example[key]]
            return torch.tensor(values, dtype=dtype).reshape(len(tags), *shape)

        return {
            "input_ids": _pad([example["input_ids"] for example in examples], self._pad_token),
            "attention_mask": _pad([[1] * len(example["input_ids"]) for example in examples], 0),
            "first": _pad([example["first"] for example in examples], 0),
            "cue_tags": _pad([example["cue_tags"] for example in examples], IGNORED),
            "rows": torch.tensor([k for k, example in enumerate(examples) for _ in example["starts"]]).long(),
            "starts": flat("starts", torch.long),
            "ends": flat("ends", torch.long),
            "role_tags": _pad(tags, IGNORED, width),
            "acts": flat("acts", torch.long),
            "topics": flat("topics", torch.float, len(self._labels.topics)),
            "stances": flat("stances", torch.long, len(self._labels.topics)),
        }


def _round_up(length: int) -> int:
    """Few different lengths let the CPU's matrix library reuse the kernels that it has built."""
    return -(-length // 16) * 16


def _pad(rows: Sequence[Sequence[int]], value: int, width: int | None = None) -> Tensor:
    """Stack rows of different lengths. Shape: (rows, longest, or `width`)."""
    width = width or _round_up(max(map(len, rows), default=0))
    out = torch.full((len(rows), width), value)
    for k, row in enumerate(rows):
        out[k, : len(row)] = torch.as_tensor(row)
    return out
