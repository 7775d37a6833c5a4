"""Texts that stand twice, word for word or nearly so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

__all__ = ["near_duplicates", "word_grams"]


def word_grams(text: str, size: int) -> frozenset[tuple[str, ...]]:
    """Return the runs of `size` words of a text, in lower case; a shorter text is one run."""
    words = re.findall(r"\w+", text.lower())
    if 0 < len(words) < size:
        return frozenset([tuple(words)])
    return frozenset(zip(*(words[k:] for k in range(size)), strict=False))


def near_duplicates(
    texts: Sequence[str], *, groups: Sequence[str] | None = None, above: float = 0.3, size: int = 5
) -> Iterator[tuple[int, int, float]]:
    """Yield ``(earlier, later, likeness)`` of texts that share too many runs of words.

    Texts with the same runs are compared with the others once: the second and later of them are told as
    duplicates of the first only.

    Args:
        texts: what to compare.
        groups: of each text; texts of different groups are never alike.
        above: the Jaccard likeness (runs shared by the two, of all runs in either) from which a pair is told.
        size: words of a run.
    """
    first: dict[object, int] = {}
    holders: dict[object, list[int]] = {}  # run: the texts that hold it
    found: list[frozenset[tuple[str, ...]]] = []
    for k, text in enumerate(texts):
        own = word_grams(text, size)
        found.append(own)
        group = groups[k] if groups else ""
        same = first.setdefault((group, own), k)
        if same != k:
            if own:
                yield same, k, 1.0
            continue
        shared = Counter(j for gram in own for j in holders.get((group, gram), ()))
        for j, count in sorted(shared.items()):
            if (likeness := count / len(own | found[j])) > above:
                yield j, k, likeness
        for gram in own:
            holders.setdefault((group, gram), []).append(k)
