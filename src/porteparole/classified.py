"""What a plain classifier of texts, or of spans in texts, says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Classification", "Label", "LabelledSpan", "Marking"]


@dataclass(frozen=True, slots=True)
class Label:
    """A label, and how sure the model is of it, in [0, 1]."""

    label: str
    score: float

    def __str__(self) -> str:
        return self.label

    def to_dict(self) -> dict[str, Any]:
        """Return ``{"label", "score"}``."""
        return {"label": self.label, "score": self.score}


@dataclass(frozen=True, slots=True)
class Classification:
    """The labels of a text, or of a pair of texts.

    Attributes:
        text: as it came in; the first of a pair.
        labels: the one that is likeliest; of a multi-label model all that are likelier than not, the likeliest first.
        scores: of every label of the model, in its order.
        pair: the second text of a pair.
    """

    text: str
    labels: tuple[Label, ...]
    scores: Mapping[str, float]
    pair: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return ``{"text", "labels", "scores"}``, with ``pair`` for a pair."""
        out: dict[str, Any] = {"text": self.text} if self.pair is None else {"text": self.text, "pair": self.pair}
        return {**out, "labels": [label.to_dict() for label in self.labels], "scores": dict(self.scores)}


@dataclass(frozen=True, slots=True)
class LabelledSpan:
    """A stretch of a text, ``text[start:end]``, its label, and how sure the model is of it, in [0, 1]."""

    label: str
    start: int
    end: int
    text: str
    score: float

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, Any]:
        """Return ``{"label", "start", "end", "text", "score"}``."""
        return {"label": self.label, "start": self.start, "end": self.end, "text": self.text, "score": self.score}


@dataclass(frozen=True, slots=True)
class Marking:
    """The spans of a text, in its order; they do not overlap."""

    text: str
    spans: tuple[LabelledSpan, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return ``{"text", "spans"}``."""
        return {"text": self.text, "spans": [span.to_dict() for span in self.spans]}
