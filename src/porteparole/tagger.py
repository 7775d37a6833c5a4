"""What users hold: a `Tagger`, loaded from a bundle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache, cached_property
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import overload

import numpy as np
from tokenizers import Tokenizer

from .analyzer import Analyzer, check_text
from .backend import Models, StatementBackend
from .bundle import Bundle, find_bundle
from .decode import FloatArray
from .encode import Encoder
from .engine import Engine
from .errors import BundleError, InputError
from .labels import Labels
from .pairs import StanceClassifier
from .relations import excerpt
from .schema import Document, Stance

__all__ = ["Tagger", "default_tagger", "golden_reading", "load"]

# How far logits may be from those of the day the bundle was written: what rounding explains, and no more.
_TOLERANCE = {"fp32": 0.05, "fp16": 0.2, "bf16": 0.5, "int8": 2.0}


class Tagger:
    """Finds statements and stances in French texts. Made by `load`; safe in threads and forked processes.

    Args:
        bundle: the model folder.
        models: what is in it, opened by a backend.

    Attributes:
        analyzer: what finds the statements; for those who need all that the model says of one.

    Raises:
        BundleError: a file is damaged, or the model does not do what it did when it was saved.
    """

    def __init__(self, bundle: Bundle, models: Models) -> None:
        self._bundle = bundle
        self._models = models
        manifest = bundle.manifest
        encoder = Encoder(
            _load_tokenizer(bundle.statements), budget=manifest.window.tokens, overlap=manifest.window.overlap
        )
        _check_golden(bundle, encoder, models)
        engine = Engine(
            models.statements,
            manifest.decoding,
            pad_token=bundle.pad_token("statements"),
            calibration=manifest.calibration,
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

    def describe(self) -> dict[str, str | int]:
        """Return name and folder, backend, device, dtype and why it was picked, threads: for logs and bug reports."""
        return {
            "model": self._bundle.manifest.name,
            "path": str(self._bundle.path),
            **self._models.running._asdict(),
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
        together = self.analyzer.stream(texts)
        if targets:
            together = (self._with_targets(documents, targets) for documents in together)
        return chain.from_iterable(together)

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
        return self.stances([(text, target)])[0]

    def stances(self, pairs: Iterable[tuple[str, str]]) -> list[Stance]:
        """Return the stance of each (text, target) pair, in order; see `stance`."""
        checked = [(check_text(text), check_text(target, "target")) for text, target in pairs]
        chances = self._stances.classify(checked) if checked else ()
        return [self._verdict(target, row) for (_, target), row in zip(checked, chances, strict=True)]

    def _with_targets(self, documents: Sequence[Document], targets: Sequence[str]) -> list[Document]:
        """Judge the statements of all these documents at once, so that pairs of like length share a batch."""
        pairs = [
            (excerpt(document.text, s), target)
            for document in documents
            for s in document.statements
            for target in targets
        ]
        verdicts = iter(self.stances(pairs))
        return [
            replace(
                document,
                statements=tuple(
                    replace(s, targets=tuple(next(verdicts) for _ in targets)) for s in document.statements
                ),
            )
            for document in documents
        ]

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
        self._bundle.verify("stance")
        return StanceClassifier(
            self._models.open_stances(),
            _load_tokenizer(self._bundle.stance),
            self._bundle.stance_labels(),
            pad_token=self._bundle.pad_token("stance"),
        )


def load(
    name: str | Path | Bundle | None = None,
    *,
    device: str = "auto",
    dtype: str = "auto",
    backend: str = "torch",
    revision: str | None = None,
) -> Tagger:
    """Load a model.

    Args:
        name: a bundle or its folder, or a hub id such as ``user/name``; by default the one that comes with the package.
        device: ``auto`` (CUDA, else MPS, else CPU), ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
        dtype: ``auto`` (bf16 where the device is fast at it, else fp32), ``fp32``, ``bf16``, ``fp16``; with the
            backend ``onnx``: ``auto`` (fp32), ``fp32``, ``int8`` (faster, and less exact: docs/performance.md).
        backend: ``torch``, or ``onnx`` for a bundle that `porteparole export` has added graphs to.
        revision: branch, tag or commit on the hub.

    Raises:
        BundleError: there is no usable bundle, or nothing exported in it.
        DependencyError: the backend's package is not installed.
        InputError: there is no such device, dtype or backend.
    """
    # Each backend imports its own library when it is opened: torch takes seconds.
    if backend == "torch":
        from .torch_backend import open_torch as open_models
    elif backend == "onnx":
        from .onnx_backend import open_onnx as open_models
    else:
        raise InputError(f"backend {backend!r}: expected torch, onnx")
    bundle = find_bundle(name, revision=revision)
    bundle.verify("statements")
    return Tagger(bundle, open_models(bundle, device=device, dtype=dtype))


@cache
def default_tagger() -> Tagger:
    """Return the tagger of the shipped bundle, loaded once."""
    return load()


def _load_tokenizer(folder: Path) -> Tokenizer:
    try:
        return Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # tokenizers raises bare Exception
        raise BundleError(f"{folder / 'tokenizer.json'}: cannot be read, copy it again: {error}") from None


def _check_golden(bundle: Bundle, encoder: Encoder, models: Models) -> None:
    """Compare tokenizer and model with what they did when the bundle was written.

    Releases of transformers have changed CamemBERT's tokenizer and weights without an error before.
    """
    golden = bundle.manifest.golden
    tokens, logits = golden_reading(golden.text, encoder, models.statements)
    if tuple(tokens) != golden.tokens:
        raise BundleError(
            f"{bundle.path}: the tokenizer cuts the golden sentence otherwise than when the bundle "
            f"was written ({_versions()}); use another release of tokenizers, or copy the folder again"
        )
    worst = float(np.abs(np.array(logits) - np.array(golden.cue_logits)).max())
    if not worst < _TOLERANCE[models.running.dtype]:
        raise BundleError(
            f"{bundle.path}: the model's logits on the golden sentence are off by {worst:.2g} ({_versions()}); "
            "use another release of transformers, or copy (and export) the folder again"
        )


def _versions() -> str:
    return ", ".join(f"{name} {version(name)}" for name in ("transformers", "tokenizers", "torch"))


def golden_reading(text: str, encoder: Encoder, backend: StatementBackend) -> tuple[list[int], list[list[float]]]:
    """Return the token ids and the cue logits of a sentence.

    Returns:
        Token ids. Shape: (tokens,). Cue logits. Shape: (words, 3).
    """
    (window,) = encoder.windows([text])
    tokens = window.tokens[None]
    _, logits = backend.read(tokens, np.ones_like(tokens), window.first[None])
    return window.tokens.tolist(), [[round(value, 4) for value in row] for row in logits[0].tolist()]
