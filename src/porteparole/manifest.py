"""The content of a bundle's porteparole.json."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from .config import DecodingConfig, HeadsConfig, WindowConfig

__all__ = ["FORMAT", "Calibration", "Golden", "LabelInventory", "Manifest"]

FORMAT = 1


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LabelInventory(_Strict):
    """JSON form of `Labels`."""

    acts: tuple[str, ...] = Field(min_length=1)
    topics: dict[str, str] = Field(min_length=1)
    stances: tuple[str, ...] = Field(min_length=1)


class Golden(_Strict):
    """A sentence, and what tokenizer and model made of it when the bundle was written.

    Attributes:
        text: the sentence.
        tokens: its token ids, special ones included.
        cue_logits: of its words, one row of three a word.
    """

    text: str
    tokens: tuple[int, ...]
    cue_logits: tuple[tuple[float, ...], ...]


class Calibration(_Strict):
    """What turns a statement model's logits into scores that can be believed; by default nothing is changed.

    Attributes:
        cue: temperature of the logit of a cue's score.
        act: temperature of the act's softmax.
        topics: temperature of the topics' sigmoid.
        topics_bias: what is added to their logits then (Platt 1999); most topics are rare, and a model that was
            trained on few examples of them expects them too often.
        stances: temperature of the topic stances' softmax.
        topic_thresholds: of the topics whose own threshold pays; the others keep that of the decoding.
    """

    cue: float = Field(1.0, gt=0)
    act: float = Field(1.0, gt=0)
    topics: float = Field(1.0, gt=0)
    topics_bias: float = 0.0
    stances: float = Field(1.0, gt=0)
    topic_thresholds: Mapping[str, float] = Field({})


class Manifest(_Strict):
    """The content of porteparole.json."""

    format: int
    name: str
    labels: LabelInventory
    window: WindowConfig
    heads: HeadsConfig
    decoding: DecodingConfig
    calibration: Calibration = Calibration()
    golden: Golden
