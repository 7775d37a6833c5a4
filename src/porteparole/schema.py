"""What `predict` returns: frozen dataclasses, with a JSON form that round-trips.

Offsets are Python string indices into the raw text, end exclusive, so for every span of a
document ``document.text[span.start:span.end] == span.text``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import DataError
from .page import fragment, page

__all__ = ["Act", "Document", "Span", "Speaker", "Stance", "Statement"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the raw text.

    Attributes:
        start: index of the first character.
        end: index after the last character.
        text: the characters themselves, ``document.text[start:end]``.
        score: the model's confidence in [0, 1]; 1.0 for annotations made by hand.
    """

    start: int
    end: int
    text: str
    score: float = 1.0

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, Any]:
        """Return ``{"start", "end", "text", "score"}``."""
        return {"start": self.start, "end": self.end, "text": self.text, "score": self.score}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Span:
        """Inverse of `to_dict`."""
        return cls(data["start"], data["end"], data["text"], data.get("score", 1.0))


@dataclass(frozen=True, slots=True)
class Act:
    """What a statement does (one of PLOVER's verbal categories or ``STATE``), and how sure that is."""

    label: str
    score: float = 1.0

    def __str__(self) -> str:
        return self.label

    def to_dict(self) -> dict[str, Any]:
        """Return ``{"label", "score"}``."""
        return {"label": self.label, "score": self.score}


