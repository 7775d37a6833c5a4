"""What users hold: a `Tagger`, loaded from a bundle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import overload

import numpy as np
import torch
from tokenizers import Tokenizer

from .analyzer import Analyzer, check_text
from .bundle import Bundle, find_bundle
from .decode import FloatArray
from .device import pick_device, pick_dtype
from .encode import Encoder
from .engine import Engine
from .errors import BundleError, InputError
from .labels import Labels
from .model import StatementModel
from .pairs import StanceClassifier
from .relations import excerpt
from .schema import Document, Stance

__all__ = ["Tagger", "default_tagger", "load"]


class Tagger:
    """Finds statements and stances in French texts. Made by `load`; safe to call from several threads.

    Args:
        bundle: the model folder.
        device: where to compute.
        dtype: in which precision.

    Attributes:
        analyzer: what finds the statements; for those who need all that the model says of one.

    Raises:
        BundleError: a file is damaged, or the model does not do what it did when it was saved.
    """

    def __init__(self, bundle: Bundle, device: torch.device, dtype: torch.dtype) -> None:
        self._bundle = bundle
        self._device = device
        self._dtype = dtype
        manifest = bundle.manifest
        model = _load_statements(bundle)
        tokenizer = _load_tokenizer(bundle.statements)
        encoder = Encoder(tokenizer, budget=manifest.window.tokens, overlap=manifest.window.overlap)
        pad_token: int = model.encoder.config.pad_token_id  # type: ignore[union-attr, assignment]
        _check_golden(bundle, encoder, model)
        engine = Engine(
            model.to(device, dtype), manifest.decoding, pad_token=pad_token, calibration=manifest.calibration
        )
        self.analyzer = Analyzer(
            encoder,
            engine,
            bundle.labels,
            topic_threshold=manifest.decoding.topic_threshold,
            topic_thresholds=manifest.calibration.topic_thresholds,
        )

    @property
    def labels(self) -> Labels:
        """The acts, topics with their canonical targets, and stances that the model knows."""
        return self._bundle.labels

    def describe(self) -> dict[str, str]:
        """Return name, folder, device and dtype, for logs and bug reports."""
        return {
            "model": self._bundle.manifest.name,
            "path": str(self._bundle.path),
            "device": str(self._device),
            "dtype": str(self._dtype).removeprefix("torch."),
        }

    @overload  # a str is itself an Iterable[str]
    def predict(  # type: ignore[overload-overlap]
        self, texts: str, *, targets: Sequence[str] = ()
    ) -> Document: ...
    @overload
    def predict(self, texts: Iterable[str], *, targets: Sequence[str] = ()) -> list[Document]: ...
    def predict(self, texts: str | Iterable[str], *, targets: Sequence[str] = ()) -> Document | list[Document]:
        """Return the document of one text, or the documents of many.

        Args:
            texts: a text, or any iterable of texts.
            targets: French noun phrases; each statement gets its stance to each of them.

        Raises:
            InputError: a text is not a string or holds a lone surrogate; a target is empty.
            BundleError: `targets` are given, but the bundle has no stance classifier.
        """
        if isinstance(texts, str):
            return next(self.stream([texts], targets=targets))
        if not isinstance(texts, Iterable) or isinstance(texts, bytes):
            check_text(texts)
        return list(self.stream(texts, targets=targets))

    def stream(self, texts: Iterable[str], *, targets: Sequence[str] = ()) -> Iterator[Document]:
        """Yield the document of each text, in order, in bounded memory; see `predict`."""
        if isinstance(texts, str):
            raise InputError("stream: expected an iterable of texts, got one string; use predict(text)")
        if isinstance(targets, str):
            raise InputError(f"targets: expected a list of targets, got one string; use targets=[{targets!r}]")
        targets = [check_text(target, f"target {k}") for k, target in enumerate(targets)]
        documents = self.analyzer.stream(texts)
        return self._with_targets(documents, targets) if targets else documents

    def push_to_hub(self, repo_id: str, *, private: bool = False, message: str = "Add a porteparole bundle") -> str:
        """Upload the model's bundle to the Hugging Face hub; see `porteparole.bundle.Bundle.push_to_hub`."""
        return self._bundle.push_to_hub(repo_id, private=private, message=message)

    def classify(self, pairs: Sequence[tuple[str, str]]) -> FloatArray:
        """Return the probability of each stance for each (text, target) pair.

        Returns:
            Shape: (pairs, stances), in the order of ``labels.stances``.

        Raises:
            InputError, BundleError: see `stance`.
        """
        order = [self._stances.labels.index(label) for label in self.labels.stances]
        return self._stances.classify(pairs)[:, order]

    def stance(self, text: str, target: str) -> Stance:
        """Return the stance of a text to a target, both in plain French.

        Raises:
            InputError: `text` or `target` is no text, or the target is empty or longer than a phrase.
            BundleError: the bundle has no stance classifier.
        """
        chances = self._stances.classify([(check_text(text), check_text(target, "target"))])
        return self._verdict(target, chances[0])

    def _with_targets(self, documents: Iterable[Document], targets: Sequence[str]) -> Iterator[Document]:
        for document in documents:
            pairs = [(excerpt(document.text, s), target) for s in document.statements for target in targets]
            verdicts = iter(self._stances.classify(pairs) if pairs else ())
            statements = tuple(
                replace(s, targets=tuple(self._verdict(target, next(verdicts)) for target in targets))
                for s in document.statements
            )
            yield replace(document, statements=statements)

    def _verdict(self, target: str, chances: np.ndarray) -> Stance:
        best = int(chances.argmax())
        return Stance(topic=None, target=target, label=self._stances.labels[best], score=float(chances[best]))

    @cached_property
    def _stances(self) -> StanceClassifier:
        """Loaded when first needed."""
        if not self._bundle.has_stance:
            raise BundleError(
                f"{self._bundle.path}: no stance/ in it, so it cannot judge targets of your own; "
                "train one with `porteparole train configs/stance.yaml`"
            )
        return StanceClassifier.load(self._bundle.stance, self._device, self._dtype)


