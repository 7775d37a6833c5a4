"""Training `statements/`, around transformers' `Trainer`.

The Trainer runs the steps; after each epoch the validation set is scored with the same `Analyzer` that
users call, and the Trainer keeps the best checkpoint by that score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import Any

import torch

from .analyzer import Analyzer
from .bundle import FORMAT, Golden, LabelInventory, Manifest, drop_exports, write_manifest, write_report
from .calibrate import calibrate_statements
from .config import DecodingConfig, StatementsConfig, to_yaml
from .encode import Encoder
from .engine import Engine
from .evaluate import evaluate
from .features import StatementCollator, statement_examples
from .files import new_folder
from .fit import loading, prepare, read_corpora, work_folder
from .metrics import headline, score
from .model import StatementModel
from .pretrained import spare_memory
from .schema import Document
from .tagger import golden_reading, load
from .torch_backend import TorchStatements
from .trainer import callbacks, is_main_process, judging, make_trainer, training_arguments, training_report

__all__ = ["fit_statements"]

GOLDEN_TEXT = (
    "« Nous n’accepterons aucune ingérence », a répété jeudi la cheffe de la diplomatie estonienne devant la presse, "
    "avant d'appeler ses voisins à la retenue."
)


def fit_statements(config: StatementsConfig, *, resume: bool = False) -> Path:
    """Train a statement model and write it into the bundle at `config.output`.

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
    from datasets import Dataset

    labels = config.labels.inventory
    model = _fresh(config)
    encoder = Encoder(tokenizer.backend_tokenizer, budget=config.window.tokens, overlap=config.window.overlap)
    judge = _Judge(encoder, model, validation, config, tokenizer.pad_token_id)
    with work_folder(config, resume) as (folder, checkpoint):
        started = perf_counter()
        trainer = make_trainer(
            config,
            model=model,
            args=training_arguments(config, folder, label_names=["cue_tags"], prediction_loss_only=True),
            train_dataset=Dataset.from_list(list(statement_examples(train, encoder, labels))),
            eval_dataset=Dataset.from_list(list(statement_examples(validation, encoder, labels))),
            data_collator=StatementCollator(labels, tokenizer.pad_token_id),
            optimizers=(_optimizer(model, config), None),
            score=judge.figures,
            callbacks=callbacks(config),
        )
        trainer.train(resume_from_checkpoint=checkpoint)
        seconds = perf_counter() - started
        trainer.accelerator.wait_for_everyone()  # all have loaded the best checkpoint, which is dropped at the end
        if not is_main_process():
            return config.output
        decoding = judge.tune() if config.tune_topic_threshold else config.decoding
        _save(config, decoding, encoder, model, tokenizer)
        calibration = calibrate_statements(config.output, validation)
        # The figures are those of the bundle as it was written: fp16 weights, read in fp32 on the CPU.
        scores = evaluate(load(config.output, device="cpu", dtype="fp32"), validation)
        report = {
            "validation": {"file": config.data.validation.name, **scores},
            "calibration": calibration,
            "training": training_report(config, trainer, len(train), seconds),
        }
        write_report(config.output / "statements", to_yaml(config), report)
    return config.output


def _fresh(config: StatementsConfig) -> StatementModel:
    """Put fresh heads on the config's encoder."""
    with loading(config.encoder):
        model = StatementModel.from_encoder(config.encoder, config.labels.inventory, config.heads, config.loss)
        if config.optim.gradient_checkpointing:
            spare_memory(model.encoder)
    return model


class _Judge:
    """Scores the model on the validation set, as it stands."""

    def __init__(
        self, encoder: Encoder, model: StatementModel, documents: Sequence[Document], config: StatementsConfig, pad: int
    ) -> None:
        self._encoder = encoder
        self._model = model
        self._documents = documents
        self._decoding = config.decoding
        self._config = config
        self._pad = pad

    def figures(self) -> dict[str, float]:
        """Return the headline figures, and ``score``, their mean."""
        found = headline(score(self._predict(self._decoding), self._documents))
        return {"score": sum(found.values()) / len(found), **found}

    def _predict(self, decoding: DecodingConfig) -> list[Document]:
        analyzer = Analyzer(
            self._encoder,
            Engine(TorchStatements(self._model), decoding, pad_token=self._pad),
            self._config.labels.inventory,
            topic_threshold=decoding.topic_threshold,
        )
        with judging(self._model, self._config):
            return list(chain.from_iterable(analyzer.stream(document.text for document in self._documents)))

    def tune(self) -> DecodingConfig:
        """Return the decoding config with the topic threshold of the best sum of topic F1, without and with stance."""
        tries = (0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
        # A threshold only drops topics, so one reading at the lowest serves for all.
        found = self._predict(self._decoding.model_copy(update={"topic_threshold": min(tries)}))

        def gain(threshold: float) -> float:
            figures = headline(score([_above(document, threshold) for document in found], self._documents))
            return figures["topic"] + figures["topic_stance"]

        return self._decoding.model_copy(update={"topic_threshold": max(tries, key=gain)})


def _above(document: Document, threshold: float) -> Document:
    """The document without the topics below a threshold."""
    statements = tuple(
        replace(s, topics=tuple(topic for topic in s.topics if topic.topic_score >= threshold))
        for s in document.statements
    )
    return replace(document, statements=statements)


def _optimizer(model: StatementModel, config: StatementsConfig) -> torch.optim.Optimizer:
    """AdamW with a learning rate for what is pretrained and one for the fresh heads; norms and biases do not decay."""
    optim = config.optim
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        pretrained = name.startswith(("encoder.", "heads.reader."))
        rate = optim.learning_rate if pretrained else optim.head_learning_rate
        decay = 0.0 if parameter.ndim < 2 else optim.weight_decay
        groups.setdefault((rate, decay), []).append(parameter)
    return torch.optim.AdamW(
        [{"params": part, "lr": rate, "weight_decay": decay} for (rate, decay), part in groups.items()], fused=True
    )


def _save(
    config: StatementsConfig, decoding: DecodingConfig, encoder: Encoder, model: StatementModel, tokenizer: Any
) -> None:
    """Write statements/ beside its place, then put it there; the manifest's golden check is of the saved weights."""
    with new_folder(config.output / "statements") as folder:
        model.cpu().save(folder)
        tokenizer.save_pretrained(folder)
        saved = StatementModel.load(folder, model.labels, config.heads)
        tokens, logits = golden_reading(GOLDEN_TEXT, encoder, TorchStatements(saved))
    drop_exports(config.output)
    golden = Golden(text=GOLDEN_TEXT, tokens=tuple(tokens), cue_logits=tuple(map(tuple, logits)))
    write_manifest(
        config.output,
        Manifest(
            format=FORMAT,
            name=config.output.name,
            labels=LabelInventory(**model.labels.to_dict()),
            window=config.window,
            heads=config.heads,
            decoding=decoding,
            golden=golden,
        ),
    )
