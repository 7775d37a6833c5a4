"""transformers' `Trainer`, as all tasks use it: arguments, loggers, the order of examples."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Sampler

from .config import AnyConfig
from .device import bf16_is_fast
from .errors import ConfigError, DependencyError

__all__ = [
    "LengthBatches",
    "autocast_dtype",
    "callbacks",
    "is_main_process",
    "judging",
    "make_trainer",
    "training_arguments",
    "training_report",
]


def is_main_process() -> bool:
    """Whether this is the only process of a training, or the one of several that writes files."""
    return int(os.environ.get("RANK", "0")) == 0  # set by torchrun and accelerate launch


def autocast_dtype(config: AnyConfig) -> torch.dtype | None:
    """Return the dtype to train in under autocast, or None for fp32 throughout.

    Raises:
        ConfigError: fp16 without a GPU.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    precision = config.optim.precision
    if precision == "fp16" and device.type == "cpu":
        raise ConfigError("optim.precision: fp16 needs a CUDA device, there is none; use auto, bf16 or fp32")
    if precision == "auto":
        precision = "bf16" if bf16_is_fast(device) else "fp32"
    return {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": None}[precision]


def training_arguments(config: AnyConfig, folder: Path, **more: Any) -> Any:
    """Return the Trainer's arguments: one evaluation and checkpoint an epoch, the best one kept."""
    from transformers import TrainingArguments

    optim, dtype = config.optim, autocast_dtype(config)
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=optim.epochs,
        per_device_train_batch_size=optim.batch_size,
        per_device_eval_batch_size=4 * optim.batch_size,
        gradient_accumulation_steps=optim.gradient_accumulation,
        learning_rate=optim.learning_rate,
        warmup_steps=optim.warmup,
        weight_decay=optim.weight_decay,
        optim="adamw_torch_fused",
        bf16=dtype is torch.bfloat16,
        fp16=dtype is torch.float16,
        use_cpu=not torch.cuda.is_available(),
        seed=config.seed,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model="score",
        greater_is_better=True,
        remove_unused_columns=False,
        report_to=[],  # the loggers are callbacks, so that their folder is ours to choose
        logging_steps=50,
        **more,
    )
    # One process sees one GPU: nn.DataParallel would cut batches whose parts point into one another. Several
    # GPUs are several processes, by torchrun or accelerate launch.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments


def callbacks(config: AnyConfig) -> list[Any]:
    """Return the Trainer's callbacks: early stopping, and the loggers that the config asks for.

    Raises:
        DependencyError: a logger is not installed.
    """
    from transformers import EarlyStoppingCallback
    from transformers.integrations import TensorBoardCallback

    found: list[Any] = [EarlyStoppingCallback(config.optim.patience)]
    if "tensorboard" in config.report_to:
        if find_spec("tensorboard") is None:
            raise DependencyError("report_to: [tensorboard] needs tensorboard: pip install 'porteparole[tensorboard]'")
        logger = TensorBoardCallback()
        logger.logging_dir = str(config.output.with_name(f"{config.output.name}.{config.task}.logs"))
        found.append(logger)
    return found


class LengthBatches(Sampler[int]):
    """Orders examples so that each batch holds examples of like length, and the batches come in random order.

    transformers' own grouping goes from long to short some four times an epoch; with small corpora the
    model then forgets the long texts each time.

    Args:
        lengths: tokens of each example.
        batch_size: of the loader that draws from this sampler (of all processes' loaders together).
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


def make_trainer(config: AnyConfig, *, score: Callable[[], dict[str, float]] | None = None, **parts: Any) -> Any:
    """Return a Trainer whose training batches are those of `LengthBatches`; the examples need a ``length``.

    With several processes, each takes its part of one larger batch of like length; accelerate fills up the last
    one with the first examples.

    Args:
        config: seed and batch size.
        score: gives the figures of the model as it stands, ``score`` among them, which chooses the checkpoint; None
            where the Trainer's own ``compute_metrics`` does.
        parts: the Trainer's own arguments.
    """
    from transformers import Trainer

    class LengthTrainer(Trainer):  # type: ignore[misc]  # transformers is not typed
        def get_train_dataloader(self) -> Any:
            batch_size = config.optim.batch_size
            together = batch_size * self.args.world_size
            sampler = LengthBatches(self.train_dataset["length"], together, config.seed)
            loader = DataLoader(
                self.train_dataset, batch_size=batch_size, sampler=sampler, collate_fn=self.data_collator
            )
            return self.accelerator.prepare(loader)

        def evaluation_loop(self, *arguments: Any, metric_key_prefix: str = "eval", **named: Any) -> Any:
            output = super().evaluation_loop(*arguments, metric_key_prefix=metric_key_prefix, **named)
            figures = score() if score else {}
            output.metrics.update({f"{metric_key_prefix}_{name}": value for name, value in figures.items()})
            return output

    return LengthTrainer(**parts)


@contextmanager
def judging(model: torch.nn.Module, config: AnyConfig) -> Iterator[None]:
    """Put a model that is being trained into evaluation mode, and compute as it is trained."""
    dtype, training = autocast_dtype(config), model.training
    model.eval()
    with torch.autocast(next(model.parameters()).device.type, dtype=dtype, enabled=dtype is not None):
        yield
    model.train(training)


def training_report(config: AnyConfig, trainer: Any, examples: int, seconds: float) -> dict[str, Any]:
    """Return what metrics.json says of a training run."""
    dtype = autocast_dtype(config)
    return {
        "examples": examples,
        "epochs": trainer.state.epoch,
        "best_step": trainer.state.best_global_step,
        "history": [
            {"epoch": row["epoch"], "validation_loss": row["eval_loss"], "score": row["eval_score"]}
            for row in trainer.state.log_history
            if "eval_loss" in row
        ],
        "seconds": round(seconds),
        "device": torch.cuda.get_device_name()
        if torch.cuda.is_available()
        else f"CPU, {torch.get_num_threads()} threads",
        "processes": trainer.args.world_size,
        "precision": f"{'bf16' if dtype is torch.bfloat16 else 'fp16'} autocast" if dtype else "fp32",
        "seed": config.seed,
    }