def load(
    name: str | Path | Bundle | None = None, *, device: str = "auto", dtype: str = "auto", revision: str | None = None
) -> Tagger:
    """Load a model.

    Args:
        name: a bundle or its folder, or a hub id such as ``user/name``; by default the one that comes with the package.
        device: ``auto`` (CUDA, else MPS, else CPU), ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
        dtype: ``auto`` (bf16 where the device is fast at it, else fp32), ``fp32``, ``bf16``, ``fp16``.
        revision: branch, tag or commit on the hub.

    Raises:
        BundleError: there is no usable bundle.
        InputError: there is no such device or dtype.
    """
    picked = pick_device(device)
    return Tagger(find_bundle(name, revision=revision), picked, pick_dtype(dtype, picked))


@cache
def default_tagger() -> Tagger:
    """Return the tagger of the shipped bundle, loaded once."""
    return load()


def _load_statements(bundle: Bundle) -> StatementModel:
    try:
        return StatementModel.load(bundle.statements, bundle.labels, bundle.manifest.heads)
    except BundleError:
        raise
    except Exception as error:  # transformers raises bare exceptions of many kinds
        raise BundleError(f"{bundle.statements}: cannot be loaded, copy it again: {error}") from None


def _load_tokenizer(folder: Path) -> Tokenizer:
    try:
        return Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # tokenizers raises bare Exception
        raise BundleError(f"{folder / 'tokenizer.json'}: cannot be read, copy it again: {error}") from None


def _check_golden(bundle: Bundle, encoder: Encoder, model: StatementModel) -> None:
    """Compare tokenizer and model with what they did when the bundle was written.

    Releases of transformers have changed CamemBERT's tokenizer and weights without an error before.
    """
    import tokenizers
    import transformers

    golden = bundle.manifest.golden
    tokens, logits = golden_reading(golden.text, encoder, model)
    versions = (
        f"transformers {transformers.__version__}, tokenizers {tokenizers.__version__}, torch {torch.__version__}"
    )
    if tuple(tokens) != golden.tokens:
        raise BundleError(
            f"{bundle.path}: the tokenizer cuts the golden sentence otherwise than when the bundle "
            f"was written ({versions}); use another release of tokenizers, or copy the folder again"
        )
    worst = float(np.abs(np.array(logits) - np.array(golden.cue_logits)).max())
    if not worst < 0.05:
        raise BundleError(
            f"{bundle.path}: the model's logits on the golden sentence are off by {worst:.2g} ({versions}); "
            "use another release of transformers, or copy the folder again"
        )


def golden_reading(text: str, encoder: Encoder, model: StatementModel) -> tuple[list[int], list[list[float]]]:
    """Return the token ids and the cue logits of a sentence, in fp32 on the CPU.

    Returns:
        Token ids. Shape: (tokens,). Cue logits. Shape: (words, 3).
    """
    (window,) = encoder.windows([text])
    ids = torch.from_numpy(window.tokens)[None]
    with torch.inference_mode():
        words = model.read(ids, torch.ones_like(ids), torch.from_numpy(window.first)[None])
        logits = model.heads.cues(words)[0]
    return window.tokens.tolist(), [[round(value, 4) for value in row] for row in logits.tolist()]
