"""What the trainings of all tasks share, before the first step and after the last."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from torch import Tensor

from .check_config import check_config
from .config import AnyConfig, SequenceConfig, StanceConfig, StatementsConfig, TokenConfig
from .data import read_corpus, some_of
from .errors import ConfigError, DataError, DependencyError
from .losses import IGNORED, binary_cross_entropy, cross_entropy
from .pretrained import quiet_transformers, spare_memory, training_attention
from .schema import Document
from .trainer import autocast_dtype, is_main_process

__all__ = [
    "fresh_classifier",
    "load_fast_tokenizer",
    "loading",
    "loss_of",
    "prepare",
    "read_corpora",
    "work_folder",
]


def require_training_packages() -> None:
    """Raise a DependencyError unless the extra ``train`` is installed."""
    try:
        import accelerate  # noqa: F401
        import datasets  # noqa: F401
        import sklearn  # noqa: F401
    except ImportError as error:
        raise DependencyError(f"training needs {error.name}: pip install 'porteparole[train]'") from None


def prepare(config: AnyConfig) -> Any:
    """Check the data, set all seeds, and return the encoder's tokenizer.

    Raises:
        ConfigError: the encoder has no fast tokenizer, or the precision does not suit the device.
        DataError: the data has faults; they are listed.
        DependencyError: the extra ``train`` is not installed.
    """
    require_training_packages()
    from transformers import set_seed

    autocast_dtype(config)
    report = check_config(config)
    if report.warnings:
        print(f"warnings:\n{some_of(report.warnings)}", file=sys.stderr)
    if report.faults:
        raise DataError(some_of(report.faults))
    set_seed(config.seed)
    return load_fast_tokenizer(config.encoder)


def read_corpora(config: StatementsConfig | StanceConfig) -> tuple[list[Document], list[Document]]:
    """Return the training and the validation documents."""
    labels = config.labels.inventory
    train = [document for path in config.data.train for document in read_corpus(path, labels)]
    return train, read_corpus(config.data.validation, labels)


@contextmanager
def loading(encoder: str) -> Iterator[None]:
    """Turn what transformers raises while it loads an encoder into a ConfigError that names it."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise ConfigError(f"encoder {encoder!r}: {str(error).strip().splitlines()[0]}") from None


def load_fast_tokenizer(name: str) -> Any:
    """Load a tokenizer of transformers that has a Rust backend.

    Raises:
        ConfigError: there is none under this name.
    """
    from transformers import AutoTokenizer

    with loading(name):
        tokenizer = AutoTokenizer.from_pretrained(name, use_fast=True, trust_remote_code=False)
    if not isinstance(getattr(tokenizer, "backend_tokenizer", None), Tokenizer):
        raise ConfigError(f"encoder {name!r}: expected a fast tokenizer (tokenizer.json), it has only a slow one")
    return tokenizer


def fresh_classifier(
    config: StanceConfig | SequenceConfig | TokenConfig, kind: str, labels: Sequence[str], **settings: Any
) -> Any:
    """Put a fresh classifier on a pretrained encoder.

    Args:
        config: names the encoder.
        kind: of transformers' auto classes, e.g. ``SequenceClassification``.
        labels: what it tells apart.
        settings: attributes of the model's config.

    Raises:
        ConfigError: the encoder cannot be loaded.
    """
    import transformers

    with loading(config.encoder), quiet_transformers():  # its report of fresh head weights would only alarm
        shape = transformers.AutoConfig.from_pretrained(
            config.encoder,
            num_labels=len(labels),
            id2label=dict(enumerate(labels)),
            label2id={label: k for k, label in enumerate(labels)},
            attention_probs_dropout_prob=0.0,  # an encoder that has no such rate passes over it
            trust_remote_code=False,
            **settings,
        )
        model = getattr(transformers, f"AutoModelFor{kind}").from_pretrained(
            config.encoder,
            config=shape,
            dtype="float32",
            use_safetensors=True,
            trust_remote_code=False,
            **training_attention(),
        )
        if config.optim.gradient_checkpointing:
            spare_memory(model)
    return model


def loss_of(config: StanceConfig | SequenceConfig | TokenConfig) -> Callable[..., Tensor]:
    """Return a classifier's loss, as the Trainer's ``compute_loss_func``: the mean over all labels of a step."""
    focus = config.loss.focus

    def loss(outputs: Any, labels: Tensor, num_items_in_batch: Tensor | int | None = None) -> Tensor:
        entropy = binary_cross_entropy if labels.is_floating_point() else cross_entropy
        return entropy(outputs.logits, labels, focus) / (num_items_in_batch or (labels != IGNORED).sum())

    return loss


@contextmanager
def work_folder(config: AnyConfig, resume: bool) -> Iterator[tuple[Path, str | None]]:
    """Give a folder for checkpoints beside the output, and the checkpoint to go on from; drop it on success."""
    folder = config.output.with_name(f"{config.output.name}.{config.task}.checkpoints")
    if not resume and is_main_process():
        shutil.rmtree(folder, ignore_errors=True)
    # The Trainer writes its state last, so a checkpoint without it is one that a kill cut short.
    whole = [state.parent for state in folder.glob("checkpoint-*/trainer_state.json")] if resume else []
    last = max(whole, key=lambda checkpoint: int(checkpoint.name.rpartition("-")[2]), default=None)
    yield folder, str(last) if last else None
    if is_main_process():
        shutil.rmtree(folder, ignore_errors=True)
