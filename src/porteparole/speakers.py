"""Who speaks, over a whole document: short mentions point to full ones, and mentions of one speaker are put together.

The model finds antecedents within a window, and misses many; what the document's other mentions and its
typography tell is added here, by the guide's rule: the fullest mention, of several the nearest before the cue.
All look-ups go through indexes and see a bounded number of neighbours, so time stays linear in the text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import regex

from .mentions import acronym, first_name, full_names, is_definite, is_pronoun, is_short, normal, offices, surname
from .schema import Span, Speaker, Statement

__all__ = ["resolve"]

_NEIGHBOURS = 64  # mentions on either side that are weighed


def resolve(text: str, statements: Sequence[Statement]) -> tuple[tuple[Statement, ...], tuple[Speaker, ...]]:
    """Return the statements with antecedents and `speaker_id`, and the speakers.

    Args:
        text: the raw text.
        statements: of this text, in the order of their cues, with their parents.
    """
    mentions = _Mentions(text, statements)
    found = (mentions.antecedent(s) for s in statements)
    whole = [replace(s, antecedent=(a,) if a else ()) for s, a in zip(statements, found, strict=True)]
    ids, speakers = _identify(whole)
    return tuple(replace(s, speaker_id=k) for s, k in zip(whole, ids, strict=True)), speakers


class _Mentions:
    """The mentions of one document, and which of them a source stands for."""

    def __init__(self, text: str, statements: Sequence[Statement]) -> None:
        self._text = text
        spans = {(s.start, s.end): s for x in statements for s in (*x.source, *x.antecedent) if not is_pronoun(s.text)}
        self._all = _longest(spans.values())
        self._names = [Span(start, end, text[start:end]) for start, end in full_names(text)]
        self._by: defaultdict[tuple[str, str], list[Span]] = defaultdict(list)
        for span in self._all:
            for kind, key in (("acronym", acronym(span.text)), ("surname", surname(span.text))):
                if key and (kind == "acronym" or first_name(span.text)):
                    self._by[kind, key].append(span)
            for part in normal(span.text).split(", "):
                self._by["head", part.split(" ", 1)[0].rstrip(",")].append(span)
        for span in self._names:
            self._by["name", span.text.split()[-1]].append(span)

    def antecedent(self, statement: Statement) -> Span | None:
        """Return what a statement's source stands for, or None where it says enough by itself."""
        said = self._whole(statement.antecedent[0]) if statement.antecedent else None
        if not statement.source:
            return said
        source = statement.source[0]
        if said and said.start < source.end and source.start < said.end:
            said = None  # the source itself
        if is_pronoun(source.text):
            found = said or self._of_pronoun(source, statement.cue)
            return found and (self._of_mention(found) or found)
        return self._of_mention(source) or (said if is_definite(source.text) and not first_name(source.text) else None)

    def _of_mention(self, mention: Span) -> Span | None:
        """The full mention for which a short one stands, by its kind."""
        if is_short(mention.text):
            name = surname(mention.text) or ""
            return self._fullest("surname", name, mention) or self._fullest("name", name, mention)
        if short := acronym(mention.text):
            full = self._fullest("acronym", short, mention)
            return full if full and len(full.text) > len(mention.text) else None
        if first_name(mention.text):  # a full name needs no other
            return None
        return self._of_description(mention)

    def _of_description(self, source: Span) -> Span | None:
        """A longer mention that begins alike or holds the description, or whoever has held the office."""
        wanted = normal(source.text)
        if is_definite(source.text):
            alike = self._near(self._by["head", wanted.split(" ", 1)[0]], source)
            longer = [s for s in alike if f", {wanted}" in f", {normal(s.text)}" and normal(s.text) != wanted]
            if found := _fullest(longer, source):
                return found
        for name in sorted(offices(source.text)):
            for kind in ("surname", "name"):
                if found := self._fullest(kind, name, source):
                    return found
            if lone := regex.search(rf"\b{regex.escape(name)}\b", self._text):
                return Span(lone.start(), lone.end(), lone[0])
        return None

    def _of_pronoun(self, source: Span, cue: Span) -> Span | None:
        """The nearest mention before a pronoun that agrees with it; before *qui*, the one that it follows."""
        at = bisect_left(self._all, min(source.start, cue.start), key=lambda span: span.end)
        before = self._all[max(0, at - _NEIGHBOURS) : at][::-1]
        if source.text.casefold() == "qui":
            return next((span for span in before if source.start - span.end <= 2), None)
        return next((span for span in before if _agree(source.text.casefold(), span.text)), None)

    def _whole(self, span: Span) -> Span:
        """The mention, or the full name, that holds a stretch of which the model found a part."""
        for spans in (self._all, self._names):
            at = bisect_left(spans, span.end, key=lambda other: other.end)
            if at < len(spans) and spans[at].start <= span.start and len(spans[at].text) > len(span.text):
                return replace(spans[at], score=span.score)
        return span

    def _fullest(self, kind: str, key: str, source: Span) -> Span | None:
        return _fullest(self._near(self._by[kind, key], source), source)

    def _near(self, spans: Sequence[Span], source: Span) -> list[Span]:
        """The neighbours of a source among mentions in the order of the text, without those that touch it."""
        at = bisect_left(spans, source.start, key=lambda span: span.start)
        near = spans[max(0, at - _NEIGHBOURS) : at + _NEIGHBOURS]
        return [span for span in near if span.end <= source.start or source.end <= span.start]


