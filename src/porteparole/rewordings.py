"""Targets said otherwise: French noun phrases negated or affirmed, so that a stance classifier has to read them."""

from __future__ import annotations

import random
import re

__all__ = ["AFFIRMING", "NEGATING", "affirm", "flip", "negate"]

# What stands before a target turns the stance to it round, …
NEGATING = (
    "l'abandon de",
    "l'absence de",
    "l'arrêt de",
    "l'opposition à",
    "la condamnation de",
    "la fin de",
    "la lutte contre",
    "le refus de",
    "le rejet de",
)
# … or leaves it.
AFFIRMING = ("la défense de", "la poursuite de", "le principe de", "le soutien à")

_FLIPPED = {"favor": "against", "against": "favor", "neutral": "neutral"}
_CONTRACTED = {
    ("de", "le "): "du ",
    ("de", "les "): "des ",
    ("de", "un "): "d'un ",
    ("de", "une "): "d'une ",
    ("de", "des "): "de ",
    ("de", "de "): "de ",
    ("de", "du "): "du ",
    ("à", "le "): "au ",
    ("à", "les "): "aux ",
}
_ARTICLE = re.compile(r"(le|les|un|une|des|de|du) ")
_VOWEL = re.compile(r"[aeiouyàâéèêëîïôû]", re.IGNORECASE)


def negate(target: str, chooser: random.Random) -> str:
    """Return the opposite of a target: *la fin des sanctions* of *les sanctions*."""
    return _join(chooser.choice(NEGATING), target)


def affirm(target: str, chooser: random.Random) -> str:
    """Return a target in other words, to which one has the same stance: *le soutien au dialogue* of *le dialogue*."""
    return _join(chooser.choice(AFFIRMING), target)


def flip(stance: str) -> str | None:
    """Return the stance to the opposite of a target; None where it does not follow, as for ``conditional``."""
    return _FLIPPED.get(stance)


def _join(opening: str, target: str) -> str:
    """Put a noun phrase after a preposition, the article contracted: *de* + *le gel* is *du gel*."""
    head, _, preposition = opening.rpartition(" ")
    if article := _ARTICLE.match(target):
        contracted = _CONTRACTED.get((preposition, article[0]), f"{preposition} {article[0]}")
        return f"{head} {contracted}{target[article.end() :]}"
    if preposition == "de" and _VOWEL.match(target):
        return f"{head} d'{target}"
    return f"{opening} {target}"
