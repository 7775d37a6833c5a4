"""What the property tests draw from: texts that hold all that makes offsets go wrong."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import regex
from hypothesis import strategies as st

from corpus import PASSAGES
from porteparole.schema import Act, Document, Span, Stance, Statement

__all__ = ["BLANK", "NASTY", "annotated_documents", "dispatches", "documents", "texts"]

BLANK = regex.compile(r"[\p{Z}\p{Cc}\p{Cf}]")

NASTY = [
    "e\u0301",  # a decomposed accent
    "\x0b",
    "\x85",
    "\u200f",  # right to left
    "\u202e",
    "\u2066شكرا\u2069",
    "ＯＮＵ",  # full width
    "ﬁnﬂueﬀ",
    "\u0301",  # an accent on nothing
    "\u202f",  # narrow no-break space
    "\u00a0",
    "\u2028",
    "\u200b",  # zero-width space
    "\u200d",  # joiner
    "\u00ad",  # soft hyphen
    "\ufeff",
    "\r\n",
    "\x00",
    "\x1b[0m",
    "\ufb01",  # ligature fi
    "\ufdfa",  # one character that normalises to eighteen
    "…",
    "Œuvre",
    "👩‍👩‍👧‍👦",
    "🇫🇷",
    "❤️",
    "\u2139\u200d😀",  # a letter that joins to an emoji
    "\u1112\u1161\u11ab",  # hangul jamo
    "\u0d4e",  # a letter that joins to what follows
    "नमस्ते",
    "\u0e33",
    "\ud800",  # a lone surrogate
    "\ue000",
    "\U0010ffff",
    "<s>",
    "</s>",
    "<mask>",
    "a" * 63 + "\u1100\u1161",
    "x" * 200,
    "№½",
    "_",
    "\t",
    "  ",
]

_FRENCH = ["Le", " ministre", " russe", " a", " déclaré", "qu'", "l'", "Élysée", "aujourd'hui", ". ", "! ", "? ", "\n"]
_QUOTES = ["«", "»", "“", "”", '"', "„", " "]


def texts(max_pieces: int = 40) -> st.SearchStrategy[str]:
    """French words, quotation marks, nasty pieces and any character at all, in any order."""
    piece = st.one_of(st.sampled_from(_FRENCH), st.sampled_from(_QUOTES), st.sampled_from(NASTY), st.characters())
    return st.lists(piece, max_size=max_pieces).map("".join)


# What whole texts go through on their way from a newsroom.
_HABITS: list[Callable[[str], str]] = [
    lambda text: text,
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: text.replace(" ", "\u202f"),
    lambda text: text.replace(" ", ""),
    lambda text: text.replace("'", "’").replace("« ", "«\u00a0").replace(" »", "\u00a0»"),
    lambda text: text.replace(". ", ".\r\n\r\n"),
    lambda text: text.replace("fi", "ﬁ").replace("...", "…"),
    lambda text: "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text),
    lambda text: "\u200b".join(text),
    lambda text: text.replace(" ", " \x00"),
    str.upper,
    lambda text: "\u202b" + text[::-1],
]


@st.composite
def dispatches(draw: st.DrawFn) -> str:
    """Passages of the small corpus, in which models find statements, spoilt by all that makes offsets go wrong."""
    whole = draw(st.lists(st.sampled_from([passage["text"] for passage in PASSAGES]), min_size=1, max_size=2))
    text = draw(st.sampled_from(_HABITS))(draw(st.sampled_from(["", " ", "\n"])).join(whole))
    spoil = st.tuples(st.floats(0, 1), st.sampled_from(NASTY) | st.sampled_from(_QUOTES) | st.characters())
    for place, piece in draw(st.lists(spoil, max_size=12)):
        at = round(place * len(text))
        text = text[:at] + piece + text[at:]
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # a lone surrogate is no text


_chance = st.floats(0, 1)


@st.composite
def _spans(draw: st.DrawFn, text: str, most: int = 3) -> tuple[Span, ...]:
    edges = draw(st.lists(st.integers(0, len(text)), max_size=2 * most, unique=True).map(sorted))
    return tuple(Span(a, b, text[a:b], draw(_chance)) for a, b in zip(edges[::2], edges[1::2], strict=False))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any document that `predict` could return, as far as its fields go."""
    text = draw(texts(10).filter(bool))
    label = st.sampled_from(["favor", "against", "conditional", "neutral"])
    stances = st.lists(
        st.builds(Stance, st.none() | st.text(max_size=5), st.text(max_size=5), label, _chance, _chance), max_size=2
    ).map(tuple)
    statement = st.builds(
        Statement,
        cue=_spans(text, 1).map(lambda spans: spans[0] if spans else Span(0, len(text), text)),
        source=_spans(text),
        antecedent=_spans(text),
        addressee=_spans(text),
        medium=_spans(text),
        content=_spans(text),
        act=st.builds(Act, st.text(max_size=5), _chance),
        topics=stances,
        targets=stances,
        form=st.sampled_from(["direct", "indirect", "mixed"]),
        parent=st.none() | st.integers(0, 5),
    )
    return Document(text, tuple(draw(st.lists(statement, max_size=3))), draw(st.none() | st.text(max_size=5)))


@st.composite
def annotated_documents(draw: st.DrawFn, text: str) -> Document:
    """A document on `text` with disjoint cues in order, and few labels, so that two of them often agree."""
    marks: list[int] = draw(st.lists(st.integers(0, len(text)), unique=True, max_size=8).map(sorted))
    statements = []
    for a, b in zip(marks[::2], marks[1::2], strict=False):
        roles: dict[str, Any] = {role: draw(_spans(text, 2)) for role in ("source", "antecedent", "content")}
        held = draw(st.dictionaries(st.sampled_from(["peace", "trade"]), st.sampled_from(["favor", "against"])))
        topics = tuple(Stance(topic, "la paix", label) for topic, label in held.items())
        act = Act(draw(st.sampled_from(["STATE", "REJECT"])))
        statements.append(Statement(Span(a, b, text[a:b]), act=act, topics=topics, **roles))
    return Document(text, tuple(statements))
