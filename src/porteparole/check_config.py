"""The checks of `porteparole.check`, on the data that a training config names."""

from __future__ import annotations

from collections.abc import Mapping

from .check import Example, Report, check_corpora, judge
from .config import AnyConfig, SequenceConfig, StanceConfig, StatementsConfig
from .splits import Row, Split, read_splits

__all__ = ["check_config", "labels_of"]


def check_config(config: AnyConfig, *, fewest: int = 5) -> Report:
    """Check what a training would learn from.

    Args:
        config: of any task.
        fewest: a label with fewer examples in a split is worth a warning.

    Raises:
        DataError: a file cannot be read at all.
    """
    allow = config.data.leakage == "warn"
    if isinstance(config, StatementsConfig | StanceConfig):
        splits = {"train": config.data.train, "validation": (config.data.validation,)}
        return check_corpora(splits, config.labels.inventory, fewest=fewest, allow_leakage=allow)
    report = _check_tables(read_splits(config), fewest, allow)
    least = 2 if isinstance(config, SequenceConfig) and not config.multi_label else 1
    if len(found := [name for name in report.counts["train"] if name != "texts"]) < least:
        report.faults.append(f"train: expected at least {least} labels in {config.data.label!r}, got {found}")
    return report


def labels_of(row: Row) -> tuple[str, ...]:
    """Return the labels that a text holds, as often as it holds them."""
    return row.labels + tuple(label for _, _, label in row.spans)


def _check_tables(splits: Mapping[str, Split], fewest: int, allow_leakage: bool) -> Report:
    known = {label for row in splits["train"].rows for label in labels_of(row)}
    examples, faults = [], []
    for name, split in splits.items():
        faults += split.faults
        for row in split.rows:
            labels = labels_of(row)
            faults += [
                f"{row.place}: label {label!r} never stands in train, which has {', '.join(sorted(known))}"
                for label in sorted({*labels} - known)
            ]
            # Of pairs, what varies under one first text must not stand twice.
            text, group = (row.text, "") if row.pair is None else (row.pair, row.text)
            examples.append(Example(row.place, name, text, labels, group))
    return judge(examples, tuple(splits), sorted(known), faults=faults, fewest=fewest, allow_leakage=allow_leakage)
