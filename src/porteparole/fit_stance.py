"""Training `stance/`: a plain sequence classifier of transformers over (statement, target) pairs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from .bundle import write_report
from .calibrate import calibrate_stance
from .config import StanceConfig, to_yaml
from .fit import (
    loading,
    make_trainer,
    new_folder,
    prepare,
    training_arguments,
    training_report,
    work_folder,
)
from .labels import DEFAULT
from .pretrained import quiet_transformers, training_attention
from .relations import excerpt
from .schema import Document

__all__ = ["fit_stance", "stance_pairs"]


def stance_pairs(documents: Sequence[Document], *, unrelated: float, seed: int) -> list[dict[str, str]]:
    """Return the (text, target, label) pairs that a corpus holds.

    Each annotated stance gives two: to the annotator's own wording of the target, and to the topic's
    canonical target. To these come targets of other documents on other topics, labelled ``neutral``,
    so that the classifier has to read the target.

    Args:
        documents: annotated ones, as `porteparole.data.read_corpus` returns them.
        unrelated: chance of such a pair, per statement.
        seed: of the choice.
    """
    chooser = random.Random(seed)
    everything = [stance for d in documents for s in d.statements for stance in (*s.targets, *s.topics)]
    pairs = []
    for document in documents:
        here = {stance.topic for s in document.statements for stance in s.topics}
        for statement in document.statements:
            text = excerpt(document.text, statement)
            pairs += [
                {"text": text, "target": stance.target, "label": stance.label}
                for stance in (*statement.targets, *statement.topics)
            ]
            if chooser.random() < unrelated:
                other = chooser.choice(everything)
                if other.topic not in here:
                    pairs.append({"text": text, "target": other.target, "label": "neutral"})
    return pairs


def fit_stance(config: StanceConfig, *, resume: bool = False) -> Path:
    """Train a stance classifier and write it into the bundle at `config.output`.

    Args:
        config: what to learn from, and how.
        resume: go on from the last checkpoint of a run that was interrupted.

    Returns:
        The bundle's folder.

    Raises:
        ConfigError: the encoder cannot be loaded.
        DataError: a corpus has faults; all are listed.
        DependencyError: the extra ``train`` is not installed.
    """
    train, validation, tokenizer = prepare(config)
    from transformers import DataCollatorWithPadding, EarlyStoppingCallback

    model = _classifier(config.encoder)
    pad = DataCollatorWithPadding(tokenizer, pad_to_multiple_of=16)
    examples, judged = (_features(documents, tokenizer, config) for documents in (train, validation))
    with work_folder(config, resume) as (folder, checkpoint):
        started = perf_counter()
        trainer = make_trainer(
            config,
            model=model,
            args=training_arguments(config, folder),
            train_dataset=examples,
            eval_dataset=judged,
            data_collator=lambda rows: pad([{k: v for k, v in row.items() if k != "length"} for row in rows]),
            compute_metrics=lambda output: _scores(np.asarray(output.predictions), np.asarray(output.label_ids)),
            callbacks=[EarlyStoppingCallback(config.optim.patience)],
        )
        trainer.train(resume_from_checkpoint=checkpoint)
        seconds = perf_counter() - started
        said = trainer.predict(judged, metric_key_prefix="eval")
        scores = said.metrics
        report = {
            "validation": {
                "file": config.data.validation.name,
                "n": len(judged),
                "accuracy": scores["eval_accuracy"],
                "macro_f1": scores["eval_score"],
                "labels": {label: scores[f"eval_f1_{label}"] for label in DEFAULT.stances},
            },
            "training": training_report(config, trainer, len(examples), seconds),
        }
        with new_folder(config.output / "stance") as place:
            with quiet_transformers():
                model.cpu().half().save_pretrained(place)
            tokenizer.save_pretrained(place)
            report["calibration"] = calibrate_stance(place, said.predictions, said.label_ids)
            write_report(place, to_yaml(config), report)
    return config.output


def _classifier(encoder: str) -> Any:
    """Put a fresh classifier of the stances on a pretrained encoder."""
    from transformers import AutoModelForSequenceClassification

    with loading(encoder), quiet_transformers():  # its report of fresh head weights would only alarm
        return AutoModelForSequenceClassification.from_pretrained(
            encoder,
            dtype="float32",
            num_labels=len(DEFAULT.stances),
            id2label=dict(enumerate(DEFAULT.stances)),
            label2id={label: k for k, label in enumerate(DEFAULT.stances)},
            attention_probs_dropout_prob=0.0,
            attn_implementation=training_attention(),
            use_safetensors=True,
            trust_remote_code=False,
        )


def _features(documents: Sequence[Document], tokenizer: Any, config: StanceConfig) -> Any:
    """Return the pairs of `stance_pairs`, tokenized, as a `datasets.Dataset`."""
    from datasets import Dataset

    pairs = stance_pairs(documents, unrelated=config.unrelated, seed=config.seed)
    tokens = tokenizer(
        [pair["text"] for pair in pairs],
        [pair["target"] for pair in pairs],
        truncation="only_first",
        max_length=config.max_tokens,
    )
    return Dataset.from_dict(
        {
            "input_ids": tokens["input_ids"],
            "attention_mask": tokens["attention_mask"],
            "labels": [DEFAULT.stances.index(pair["label"]) for pair in pairs],
            "length": [len(ids) for ids in tokens["input_ids"]],
        }
    )


def _scores(logits: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Macro-F1 (as ``score``, by which the checkpoint is chosen), accuracy, and F1 by label."""
    from sklearn.metrics import accuracy_score, f1_score

    found = logits.argmax(axis=1)
    by_label = f1_score(truth, found, labels=range(logits.shape[1]), average=None, zero_division=0)
    return {
        "score": float(f1_score(truth, found, average="macro", zero_division=0)),
        "accuracy": float(accuracy_score(truth, found)),
        **{f"f1_{name}": float(value) for name, value in zip(DEFAULT.stances, by_label, strict=True)},
    }
