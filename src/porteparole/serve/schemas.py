"""Requests and answers of the REST API, as OpenAPI tells them; documents are what `Document.to_dict` gives."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from .limits import CHARACTERS, TARGET_CHARACTERS, TARGETS, TEXTS

__all__ = ["Health", "Model", "PredictRequest", "Prediction", "Problem", "Stance", "StanceRequest"]

Text = Annotated[str, Field(max_length=CHARACTERS)]
Target = Annotated[str, Field(min_length=1, max_length=TARGET_CHARACTERS, description="A French noun phrase.")]
Chance = Annotated[float, Field(ge=0, le=1)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class PredictRequest(_Request):
    """One text or many; every statement found in them also gets its stance to each target."""

    texts: list[Text] = Field(
        min_length=1, max_length=TEXTS, examples=[["« Nous refusons tout élargissement », a déclaré le ministre."]]
    )
    targets: list[Target] = Field(default=[], max_length=TARGETS, examples=[["l'élargissement de l'OTAN"]])


class StanceRequest(_Request):
    """A text, and the target to which its stance is asked."""

    text: Text = Field(examples=["Nous refusons tout élargissement."])
    target: Target = Field(examples=["l'élargissement de l'OTAN"])


class Span(BaseModel):
    """A stretch of the text; offsets count characters (Unicode code points), the end is exclusive."""

    start: int
    end: int
    text: str
    score: Chance


class Act(BaseModel):
    """What a statement does."""

    label: str
    score: Chance


class Stance(BaseModel):
    """A stance to a target; `topic` is null for a target that the caller named."""

    topic: str | None
    score: Chance = Field(description="Confidence that the topic is spoken of at all.")
    target: str
    stance: str
    stance_score: Chance


class Statement(BaseModel):
    """One act of saying, attributed to a source."""

    cue: Span
    source: list[Span]
    antecedent: list[Span]
    addressee: list[Span]
    medium: list[Span]
    content: list[Span]
    speaker: str | None
    act: Act
    topics: list[Stance]
    targets: list[Stance] = Field(default=[], description="There only if the request named targets.")
    form: Literal["direct", "indirect", "mixed"]
    parent: int | None = Field(description="Index of the statement whose content holds this one.")


class Document(BaseModel):
    """A text and its statements, in the order of their cues."""

    id: str | None
    text: str
    statements: list[Statement]


class Prediction(BaseModel):
    """One document a text, in the order of the request."""

    documents: list[Document]


class Model(BaseModel):
    """The model that answers."""

    name: str
    version: str = Field(description="Of porteparole.")
    device: str
    dtype: str
    acts: list[str]
    topics: dict[str, str] = Field(description="Each topic's canonical target.")
    stances: list[str]


class Health(BaseModel):
    """Whether requests are being answered."""

    status: Literal["ok", "failed"]


class Problem(BaseModel):
    """Why a request was refused."""

    detail: str
