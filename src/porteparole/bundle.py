"""The model folder: the only module that knows what lies where in it.

porteparole.json      format, labels, windows, decoding, golden check
README.md             the model card
statements/           config.json, model.safetensors (a plain encoder), heads.safetensors, tokenizer.json,
                      training.yaml, metrics.json
stance/               optional: a plain sequence classifier of transformers, training.yaml, metrics.json
onnx/                 optional: the graphs words, heads and stance, each in fp32 and int8, by `porteparole export`
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .config import DecodingConfig, HeadsConfig, WindowConfig
from .errors import BundleError, DataError
from .files import read_text, write_atomically
from .labels import Labels

__all__ = [
    "FORMAT",
    "MANIFEST",
    "ONNX",
    "Bundle",
    "Golden",
    "Manifest",
    "drop_exports",
    "find_bundle",
    "find_folder",
    "is_bundle",
    "shipped_bundle",
    "write_manifest",
    "write_report",
]

FORMAT = 1
MANIFEST = "porteparole.json"
CARD = "README.md"
ONNX = "onnx"
_STATEMENT_FILES = ("config.json", "model.safetensors", "heads.safetensors", "tokenizer.json")
_STANCE_FILES = ("config.json", "model.safetensors", "tokenizer.json")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LabelInventory(_Strict):
    """JSON form of `Labels`."""

    acts: tuple[str, ...] = Field(min_length=1)
    topics: dict[str, str] = Field(min_length=1)
    stances: tuple[str, ...] = Field(min_length=1)


class Golden(_Strict):
    """A sentence, and what tokenizer and model made of it when the bundle was written.

    Attributes:
        text: the sentence.
        tokens: its token ids, special ones included.
        cue_logits: of its words, one row of three a word.
    """

    text: str
    tokens: tuple[int, ...]
    cue_logits: tuple[tuple[float, ...], ...]


class Manifest(_Strict):
    """The content of porteparole.json."""

    format: int
    name: str
    labels: LabelInventory
    window: WindowConfig
    heads: HeadsConfig
    decoding: DecodingConfig
    golden: Golden


@dataclass(frozen=True)
class Bundle:
    """A model folder that was found complete."""

    path: Path
    manifest: Manifest

    @classmethod
    def read(cls, path: str | Path) -> Bundle:
        """Check a folder and read its manifest; no weights are loaded.

        Raises:
            BundleError: it is no bundle, of another format, or a file is missing.
        """
        folder = Path(path)
        if not folder.is_dir():
            raise BundleError(f"{folder}: no such folder; expected a bundle written by `porteparole train`")
        if not (folder / MANIFEST).is_file():
            raise BundleError(f"{folder}: no {MANIFEST} in it; expected a bundle written by `porteparole train`")
        try:
            tree = json.loads(read_text(folder / MANIFEST))
            if isinstance(tree, dict) and "task" in tree:
                raise BundleError(
                    f"{folder}: expected a bundle that finds statements, it holds a plain {tree['task']} classifier; "
                    "open it with porteparole.load, or `porteparole predict --model`"
                )
            found = tree.get("format") if isinstance(tree, dict) else None
            if found != FORMAT:
                raise BundleError(
                    f"{folder / MANIFEST}: format {found!r}, this version of porteparole reads {FORMAT}; "
                    "install the version that wrote it, or train it again"
                )
            manifest = Manifest.model_validate(tree)
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(map(str, fault["loc"]))
            raise BundleError(f"{folder / MANIFEST}: {where}: {fault['msg']}; the file was damaged or edited") from None
        except (ValueError, DataError) as error:
            raise BundleError(f"{folder / MANIFEST}: expected JSON: {error}") from None
        bundle = cls(folder, manifest)
        bundle._require("statements", _STATEMENT_FILES)
        if bundle.has_stance:
            bundle._require("stance", _STANCE_FILES)
        return bundle

    def _require(self, part: str, names: tuple[str, ...]) -> None:
        missing = [f"{part}/{name}" for name in names if not (self.path / part / name).is_file()]
        if missing:
            raise BundleError(
                f"{self.path}: {', '.join(missing)} missing; copy the whole folder again, or train it again"
            )

    @property
    def statements(self) -> Path:
        """Folder of the statement model."""
        return self.path / "statements"

    @property
    def stance(self) -> Path:
        """Folder of the stance classifier, there only if `has_stance`."""
        return self.path / "stance"

    @property
    def has_stance(self) -> bool:
        """Whether the bundle can judge stances to targets in the caller's own words."""
        return self.stance.is_dir()

    @cached_property
    def labels(self) -> Labels:
        """The inventories that the models speak."""
        return Labels.from_dict(self.manifest.labels.model_dump())

    def pad_token(self, part: str) -> int:
        """Return the padding token of the model in ``statements`` or ``stance``."""
        return int(self._settings(part)["pad_token_id"])

    def stance_labels(self) -> tuple[str, ...]:
        """Return what the stance classifier's logits stand for, in their order."""
        names = self._settings("stance")["id2label"]
        return tuple(names[str(k)] for k in range(len(names)))

    def _settings(self, part: str) -> dict[str, Any]:
        """The config.json of a model, as transformers writes it."""
        file = self.path / part / "config.json"
        try:
            settings: dict[str, Any] = json.loads(read_text(file))
            settings["pad_token_id"]
        except (ValueError, KeyError, TypeError) as error:
            raise BundleError(f"{file}: expected the config that transformers saves, got none: {error}") from None
        return settings

    def graph(self, name: str, dtype: str) -> Path:
        """Return where the ONNX graph ``words``, ``heads`` or ``stance`` lies, exported or not yet."""
        return self.path / ONNX / f"{name}-{dtype}.onnx"

    def metrics(self) -> dict[str, Any]:
        """Return the metrics.json of each model, by the model's name; those without one are left out."""
        files = {part: self.path / part / "metrics.json" for part in ("statements", "stance")}
        return {part: json.loads(read_text(file)) for part, file in files.items() if file.is_file()}

    def digest(self) -> str:
        """Return the SHA-256 of all that decides what the models say: manifest, weights, configs, tokenizers."""
        parts = [("statements", _STATEMENT_FILES), *([("stance", _STANCE_FILES)] if self.has_stance else [])]
        files = [self.path / MANIFEST, *(self.path / part / name for part, names in parts for name in names)]
        whole = sha256()
        for file in files:
            whole.update(file.stat().st_size.to_bytes(8, "big"))  # so that no byte can move from file to file
            with file.open("rb") as content:
                while piece := content.read(1 << 20):
                    whole.update(piece)
        return whole.hexdigest()

    def write_card(self, card: str) -> None:
        """Put the model card into the folder."""
        write_atomically(self.path / CARD, card)


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write the manifest of a bundle; the models' folders must be there already."""
    write_atomically(path / MANIFEST, manifest.model_dump_json(indent=1) + "\n")


