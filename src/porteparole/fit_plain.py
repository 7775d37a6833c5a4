"""What training a plain sequence and a plain token classifier share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import torch

from .bundle import write_report
from .check_config import labels_of
from .config import SequenceConfig, TokenConfig, to_yaml
from .errors import ConfigError
from .files import new_folder
from .fit import fresh_classifier, loss_of, prepare, work_folder
from .plain import PlainManifest, is_plain, write_plain
from .pretrained import quiet_transformers
from .sequence import SequenceClassifier
from .splits import Row, Split, read_splits
from .tokens import TokenClassifier
from .trainer import callbacks, is_main_process, judging, make_trainer, training_arguments, training_report

__all__ = ["Plain", "fit_plain"]


class Plain(ABC):
    """What a task brings to `fit_plain`.

    Args:
        labels: all that the training rows hold, in order.
        tokenizer: the encoder's, as transformers gives it.
    """

    kind: str  # of transformers' auto classes
    manifest: PlainManifest

    def __init__(self, labels: Sequence[str], tokenizer: Any) -> None:
        self.labels = labels
        self.tokenizer = tokenizer

    @abstractmethod
    def model_settings(self) -> tuple[Sequence[str], dict[str, Any]]:
        """Return the names of the model's outputs, and attributes of its config."""

    @abstractmethod
    def examples(self, rows: Sequence[Row]) -> Any:
        """Return a `datasets.Dataset` with ``input_ids``, ``labels`` and ``length``."""

    @abstractmethod
    def collator(self) -> Any:
        """Return transformers' collator for the examples."""

    @abstractmethod
    def classifier(self, model: Any) -> SequenceClassifier | TokenClassifier:
        """Return the classifier that users hold, around a model."""

    @abstractmethod
    def scores(self, classifier: Any, rows: Sequence[Row]) -> dict[str, Any]:
        """Return the figures of a classifier, as metrics.json holds them; the float ones are shown while training."""

    @abstractmethod
    def score(self, scores: dict[str, Any]) -> float:
        """Return the one that chooses the checkpoint."""


def fit_plain(
    config: SequenceConfig | TokenConfig, task: Callable[[Sequence[str], Any], Plain], *, resume: bool
) -> Path:
    """Train a plain classifier and write it to `config.output`; see `fit_sequence` and `fit_token`.

    Args:
        config: what to learn from, and how.
        task: makes what the task brings, of the labels and the tokenizer.
        resume: go on from the last checkpoint of a run that was interrupted.
    """
    if config.output.exists() and not is_plain(config.output):
        raise ConfigError(f"output: expected a new folder, or one of an earlier run, {config.output} is neither")
    tokenizer = prepare(config)
    splits = read_splits(config)
    train, validation = splits["train"].rows, splits["validation"].rows
    plain = task(sorted({label for row in train for label in labels_of(row)}), tokenizer)
    names, settings = plain.model_settings()
    model = fresh_classifier(config, plain.kind, names, **settings)
    pad = plain.collator()

    def score() -> dict[str, float]:
        with judging(model, config):
            scores = plain.scores(plain.classifier(model), validation)
        figures = {name: value for name, value in scores.items() if isinstance(value, float)}
        return {"score": plain.score(scores), **figures}

    with work_folder(config, resume) as (folder, checkpoint):
        started = perf_counter()
        trainer = make_trainer(
            config,
            score=score,
            model=model,
            args=training_arguments(config, folder, prediction_loss_only=True),
            train_dataset=plain.examples(train),
            eval_dataset=plain.examples(validation),
            data_collator=lambda rows: pad([{k: v for k, v in row.items() if k != "length"} for row in rows]),
            compute_loss_func=loss_of(config),
            callbacks=callbacks(config),
        )
        trainer.train(resume_from_checkpoint=checkpoint)
        seconds = perf_counter() - started
        trainer.accelerator.wait_for_everyone()
        if not is_main_process():
            return config.output
        _write(config, plain, model, splits, training_report(config, trainer, len(train), seconds))
    return config.output


def _write(
    config: SequenceConfig | TokenConfig, plain: Plain, model: Any, splits: Mapping[str, Split], training: Any
) -> None:
    """Write the model's folder, with the figures of what was written: fp16 weights, read in fp32 on the CPU."""
    with new_folder(config.output) as place:
        with quiet_transformers():
            model.cpu().half().save_pretrained(place)
        plain.tokenizer.save_pretrained(place)
        write_plain(place, plain.manifest)
        saved = type(plain.classifier(model)).load(place, torch.device("cpu"), torch.float32)
        validation = plain.scores(saved, splits["validation"].rows)
        report: dict[str, Any] = {"validation": {"file": config.data.validation, **validation}}
        if config.data.tests:
            report["tests"] = {name: plain.scores(saved, splits[name].rows) for name in config.data.tests}
        write_report(place, to_yaml(config), {**report, "training": training})
