"""What is wrong with training data, told before a step is taken: bad rows, duplicates, rare labels."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .data import corpus_rows
from .duplicates import near_duplicates
from .labels import ROLES, Labels

__all__ = ["Example", "Report", "check_corpora", "judge", "table_of"]


@dataclass(frozen=True, slots=True)
class Example:
    """One text, as far as the checks need it.

    Attributes:
        place: ``file:line``.
        split: e.g. ``train``; the same text in two splits is a fault.
        text: what must not stand twice.
        labels: all that it holds, as often as it holds them.
        group: texts of different groups are never alike.
    """

    place: str
    split: str
    text: str
    labels: tuple[str, ...]
    group: str = ""


@dataclass(slots=True)
class Report:
    """What the checks found.

    Attributes:
        faults: each as ``file:line: what``; training would be wrong.
        warnings: what deserves a look.
        counts: how often each split holds each label, ``texts`` included.
    """

    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=dict)


def check_corpora(
    splits: Mapping[str, Sequence[str | os.PathLike[str]]],
    labels: Labels,
    *,
    fewest: int = 5,
    allow_leakage: bool = False,
) -> Report:
    """Check annotated corpora.

    Args:
        splits: name: its files.
        labels: the inventory that they may use.
        fewest: a label with fewer examples in a split is worth a warning.
        allow_leakage: make a text that stands in two splits a warning.

    Raises:
        DataError: a file cannot be read at all.
    """
    examples: list[Example] = []
    faults: list[str] = []
    for split, files in splits.items():
        for file in files:
            for number, row, wrong in corpus_rows(file, labels):
                faults += [f"{file}:{number}: {fault}" for fault in wrong]
                if not wrong:
                    examples.append(Example(f"{file}:{number}", split, row["text"], tuple(_labels_of(row))))
    known = [f"role {role}" for role in ROLES]
    for kind, names in (("act", labels.acts), ("topic", labels.topics), ("topic_stance", labels.stances)):
        known += [f"{kind} {name}" for name in names]
    return judge(examples, tuple(splits), known, faults=faults, fewest=fewest, allow_leakage=allow_leakage)


def _labels_of(row: Mapping[str, Any]) -> Iterator[str]:
    for statement in row["statements"]:
        yield "statements"
        yield from (f"role {role}" for role in ROLES for _ in statement.get(role, ()))
        yield f"act {statement['act']}"
        for stance in statement.get("stances", ()):
            yield f"topic {stance['topic']}"
            yield f"topic_stance {stance['topic_stance']}"


def judge(
    examples: Sequence[Example],
    splits: Sequence[str],
    known: Sequence[str],
    *,
    faults: Sequence[str] = (),
    fewest: int = 5,
    allow_leakage: bool = False,
) -> Report:
    """Look for duplicates and rare labels.

    Args:
        examples: of all splits, the training texts first.
        splits: their names; one without a text is a fault.
        known: the labels that there should be examples of.
        faults: of rows that are no example, found before.
        fewest: see `check_corpora`.
        allow_leakage: see `check_corpora`.
    """
    report = Report([*faults])
    report.counts = {split: Counter() for split in splits}
    for example in examples:
        report.counts[example.split].update(("texts", *example.labels))
    report.faults += [f"{split}: expected at least one text" for split in splits if not report.counts[split]["texts"]]
    texts, groups = [example.text for example in examples], [example.group for example in examples]
    for j, k, likeness in near_duplicates(texts, groups=groups):
        one, two = examples[j], examples[k]
        how = "the same text as" if likeness == 1 else f"nearly the same text ({likeness:.0%} of its five-word runs) as"
        leak = one.split != two.split
        where = report.faults if leak and not allow_leakage else report.warnings
        where.append(f"{two.place}: {how} {one.place}" + (f", which is in {one.split}" if leak else ""))
    for split in splits:
        if rare := [f"{name} ({n})" for name in known if (n := report.counts[split][name]) < fewest]:
            report.warnings.append(f"{split}: fewer than {fewest} examples of {', '.join(rare)}")
    return report


def table_of(report: Report) -> list[tuple[str, list[int]]]:
    """Return how often each label occurs in each split, as rows: label, counts."""
    total: dict[str, list[int]] = defaultdict(lambda: [0] * len(report.counts))
    for k, counts in enumerate(report.counts.values()):
        for name, n in counts.items():
            total[name][k] = n
    return sorted(total.items(), key=lambda row: (" " in row[0], row[0]))
