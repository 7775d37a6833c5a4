"""The training config: strict, frozen, read from YAML with ``key=value`` overrides.

A key that nothing reads is an error, and all faults are told at once, each with its dotted path.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from .errors import ConfigError
from .files import read_text

__all__ = [
    "DecodingConfig",
    "HeadsConfig",
    "LossConfig",
    "StanceConfig",
    "StatementsConfig",
    "TrainConfig",
    "WindowConfig",
    "load_config",
    "to_yaml",
]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class DataConfig(_Strict):
    """Annotated corpora in the resolved form."""

    train: tuple[Path, ...] = Field(min_length=1)
    validation: Path


class OptimConfig(_Strict):
    """How long and how fast to learn."""

    epochs: float = Field(gt=0)
    batch_size: int = Field(8, ge=1, description="windows (or pairs) a step")
    learning_rate: float = Field(gt=0, description="of what is pretrained")
    warmup: float = Field(0.1, ge=0, lt=1, description="share of the steps")
    weight_decay: float = Field(0.01, ge=0)
    patience: int = Field(3, ge=1, description="epochs without a better score before stopping early")
    precision: Literal["auto", "fp32", "bf16"] = "auto"


class StatementsOptimConfig(OptimConfig):
    """The same, with a rate of their own for the fresh heads."""

    head_learning_rate: float = Field(gt=0)


class WindowConfig(_Strict):
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


class DecodingConfig(_Strict):
    """From logits to labels; the higher the cost of a span, in nats, the fewer and longer the spans."""

    cue_cost: float = Field(1.0, ge=0)
    content_cost: float = Field(8.0, ge=0)
    role_cost: float = Field(1.0, ge=0, description="of each role but content")
    topic_threshold: float = Field(0.5, ge=0, le=1, description="a topic is kept from this probability on")


class HeadsConfig(_Strict):
    """Shape of the heads, as far as it does not follow from encoder and labels."""

    reach: int = Field(128, ge=1, description="words on either side of a cue whose distance to it is told apart")
    attention_heads: int = Field(12, ge=1, description="of the layer that reads a window again for each cue")
    dropout: float = Field(0.1, ge=0, lt=1, description="while training")


class LossConfig(_Strict):
    """Weight of each task in the loss."""

    cues: float = Field(2.0, ge=0)
    roles: float = Field(3.0, ge=0)
    act: float = Field(1.0, ge=0)
    topics: float = Field(1.0, ge=0)
    stances: float = Field(1.0, ge=0)


class TrainConfig(_Strict):
    """What both tasks need."""

    encoder: str = Field(description="a folder or a hub id of a transformers encoder")
    data: DataConfig
    output: Path
    seed: int = Field(0, ge=0)
    optim: OptimConfig


class StatementsConfig(TrainConfig):
    """Train `statements/`: cues, roles, acts, topics and topic stances in one encoder pass."""

    task: Literal["statements"]
    optim: StatementsOptimConfig
    window: WindowConfig = WindowConfig()
    heads: HeadsConfig = HeadsConfig()
    decoding: DecodingConfig = DecodingConfig()
    tune_topic_threshold: bool = Field(True, description="choose it on the validation set instead")
    loss: LossConfig = LossConfig()


class StanceConfig(TrainConfig):
    """Train `stance/`: the stance of a statement to any target."""

    task: Literal["stance"]
    max_tokens: int = Field(192, ge=16)
    unrelated: float = Field(
        0.5, ge=0, le=1, description="neutral pairs with another statement's target, per statement"
    )


_MOST_BYTES = 1 << 20  # of a config file; ours have some 1,000
_ADAPTER: TypeAdapter[StatementsConfig | StanceConfig] = TypeAdapter(
    Annotated[StatementsConfig | StanceConfig, Field(discriminator="task")]
)


class _Loader(yaml.SafeLoader):
    """Plain data only, and no aliases, of which a few lines can unfold to billions of values."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases (*name) are not read here", mark)
        return super().compose_node(parent, index)


def load_config(path: str | os.PathLike[str], overrides: Iterable[str] = ()) -> StatementsConfig | StanceConfig:
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
        _override(tree, override)
    try:
        return _ADAPTER.validate_python(tree)
    except ValidationError as error:
        raise ConfigError("\n".join(f"{path}: {fault}" for fault in _faults(error))) from None


def _override(tree: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"override {override!r}: expected key=value, e.g. optim.epochs=3")
    *parents, last = key.strip().split(".")
    for parent in parents:
        tree = tree.setdefault(parent, {})
        if not isinstance(tree, dict):
            raise ConfigError(f"override {override!r}: {parent} is a value, not a section")
    try:
        tree[last] = yaml.safe_load(value)
    except yaml.YAMLError:
        raise ConfigError(f"override {override!r}: {value!r} is not a YAML value") from None


def _faults(error: ValidationError) -> Iterable[str]:
    for fault in error.errors():
        task, *parts = map(str, fault["loc"] or ("",))
        path = ".".join(parts)
        if fault["type"].startswith("union_tag"):
            got = fault["ctx"].get("tag")
            yield "task: expected 'statements' or 'stance', " + (f"got {got!r}" if got else "it is missing")
        elif fault["type"] == "extra_forbidden":
            guess = _nearest(path, StatementsConfig if task == "statements" else StanceConfig)
            yield f"{path}: unknown key" + (f"; did you mean {guess!r}?" if guess else "")
        elif fault["type"] == "missing":
            yield f"{path}: missing"
        elif fault["type"] == "value_error":
            yield f"{path}: {fault['ctx']['error']}"
        else:
            yield f"{path}: {fault['msg']}, got {fault['input']!r}"


def _nearest(path: str, model: type[BaseModel]) -> str | None:
    """Return the key of the same section that is most like the last one of `path`, else one with its dotted path."""
    section, _, name = path.rpartition(".")
    places: dict[str, list[str]] = {}  # name: its sections
    for key in _keys(model):
        place, _, known = key.rpartition(".")
        places.setdefault(known, []).append(place)
    if near := difflib.get_close_matches(name, [known for known, held in places.items() if section in held], 1):
        return near[0]
    if near := difflib.get_close_matches(name, places, 1):
        return f"{places[near[0]][0]}.{near[0]}".lstrip(".")
    return None


def _keys(model: type[BaseModel], prefix: str = "") -> Iterable[str]:
    for name, field in model.model_fields.items():
        yield prefix + name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _keys(field.annotation, f"{prefix}{name}.")


def to_yaml(config: BaseModel) -> str:
    """Return the resolved config, every default written out."""
    tree: Mapping[str, Any] = config.model_dump(mode="json")
    return yaml.safe_dump(dict(tree), sort_keys=False, allow_unicode=True)
