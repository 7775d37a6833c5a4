"""Texts to Documents: the one way from a text to its statements, for users, training and evaluation alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

import numpy as np

from .edges import is_bare, partners, tidy
from .encode import Encoder, TextWindow
from .engine import CueReading, Engine
from .errors import InputError
from .labels import ROLES, Labels
from .relations import link
from .schema import Act, Document, Span, Stance, Statement
from .speakers import resolve

__all__ = ["Analyzer", "check_text"]

T = TypeVar("T")

_BUFFER_CHARACTERS = 1_000_000  # with these the buffer is full, however few texts they are: it bounds memory
_TOGETHER = 2048  # windows


def check_text(text: object, where: str = "text") -> str:
    """Return `text` if it is a string of characters.

    Raises:
        InputError: it is something else, or holds a lone surrogate.
    """
    if not isinstance(text, str):
        hint = "; decode bytes first: text.decode('utf-8')" if isinstance(text, bytes) else ""
        raise InputError(f"{where}: expected a string, got {type(text).__name__}{hint}")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"{where}: character {error.start} is a lone surrogate (U+{ord(text[error.start]):04X}), which is no text; "
            "read the file with errors='replace', or repair it with "
            "text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace')"
        ) from None
    return text


class Analyzer:
    """Finds the statements of texts.

    Args:
        encoder: cuts texts into windows.
        engine: reads windows.
        labels: names of what the engine says.
        topic_threshold: a topic is kept from this probability on.
        topic_thresholds: the same for single topics, where it differs.
        buffer: texts that are read together, so that windows of like length share a batch.
    """

    def __init__(
        self,
        encoder: Encoder,
        engine: Engine,
        labels: Labels,
        *,
        topic_threshold: float = 0.5,
        topic_thresholds: Mapping[str, float] | None = None,
        buffer: int = 256,
    ) -> None:
        self._encoder = encoder
        self._engine = engine
        self._labels = labels
        self._topics = list(labels.topics.items())
        own = topic_thresholds or {}
        self._topic_thresholds = np.array([own.get(topic, topic_threshold) for topic in labels.topics])
        self._buffer = buffer

    def stream(self, texts: Iterable[str]) -> Iterator[list[Document]]:
        """Yield the documents of the texts, in order, one list for each buffer that was read together.

        Raises:
            InputError: an item is no text; the message says which.
        """
        numbered = enumerate(texts)
        while chunk := self._fill(numbered):
            yield self._analyze(chunk)

    def _fill(self, numbered: Iterator[tuple[int, str]]) -> list[str]:
        """Take the next texts, until there are enough of them or of their characters."""
        chunk: list[str] = []
        characters = 0
        for index, text in numbered:
            chunk.append(check_text(text, f"text {index}"))
            characters += len(text)
            if len(chunk) == self._buffer or characters >= _BUFFER_CHARACTERS:
                break
        return chunk

    def _analyze(self, texts: Sequence[str]) -> list[Document]:
        found = self._read(texts, lambda statement, _: statement)
        return [_document(text, statements) for text, statements in zip(texts, found, strict=True)]

    def read(self, texts: Sequence[str]) -> list[list[tuple[Statement, CueReading]]]:
        """Return the statements of each text, not linked yet, each with all that the engine said of it."""
        return self._read(texts, lambda statement, reading: (statement, reading))

    def _read(self, texts: Sequence[str], keep: Callable[[Statement, CueReading], T]) -> list[list[T]]:
        """Return of each text what `keep` makes of its statements and their readings, which are large."""
        windows = self._encoder.windows(texts)
        found: list[list[T]] = [[] for _ in texts]
        while together := list(islice(windows, _TOGETHER)):  # a long text has any number of them
            for window, readings in zip(together, self._engine.run(together), strict=True):
                if readings:
                    pairs = self._statements(texts[window.text_index], window, readings)
                    found[window.text_index] += [keep(*pair) for pair in pairs]
        return found

    def _statements(
        self, text: str, window: TextWindow, readings: Sequence[CueReading]
    ) -> Iterator[tuple[Statement, CueReading]]:
        words = [text[start:end] for start, end in window.spans.tolist()]
        marks = partners(words)

        def span(start: int, end: int, score: float) -> Span:
            first, last = int(window.spans[start, 0]), int(window.spans[end - 1, 1])
            return Span(first, last, text[first:last], score)

        for reading in readings:
            cue = _cue(words, marks, reading.cue)
            if cue is None:
                continue
            roles: dict[str, tuple[Span, ...]] = dict.fromkeys(ROLES, ())
            for role, start, end, score in reading.roles:
                if edges := tidy(words, marks, start, end, content=role == "content"):
                    roles[role] += (span(*edges, score),)
            if not roles["source"] and not roles["content"]:  # nobody says nothing: no statement
                continue
            best = int(reading.act.argmax())
            statement = Statement(
                cue=span(*cue),
                source=_likeliest(roles["source"]),
                antecedent=_likeliest(roles["antecedent"]),
                addressee=_likeliest(roles["addressee"]),
                medium=_likeliest(roles["medium"]),
                content=roles["content"],
                act=Act(self._labels.acts[best], float(reading.act[best])),
                topics=self._stances(reading),
            )
            yield statement, reading

    def _stances(self, reading: CueReading) -> tuple[Stance, ...]:
        """The topics above the threshold, the likeliest first, each with its likeliest stance."""
        found = []
        for k in (reading.topics >= self._topic_thresholds).nonzero()[0]:
            topic, target = self._topics[k]
            best = int(reading.stances[k].argmax())
            found.append(
                Stance(
                    topic=topic,
                    target=target,
                    label=self._labels.stances[best],
                    score=float(reading.stances[k, best]),
                    topic_score=float(reading.topics[k]),
                )
            )
        return tuple(sorted(found, key=lambda stance: -stance.topic_score))


def _document(text: str, found: Sequence[Statement]) -> Document:
    statements, speakers = resolve(text, link(text, found))
    return Document(text, statements, speakers=speakers)


def _cue(words: Sequence[str], marks: Mapping[int, int], cue: tuple[int, int, float]) -> tuple[int, int, float] | None:
    """The cue with its edges put right, or None where the word that reports is not in it."""
    start, end, score = cue
    if end - start > 1:  # a lone mark is a cue of its own kind
        edges = tidy(words, marks, start, end, content=False)
        if edges is None:
            return None
        start, end = edges
    return None if is_bare(words[start:end]) else (start, end, score)


def _likeliest(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Keep one: a statement has one source, addressee or medium, seldom more, where the content may come in pieces."""
    return tuple(sorted(spans, key=lambda span: -span.score)[:1])
