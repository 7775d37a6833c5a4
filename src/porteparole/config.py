"""The training config: strict, frozen, read from YAML with ``key=value`` overrides.

A key that nothing reads is an error, and all faults are told at once, each with its dotted path.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, model_validator

from .config_data import DataConfig, LabelsConfig, SequenceTableConfig, Strict, TableConfig
from .config_faults import lay_over, tell
from .errors import ConfigError
from .files import read_text

__all__ = [
    "AnyConfig",
    "DecodingConfig",
    "HeadsConfig",
    "LossConfig",
    "OptimConfig",
    "SequenceConfig",
    "StanceConfig",
    "StatementsConfig",
    "TokenConfig",
    "TrainConfig",
    "WindowConfig",
    "load_config",
    "to_yaml",
]


class OptimConfig(Strict):
    """How long and how fast to learn."""

    epochs: float = Field(gt=0)
    batch_size: int = Field(8, ge=1, description="windows (or texts, or pairs) a step, on each device")
    gradient_accumulation: int = Field(1, ge=1, description="batches whose gradients are summed into one step")
    gradient_checkpointing: bool = Field(False, description="less memory for a third more time")
    learning_rate: float = Field(gt=0, description="of what is pretrained")
    warmup: float = Field(0.1, ge=0, lt=1, description="share of the steps")
    weight_decay: float = Field(0.01, ge=0)
    patience: int = Field(3, ge=1, description="epochs without a better score before stopping early")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field("auto", description="auto: bf16 where it is fast")


class StatementsOptimConfig(OptimConfig):
    """The same, with a rate of their own for the fresh heads."""

    head_learning_rate: float = Field(gt=0)


class WindowConfig(Strict):
    """How texts are cut for the encoder."""

    tokens: int = Field(256, ge=16)
    overlap: int = Field(96, ge=0)

    @model_validator(mode="after")
    def _overlap_leaves_room(self) -> WindowConfig:
        if self.overlap >= self.tokens - 2:
            raise ValueError(
                f"expected an overlap of less than the {self.tokens} tokens of a window, got {self.overlap}"
            )
        return self


class DecodingConfig(Strict):
    """From logits to labels; the higher the cost of a span, in nats, the fewer and longer the spans."""

    cue_cost: float = Field(1.0, ge=0)
    content_cost: float = Field(8.0, ge=0)
    role_cost: float = Field(1.0, ge=0, description="of each role but content")
    topic_threshold: float = Field(0.5, ge=0, le=1, description="a topic is kept from this probability on")


class HeadsConfig(Strict):
    """Shape of the heads, as far as it does not follow from encoder and labels."""

    reach: int = Field(128, ge=1, description="words on either side of a cue whose distance to it is told apart")
    attention_heads: int = Field(12, ge=1, description="of the layer that reads a window again for each cue")
    dropout: float = Field(0.1, ge=0, lt=1, description="while training")


class FocalConfig(Strict):
    """How much the loss looks at what is hard, most often rare labels (Lin et al. 2017, https://arxiv.org/abs/1708.02002)."""

    focus: float = Field(0.0, ge=0, description="gamma of the focal loss of labels; 0 is plain cross-entropy")


class LossConfig(FocalConfig):
    """Weight of each task in the loss."""

    cues: float = Field(2.0, ge=0)
    roles: float = Field(3.0, ge=0)
    act: float = Field(1.0, ge=0)
    topics: float = Field(1.0, ge=0)
    stances: float = Field(1.0, ge=0)


class TrainConfig(Strict):
    """What all tasks need."""

    encoder: str = Field(description="a folder or a hub id of a transformers encoder")
    output: Path
    seed: int = Field(0, ge=0)
    report_to: tuple[Literal["tensorboard"], ...] = Field((), description="loggers of transformers' Trainer")
    optim: OptimConfig


class StatementsConfig(TrainConfig):
    """Train `statements/`: cues, roles, acts, topics and topic stances in one encoder pass."""

    task: Literal["statements"]
    data: DataConfig
    labels: LabelsConfig = LabelsConfig()
    optim: StatementsOptimConfig
    window: WindowConfig = WindowConfig()
    heads: HeadsConfig = HeadsConfig()
    decoding: DecodingConfig = DecodingConfig()
    tune_topic_threshold: bool = Field(True, description="choose it on the validation set instead")
    loss: LossConfig = LossConfig()


class StanceConfig(TrainConfig):
    """Train `stance/`: the stance of a statement to any target."""

    task: Literal["stance"]
    data: DataConfig
    labels: LabelsConfig = LabelsConfig()
    max_tokens: int = Field(192, ge=16)
    unrelated: float = Field(
        0.5, ge=0, le=1, description="neutral pairs with another statement's target, per statement"
    )
    negated: float = Field(0.0, ge=0, le=1, description="share of the targets turned into their opposite")
    affirmed: float = Field(0.0, ge=0, le=1, description="share of the targets said in other words")
    loss: FocalConfig = FocalConfig()

    @model_validator(mode="after")
    def _shares_fit(self) -> StanceConfig:
        if self.unrelated and "neutral" not in self.labels.stances:
            raise ValueError("unrelated: expected 0, as labels.stances hold no 'neutral' for such pairs")
        if self.negated + self.affirmed > 1:
            raise ValueError(f"expected negated + affirmed of at most 1, got {self.negated + self.affirmed:g}")
        return self


class SequenceConfig(TrainConfig):
    """Train a plain classifier of texts, or of pairs of texts, on labels of one's own."""

    task: Literal["sequence"]
    data: SequenceTableConfig
    multi_label: bool = Field(False, description="any number of labels a text, instead of exactly one")
    max_tokens: int = Field(256, ge=16, description="of a text (or pair); what is longer is cut")
    loss: FocalConfig = FocalConfig()


class TokenConfig(TrainConfig):
    """Train a plain tagger of spans in texts, on labels of one's own."""

    task: Literal["token"]
    data: TableConfig
    window: WindowConfig = WindowConfig()
    loss: FocalConfig = FocalConfig()


AnyConfig = StatementsConfig | StanceConfig | SequenceConfig | TokenConfig
_TASKS: dict[str, type[TrainConfig]] = {
    "statements": StatementsConfig,
    "stance": StanceConfig,
    "sequence": SequenceConfig,
    "token": TokenConfig,
}
_ADAPTER: TypeAdapter[AnyConfig] = TypeAdapter(Annotated[AnyConfig, Field(discriminator="task")])


_MOST_BYTES = 1 << 20  # of a config file; ours have some 1,000


class _Loader(yaml.SafeLoader):
    """Plain data only, and no aliases, of which a few lines can unfold to billions of values."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases (*name) are not read here", mark)
        return super().compose_node(parent, index)


def load_config(path: str | os.PathLike[str], overrides: Iterable[str] = ()) -> AnyConfig:
    """Read a YAML config and lay ``key=value`` overrides over it (``optim.epochs=3``; values are YAML).

    Raises:
        ConfigError: no YAML mapping, a bad override, or faults in the values, all listed.
        DataError: the file is missing or not UTF-8.
    """
    text = read_text(path, most=_MOST_BYTES)
    try:
        tree = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: expected YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise ConfigError(f"{path}: expected YAML, this is nested too deeply") from None
    if not isinstance(tree, dict):
        raise ConfigError(f"{path}: expected a YAML mapping with the key 'task', got {type(tree).__name__}")
    for override in overrides:
        lay_over(tree, override)
    try:
        return _ADAPTER.validate_python(tree)
    except ValidationError as error:
        raise ConfigError("\n".join(f"{path}: {fault}" for fault in tell(error, _TASKS))) from None


def to_yaml(config: BaseModel) -> str:
    """Return the resolved config, every default written out."""
    tree: Mapping[str, Any] = config.model_dump(mode="json")
    return yaml.safe_dump(dict(tree), sort_keys=False, allow_unicode=True)
