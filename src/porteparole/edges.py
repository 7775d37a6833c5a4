"""Where a span may begin and end: the rules of the annotation guide (section 2) that no tagger has to learn.

Final punctuation stays outside a span; a content loses its introducing *que* and *d'*, and the marks of a
quotation that it fills; a quotation mark is never inside a span without its partner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .text import QUOTATION_MARKS, pair_marks

__all__ = ["is_bare", "partners", "tidy"]

_NEVER_LAST = frozenset(".,;:!?…-–—•·/|(")  # the lone sign, as `text.words` cuts it
_NEVER_FIRST = frozenset(".,;:!?…-–—•·/|)'’")
_APOSTROPHES = frozenset("'’")
_MARKS = frozenset(QUOTATION_MARKS)


# What may stand in a verb group but reports nothing by itself.
_AUXILIARIES = """
ai as a avons avez ont avais avait avaient aura auront aurait auraient ait aient eu avoir ayant
est sont était étaient sera seront serait seraient soit été être étant
"""
_CLITICS = "l le la les leur lui m t s se nous vous y en n ne pas et"
_BARE = frozenset(_AUXILIARIES.split() + _CLITICS.split())


def is_bare(words: Sequence[str]) -> bool:
    """Whether a cue holds only auxiliaries, clitics and negation, and so lacks the word that reports.

    Args:
        words: of the cue.
    """
    said = [word.lower() for word in words if word not in _APOSTROPHES and word not in _NEVER_LAST]
    return bool(said) and all(word in _BARE for word in said)


def partners(words: Sequence[str]) -> dict[int, int]:
    """Return for each quotation mark that has a partner the index of that partner, both ways.

    Args:
        words: the words of a window, as `text.words` cuts them.
    """
    pairs = pair_marks((k, word) for k, word in enumerate(words) if word in _MARKS)
    return dict(pairs) | {closing: opening for opening, closing in pairs}


def tidy(
    words: Sequence[str], partner: Mapping[int, int], start: int, end: int, *, content: bool
) -> tuple[int, int] | None:
    """Move the edges of a span to where the guide wants them.

    Args:
        words: the words of a window.
        partner: of their quotation marks, as `partners` returns it.
        start: first word of the span.
        end: word after its last.
        content: whether it is a content, for which more rules hold.

    Returns:
        The new start and end, or None if nothing is left.
    """
    while start < end:
        first, last = words[start], words[end - 1]
        if last in _NEVER_LAST or (content and last in _APOSTROPHES):
            end -= 1
        elif first in _NEVER_FIRST:
            start += 1
        elif last in _MARKS and not start <= partner.get(end - 1, -1) < end:
            end -= 1
        elif first in _MARKS and partner.get(start) == end:  # the closing mark was just missed
            end += 1
        elif first in _MARKS and not start < partner.get(start, -1) < end:
            start += 1
        elif content and first in _MARKS and partner[start] == end - 1:
            start, end = start + 1, end - 1
        elif content and (length := _introducer(words, start, end)):
            start += length
        else:
            break
    if start >= end:
        return None
    return _close(partner, start, end, content=content)


def _introducer(words: Sequence[str], start: int, end: int) -> int:
    """How many words introduce a content: 1 for *que*, 2 for *qu'* and *d'*, else 0."""
    if words[start] == "que":
        return 1
    elided = words[start] in ("qu", "d") and start + 1 < end and words[start + 1] in _APOSTROPHES
    return 2 if elided else 0


def _close(partner: Mapping[int, int], start: int, end: int, *, content: bool) -> tuple[int, int]:
    """Take in a mark just outside whose partner is inside; a content that a quotation fills then loses both."""
    if start <= partner.get(end, -1) < end:
        end += 1
    if start <= partner.get(start - 1, -1) < end:
        start -= 1
    if content and end - start > 2 and partner.get(start) == end - 1:
        start, end = start + 1, end - 1
    return start, end
