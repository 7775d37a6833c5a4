"""What training a statement model and training a stance classifier share, around transformers' `Trainer`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.utils.data import DataLoader, Sampler

from .config import StanceConfig, StatementsConfig, TrainConfig
from .data import read_corpus
from .device import bf16_is_fast
from .errors import ConfigError, DependencyError
from .labels import DEFAULT
from .schema import Document

__all__ = [
    "LengthBatches",
    "load_fast_tokenizer",
    "loading",
    "make_trainer",
    "prepare",
    "training_arguments",
    "training_report",
    "use_bf16",
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


def prepare(config: TrainConfig) -> tuple[list[Document], list[Document], Any]:
    """Return the training and validation documents and the encoder's tokenizer, with all seeds set.

    Raises:
        ConfigError: the encoder has no fast tokenizer.
        DataError: a corpus has faults; all are listed.
        DependencyError: the extra ``train`` is not installed.
    """
    require_training_packages()
    from transformers import set_seed

    train = [document for path in config.data.train for document in read_corpus(path, DEFAULT)]
    validation = read_corpus(config.data.validation, DEFAULT)
    set_seed(config.seed)
    return train, validation, load_fast_tokenizer(config.encoder)


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


def use_bf16(config: TrainConfig) -> bool:
    """Whether to train under bf16 autocast."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return config.optim.precision == "bf16" or (config.optim.precision == "auto" and bf16_is_fast(device))


def training_arguments(config: TrainConfig, folder: Path, **more: Any) -> Any:
    """Return the Trainer's arguments: one evaluation and checkpoint an epoch, the best one kept."""
    from transformers import TrainingArguments

    optim = config.optim
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=optim.epochs,
        per_device_train_batch_size=optim.batch_size,
        per_device_eval_batch_size=4 * optim.batch_size,
        learning_rate=optim.learning_rate,
        warmup_steps=optim.warmup,
        weight_decay=optim.weight_decay,
        optim="adamw_torch_fused",
        bf16=use_bf16(config),
        use_cpu=not torch.cuda.is_available(),
        seed=config.seed,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model="score",
        greater_is_better=True,
        remove_unused_columns=False,
        report_to=[],
        logging_steps=50,
        **more,
    )


class LengthBatches(Sampler[int]):
    """Orders examples so that each batch holds examples of like length, and the batches come in random order.

    transformers' own grouping goes from long to short some four times an epoch; with small corpora the
    model then forgets the long texts each time.

    Args:
        lengths: tokens of each example.
        batch_size: of the loader that draws from this sampler.
        seed: of the order, with the epoch.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self._lengths = np.asarray(lengths)
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by the Trainer before each epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        chooser = np.random.default_rng((self._seed, self._epoch))
        blurred = self._lengths * chooser.uniform(0.9, 1.1, len(self._lengths))
        order = np.argsort(blurred, kind="stable")
        # The short batch, if any, comes last: were it elsewhere, the loader would cut all after it askew.
        short = len(order) % self._batch_size
        batches = list(order[short:].reshape(-1, self._batch_size))
        chooser.shuffle(batches)
        for batch in [*batches, order[:short]]:
            yield from batch.tolist()


def make_trainer(config: TrainConfig, **parts: Any) -> Any:
    """Return a Trainer whose training batches are those of `LengthBatches`; the examples need a ``length``.

    Args:
        config: seed and batch size.
        parts: the Trainer's own arguments.
    """
    from transformers import Trainer

    class LengthTrainer(Trainer):  # type: ignore[misc]  # transformers is not typed
        def get_train_dataloader(self) -> Any:
            batch_size = config.optim.batch_size
            sampler = LengthBatches(self.train_dataset["length"], batch_size, config.seed)
            loader = DataLoader(
                self.train_dataset, batch_size=batch_size, sampler=sampler, collate_fn=self.data_collator
            )
            return self.accelerator.prepare(loader)

    return LengthTrainer(**parts)


def training_report(config: TrainConfig, trainer: Any, examples: int, seconds: float) -> dict[str, Any]:
    """Return what metrics.json says of a training run."""
    return {
        "examples": examples,
        "epochs": trainer.state.epoch,
        "best_step": trainer.state.best_global_step,
        "seconds": round(seconds),
        "device": torch.cuda.get_device_name()
        if torch.cuda.is_available()
        else f"CPU, {torch.get_num_threads()} threads",
        "precision": "bf16 autocast" if use_bf16(config) else "fp32",
        "seed": config.seed,
    }


@contextmanager
def work_folder(config: StatementsConfig | StanceConfig, resume: bool) -> Iterator[tuple[Path, str | None]]:
    """Give a folder for checkpoints beside the output, and the checkpoint to go on from; drop it on success."""
    from transformers.trainer_utils import get_last_checkpoint

    folder = config.output.with_name(f"{config.output.name}.{config.task}.checkpoints")
    if folder.exists() and not resume:
        shutil.rmtree(folder)
    checkpoint = get_last_checkpoint(str(folder)) if folder.exists() else None
    yield folder, checkpoint
    shutil.rmtree(folder, ignore_errors=True)