def write_report(folder: Path, training: str, metrics: Mapping[str, Any]) -> None:
    """Put the resolved config and the metrics beside a model's weights."""
    write_atomically(folder / "training.yaml", training)
    write_atomically(folder / "metrics.json", json.dumps(metrics, ensure_ascii=False, indent=1) + "\n")


def drop_exports(path: Path) -> None:
    """Take away the exported graphs of a bundle whose weights have changed."""
    shutil.rmtree(path / ONNX, ignore_errors=True)


def is_bundle(path: Path) -> bool:
    """Whether a folder holds a statement model with its manifest (not just a stance classifier, or a plain one)."""
    return (path / MANIFEST).is_file() and (path / "statements").is_dir()


def shipped_bundle() -> Path:
    """Return the folder of the bundle that comes with the package."""
    return Path(__file__).with_name("shipped")


def find_folder(name: str | Path | None = None, *, revision: str | None = None) -> Path:
    """Return the folder of a model: itself, or what the hub holds under an id such as ``user/name``.

    The hub is asked only for a name that is no folder and looks like an id.

    Args:
        name: folder or hub id; by default the shipped bundle.
        revision: branch, tag or commit on the hub.

    Raises:
        BundleError: the hub gave nothing.
    """
    if name is None:
        return shipped_bundle()
    if Path(name).is_dir() or not re.fullmatch(r"[\w.-]+/[\w.-]+", str(name)):
        return Path(name)
    from huggingface_hub import snapshot_download

    patterns = [MANIFEST, CARD, "*.json", "*.safetensors", "*/training.yaml"]
    try:
        return Path(snapshot_download(str(name), revision=revision, allow_patterns=patterns))
    except (OSError, ValueError) as error:  # huggingface_hub's errors are of these kinds
        reason = str(error).strip().splitlines()[0]
        raise BundleError(f"{name}: no such folder here, and the hub gave nothing under this id: {reason}") from None


def find_bundle(name: str | Path | None = None, *, revision: str | None = None) -> Bundle:
    """Return the bundle at a folder, or at a hub id; see `find_folder`.

    Raises:
        BundleError: nothing usable there.
    """
    return Bundle.read(find_folder(name, revision=revision))
