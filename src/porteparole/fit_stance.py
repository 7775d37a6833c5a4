"""Training `stance/`: a plain sequence classifier of transformers over (statement, target) pairs."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from .bundle import drop_exports, is_bundle, seal, write_report
from .calibrate import calibrate_stance
from .config import StanceConfig, to_yaml
from .files import new_folder
from .fit import fresh_classifier, loss_of, prepare, read_corpora, work_folder
from .pretrained import quiet_transformers
from .relations import excerpt
from .rewordings import affirm, flip, negate
from .schema import Document, Stance
from .trainer import callbacks, is_main_process, make_trainer, training_arguments, training_report

__all__ = ["fit_stance", "stance_pairs"]


def stance_pairs(documents: Sequence[Document], config: StanceConfig) -> list[dict[str, str]]:
    """Return the (text, target, label) pairs to learn from.

    Each annotated stance gives two: to the annotator's own wording of the target, and to the topic's
    canonical target. A share of these targets is negated, which turns the stance round, or affirmed in
    other words, which does not. To these come targets of other documents on other topics, labelled
    ``neutral``. So the classifier has to read the target.

    Args:
        documents: annotated ones, as `porteparole.data.read_corpus` returns them.
        config: the shares, and the seed of all choices.
    """
    chooser = random.Random(config.seed)
    everything = [stance for d in documents for s in d.statements for stance in (*s.targets, *s.topics)]
    pairs = []
    for document in documents:
        here = {stance.topic for s in document.statements for stance in s.topics}
        for statement in document.statements:
            text = excerpt(document.text, statement)
            pairs += [
                {"text": text, **_reworded(stance, config, chooser)}
                for stance in (*statement.targets, *statement.topics)
            ]
            if chooser.random() < config.unrelated:
                other = chooser.choice(everything)
                if other.topic not in here:
                    pairs.append({"text": text, **_reworded(other, config, chooser), "label": "neutral"})
    return pairs


def _shares(config: StanceConfig, *, negated: float) -> StanceConfig:
    """The config with another share of negated targets, and none affirmed."""
    return config.model_copy(update={"negated": negated, "affirmed": 0.0})


def _reworded(stance: Stance, config: StanceConfig, chooser: random.Random) -> dict[str, str]:
    """Return target and label, a share of them negated or affirmed."""
    dice = chooser.random()
    flipped = flip(stance.label)
    if dice < config.negated and flipped in config.labels.stances:
        return {"target": negate(stance.target, chooser), "label": flipped}
    if config.negated <= dice < config.negated + config.affirmed:
        return {"target": affirm(stance.target, chooser), "label": stance.label}
    return {"target": stance.target, "label": stance.label}


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
    tokenizer = prepare(config)
    train, validation = read_corpora(config)
    from transformers import DataCollatorWithPadding

    stances = config.labels.stances
    model = fresh_classifier(config, "SequenceClassification", stances)
    pad = DataCollatorWithPadding(tokenizer, pad_to_multiple_of=16)
    examples = _features(stance_pairs(train, config), tokenizer, config)
    judged = _features(stance_pairs(validation, _shares(config, negated=0.0)), tokenizer, config)
    turned = _features(stance_pairs(validation, _shares(config, negated=1.0)), tokenizer, config)
    with work_folder(config, resume) as (folder, checkpoint):
        started = perf_counter()
        trainer = make_trainer(
            config,
            model=model,
            args=training_arguments(config, folder),
            train_dataset=examples,
            eval_dataset=judged,
            data_collator=lambda rows: pad([{k: v for k, v in row.items() if k != "length"} for row in rows]),
            compute_loss_func=loss_of(config),
            compute_metrics=lambda output: _scores(output.predictions, output.label_ids, stances),
            callbacks=callbacks(config),
        )
        trainer.train(resume_from_checkpoint=checkpoint)
        seconds = perf_counter() - started
        said = trainer.predict(judged, metric_key_prefix="eval")
        scores, opposite = said.metrics, trainer.evaluate(turned)
        trainer.accelerator.wait_for_everyone()
        if not is_main_process():
            return config.output
        report = {
            "validation": {"file": config.data.validation.name, **_table(scores, len(judged), stances)},
            "validation, targets negated": _table(opposite, len(turned), stances),
            "training": training_report(config, trainer, len(examples), seconds),
        }
        _write(config, model, tokenizer, report, said)
    return config.output


def _write(config: StanceConfig, model: Any, tokenizer: Any, report: Mapping[str, Any], said: Any) -> None:
    """Write stance/; `said` is what the model says of the validation pairs, to calibrate it by."""
    with new_folder(config.output / "stance") as place:
        with quiet_transformers():
            model.cpu().half().save_pretrained(place)
        tokenizer.save_pretrained(place)
        calibration = calibrate_stance(place, said.predictions, said.label_ids)
        write_report(place, to_yaml(config), {**report, "calibration": calibration})
    drop_exports(config.output)
    if is_bundle(config.output):
        seal(config.output)


def _features(pairs: Sequence[dict[str, str]], tokenizer: Any, config: StanceConfig) -> Any:
    """Return the pairs of `stance_pairs`, tokenized, as a `datasets.Dataset`."""
    from datasets import Dataset

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
            "labels": [config.labels.stances.index(pair["label"]) for pair in pairs],
            "length": [len(ids) for ids in tokens["input_ids"]],
        }
    )


def _table(scores: dict[str, float], n: int, stances: Sequence[str]) -> dict[str, Any]:
    """Return what metrics.json says of an evaluation."""
    return {
        "n": n,
        "accuracy": scores["eval_accuracy"],
        "macro_f1": scores["eval_score"],
        "labels": {label: scores[f"eval_f1_{label}"] for label in stances},
    }


def _scores(logits: Any, truth: Any, stances: Sequence[str]) -> dict[str, float]:
    """Macro-F1 (as ``score``, by which the checkpoint is chosen), accuracy, and F1 by label."""
    from sklearn.metrics import accuracy_score, f1_score

    found = np.asarray(logits).argmax(axis=1)
    by_label = f1_score(truth, found, labels=range(len(stances)), average=None, zero_division=0)
    return {
        "score": float(f1_score(truth, found, average="macro", zero_division=0)),
        "accuracy": float(accuracy_score(truth, found)),
        **{f"f1_{name}": float(value) for name, value in zip(stances, by_label, strict=True)},
    }
