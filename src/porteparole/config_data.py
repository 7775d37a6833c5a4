"""The parts of a config that say what to learn from: corpora, tables and labels."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .labels import DEFAULT, Labels

__all__ = ["DataConfig", "LabelsConfig", "SequenceTableConfig", "SplitConfig", "Strict", "TableConfig"]


class Strict(BaseModel):
    """Frozen, and a key that it does not know is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class DataConfig(Strict):
    """Annotated corpora in the resolved form."""

    train: tuple[Path, ...] = Field(min_length=1)
    validation: Path
    leakage: Literal["refuse", "warn"] = Field("refuse", description="when validation texts stand in training")


class SplitConfig(Strict):
    """Rows to test on: a file or split, and which of its rows."""

    rows: str
    where: dict[str, str | int] = Field({}, description="column: the value that it must have")


class TableConfig(Strict):
    """Tables with a text column and a label column, as `datasets` reads them."""

    hub: str | None = Field(None, description="a hub dataset; train, validation and tests then name its splits")
    revision: str | None = Field(None, description="of the hub dataset: branch, tag or commit")
    train: tuple[str, ...] = Field(min_length=1, description=".csv, .jsonl or .parquet files")
    validation: str
    tests: dict[str, SplitConfig] = {}
    text: str = "text"
    label: str = "label"
    where: dict[str, str | int] = Field({}, description="of all rows, column: the value that it must have")
    leakage: Literal["refuse", "warn"] = "refuse"


class SequenceTableConfig(TableConfig):
    """The same for whole texts, or pairs of them."""

    pair: str | None = Field(None, description="a second text column, read after the first")
    separator: str = Field("|", min_length=1, description="between the labels of a text, where a cell is a string")


class LabelsConfig(Strict):
    """What the model is to tell apart; what is left out is as in the annotation guide."""

    acts: tuple[str, ...] = Field(DEFAULT.acts, min_length=1)
    topics: dict[str, str] = Field(dict(DEFAULT.topics), min_length=1, description="name: canonical target, in French")
    stances: tuple[str, ...] = Field(DEFAULT.stances, min_length=1)

    @model_validator(mode="after")
    def _are_distinct(self) -> LabelsConfig:
        for name in ("acts", "stances"):
            if len(set(names := getattr(self, name))) < len(names):
                raise ValueError(f"{name}: expected each label once, got {', '.join(names)}")
        if empty := [topic for topic, target in self.topics.items() if not target.strip()]:
            raise ValueError(f"topics: expected a canonical target for {empty[0]}, a French noun phrase")
        return self

    @property
    def inventory(self) -> Labels:
        """The same, as the models take it."""
        return Labels(self.acts, dict(self.topics), self.stances)