def _fullest(spans: Iterable[Span], source: Span) -> Span | None:
    """Of several mentions the one with most words, of those the nearest before the source, else after it."""
    return min(
        spans,
        key=lambda s: (-len(s.text.split()), s.start >= source.start, abs(s.start - source.start)),
        default=None,
    )


def _longest(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in the order of the text; of those that overlap, the longest."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if kept and span.start < kept[-1].end:
            if span.end - span.start > kept[-1].end - kept[-1].start:
                kept[-1] = span
        else:
            kept.append(span)
    return kept


_FEMININE = regex.compile(r"(?:la|une|cette|sa|Mme|Madame)\s", regex.IGNORECASE)
_MASCULINE = regex.compile(r"(?:le|un|ce|son|M\.|Monsieur)\s", regex.IGNORECASE)
_PLURAL = regex.compile(r"(?:les|des|ces|ses|plusieurs|deux|trois|MM\.)\s|[^,]*\set\s", regex.IGNORECASE)
_ELLES = frozenset(("elle", "cette dernière", "celle-ci", "elle-même"))
_ILS = frozenset(("il", "ce dernier", "celui-ci", "lui-même"))
_MANY = frozenset(("ils", "elles", "eux", "ceux-ci", "celles-ci", "ces derniers", "ces dernières"))


def _agree(pronoun: str, mention: str) -> bool:
    """Whether a pronoun can stand for a mention, as far as its determiner tells."""
    plural = bool(_PLURAL.match(mention))
    if pronoun in _MANY or plural:
        return plural and pronoun in _MANY
    if pronoun in _ILS:
        return not _FEMININE.match(mention)
    return not (pronoun in _ELLES and _MASCULINE.match(mention))


@dataclass(slots=True)
class _Person:
    """A speaker in the making, by its place among all."""

    place: int
    mentions: list[Span] = field(default_factory=list)
    first: str | None = None


def _identify(statements: Sequence[Statement]) -> tuple[list[int | None], tuple[Speaker, ...]]:
    """Give each statement the index of its speaker, and list the speakers in the order in which they first speak."""
    known: dict[tuple[str, str | int], _Person] = {}
    people: list[_Person] = []
    ids: list[int | None] = []
    for statement in statements:
        spans = (*statement.antecedent, *statement.source)
        if not spans or (not statement.antecedent and spans[0].text.casefold() in _UNNAMED):
            # *je*, inside what someone says, is that someone.
            above = statement.parent
            ids.append(ids[above] if above is not None and above < len(ids) and spans else None)
            continue
        name = spans[0].text
        first = first_name(name)
        keys = _keys(spans[0])
        person = next((known[key] for key in keys if key in known and _same(known[key].first, first)), None)
        if person is None:
            person = _Person(len(people))
            people.append(person)
        person.first = person.first or first
        known |= dict.fromkeys(keys, person)
        person.mentions += spans
        ids.append(person.place)
    return ids, tuple(_speaker(person) for person in people)


_UNNAMED = frozenset(("je", "j", "nous", "on", "vous", "il", "elle", "ils", "elles", "qui", "lui"))


def _same(one: str | None, other: str | None) -> bool:
    """Whether two first names can be one person's."""
    return one is None or other is None or one == other


def _keys(span: Span) -> list[tuple[str, str | int]]:
    """By what a speaker is known again: the place, the words (not of *un responsable*), the acronym, the surname."""
    keys: list[tuple[str, str | int]] = [("place", span.start)]
    if not _INDEFINITE.match(span.text):
        keys.append(("words", normal(span.text)))
    keys += [("acronym", short)] if (short := acronym(span.text)) else []
    keys += [("surname", name)] if (name := surname(span.text)) else []
    return keys


_INDEFINITE = regex.compile(r"(?:une?|des|de|plusieurs|certaine?s|d'autres|d’autres)\s", regex.IGNORECASE)


def _speaker(person: _Person) -> Speaker:
    mentions = sorted({(span.start, span.end): span for span in person.mentions}.values(), key=lambda span: span.start)
    named = [span for span in mentions if first_name(span.text)] or mentions
    return Speaker(max(named, key=lambda span: len(span.text.split())).text, tuple(mentions))