@dataclass(frozen=True, slots=True)
class Stance:
    """The attitude of a statement's source to a target.

    Attributes:
        topic: a topic of the model's inventory, or ``None`` where the caller named the target.
        target: what the attitude is about, a French noun phrase.
        label: ``favor``, ``against``, ``conditional`` or ``neutral``.
        score: confidence in `label` given the topic, in [0, 1].
        topic_score: confidence that the statement is about the topic at all, in [0, 1].
    """

    topic: str | None
    target: str
    label: str
    score: float = 1.0
    topic_score: float = 1.0

    @property
    def stance(self) -> str:
        """Same as `label`."""
        return self.label

    def to_dict(self) -> dict[str, Any]:
        """Return ``{"topic", "score", "target", "stance", "stance_score"}``."""
        return {
            "topic": self.topic,
            "score": self.topic_score,
            "target": self.target,
            "stance": self.label,
            "stance_score": self.score,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Stance:
        """Inverse of `to_dict`."""
        return cls(
            topic=data.get("topic"),
            target=data["target"],
            label=data["stance"],
            score=data.get("stance_score", 1.0),
            topic_score=data.get("score", 1.0),
        )


@dataclass(frozen=True, slots=True)
class Speaker:
    """Someone who speaks in a document, under all the names that it gives him, her or it.

    Attributes:
        name: the text of the fullest mention.
        mentions: where the document names the speaker as source or antecedent of a statement, in its order.
    """

    name: str
    mentions: tuple[Span, ...]

    def __str__(self) -> str:
        return self.name

    def to_dict(self) -> dict[str, Any]:
        """Return ``{"name", "mentions"}``."""
        return {"name": self.name, "mentions": [span.to_dict() for span in self.mentions]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Speaker:
        """Inverse of `to_dict`."""
        return cls(data["name"], tuple(Span.from_dict(span) for span in data["mentions"]))


@dataclass(frozen=True, slots=True)
class Statement:
    """One act of saying, writing, thinking or deciding, attributed to a source.

    Attributes:
        cue: the words that report (*a déclaré*, *selon*), or the mark that opens a quotation.
        source: who says it, as written at the cue.
        antecedent: the fullest mention that a pronoun or short source stands for.
        addressee: to whom it is said.
        medium: the channel or occasion.
        content: what is said, one span a stretch.
        act: what the statement does, e.g. ``REQUEST``.
        topics: the topics it is about, with the stance to each one's canonical target.
        targets: the stance to each target that the caller named, in the caller's order.
        form: ``direct``, ``indirect`` or ``mixed``, from the quotation marks.
        parent: index of the statement whose content holds this one, or ``None``.
        speaker_id: index of the speaker in `Document.speakers`, or ``None`` where the text does not tell.
    """

    cue: Span
    source: tuple[Span, ...] = ()
    antecedent: tuple[Span, ...] = ()
    addressee: tuple[Span, ...] = ()
    medium: tuple[Span, ...] = ()
    content: tuple[Span, ...] = ()
    act: Act = field(default_factory=lambda: Act("STATE"))
    topics: tuple[Stance, ...] = ()
    targets: tuple[Stance, ...] = ()
    form: str = "indirect"
    parent: int | None = None
    speaker_id: int | None = None

    @property
    def speaker(self) -> str | None:
        """The antecedent's text, else the source's, else ``None``."""
        spans = self.antecedent or self.source
        return spans[0].text if spans else None

    @property
    def said(self) -> str:
        """The text of the content, its stretches joined by ``" … "``."""
        return " … ".join(span.text for span in self.content)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; `targets` appears only where the caller named some."""
        out: dict[str, Any] = {"cue": self.cue.to_dict()}
        for role in ("source", "antecedent", "addressee", "medium", "content"):
            out[role] = [span.to_dict() for span in getattr(self, role)]
        out["speaker"] = self.speaker
        out["speaker_id"] = self.speaker_id
        out["act"] = self.act.to_dict()
        out["topics"] = [stance.to_dict() for stance in self.topics]
        if self.targets:
            out["targets"] = [stance.to_dict() for stance in self.targets]
        out["form"] = self.form
        out["parent"] = self.parent
        return out

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Statement:
        """Inverse of `to_dict`; `speaker` is derived again."""

        def spans(role: str) -> tuple[Span, ...]:
            return tuple(Span.from_dict(span) for span in data.get(role, ()))

        return cls(
            cue=Span.from_dict(data["cue"]),
            source=spans("source"),
            antecedent=spans("antecedent"),
            addressee=spans("addressee"),
            medium=spans("medium"),
            content=spans("content"),
            act=Act(data["act"]["label"], data["act"].get("score", 1.0)),
            topics=tuple(Stance.from_dict(stance) for stance in data.get("topics", ())),
            targets=tuple(
                Stance.from_dict(stance) for stance in data.get("targets") or ()
            ),  # Parquet has null for none
            form=data.get("form", "indirect"),
            parent=data.get("parent"),
            speaker_id=data.get("speaker_id"),
        )


@dataclass(frozen=True, slots=True)
class Document:
    """A text and its statements, in the order of their cues.

    Attributes:
        text: the raw text, exactly as it came in.
        statements: what was found in it.
        id: the caller's name for it, if any.
        speakers: who speaks in it, in the order of their first statements.
    """

    text: str
    statements: tuple[Statement, ...] = ()
    id: str | None = None
    speakers: tuple[Speaker, ...] = ()

    def __iter__(self) -> Iterator[Statement]:
        return iter(self.statements)

    def __len__(self) -> int:
        return len(self.statements)

    def to_dict(self) -> dict[str, Any]:
        """Return ``{"id", "text", "statements", "speakers"}``."""
        return {
            "id": self.id,
            "text": self.text,
            "statements": [s.to_dict() for s in self.statements],
            "speakers": [s.to_dict() for s in self.speakers],
        }

    def to_json(self) -> str:
        """Return `to_dict` as one line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def to_html(self) -> str:
        """Return a page of its own: the marked text and a card for each statement; it needs no network."""
        return page([self.to_dict()], title=str(self.id or "porteparole"))

    def _repr_html_(self) -> str:
        """The same in a notebook."""
        return fragment(self.to_dict())

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Document:
        """Inverse of `to_dict`.

        Raises:
            DataError: a field is missing, or a span's `text` is not what its offsets hold.
        """
        try:
            statements = tuple(Statement.from_dict(s) for s in data.get("statements", ()))
            speakers = tuple(Speaker.from_dict(s) for s in data.get("speakers", ()))
            document = cls(text=data["text"], statements=statements, id=data.get("id"), speakers=speakers)
            if not isinstance(document.text, str):
                raise TypeError(f"text is no string but {document.text!r}")
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"expected a document as written by Document.to_dict, but {type(error).__name__}: {error}"
            ) from None
        for i, statement in enumerate(statements):
            for span in (statement.cue, *statement.source, *statement.antecedent, *statement.addressee,
                         *statement.medium, *statement.content):  # fmt: skip
                if not (isinstance(span.start, int) and isinstance(span.end, int) and 0 <= span.start <= span.end):
                    raise DataError(f"statement {i}: offsets {span.start!r}:{span.end!r} are no stretch of a text")
                if document.text[span.start : span.end] != span.text:
                    raise DataError(
                        f"statement {i}: offsets {span.start}:{span.end} hold "
                        f"{document.text[span.start : span.end]!r}, not {span.text!r}; "
                        "was the text changed after the prediction?"
                    )
        return document
