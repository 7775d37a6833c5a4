"""The model folder: the only module that knows what lies where in it.

porteparole.json      format, labels, windows, decoding, calibration, golden check
README.md             the model card
statements/           config.json, model.safetensors (a plain encoder), heads.safetensors, tokenizer.json,
                      training.yaml, metrics.json; for the card, optional: about.md (prose on data and limits),
                      test.json (of `porteparole evaluate -o`), ablation.json, errors.json
stance/               optional: a plain sequence classifier of transformers, training.yaml, metrics.json
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from safetensors import safe_open

from .errors import BundleError, DataError
from .files import read_text, write_atomically
from .labels import Labels
from .manifest import FORMAT, Golden, LabelInventory, Manifest

__all__ = [
    "FORMAT",
    "Bundle",
    "Golden",
    "LabelInventory",
    "Manifest",
    "find_bundle",
    "is_bundle",
    "shipped_bundle",
    "write_manifest",
    "write_metrics",
    "write_report",
]

MANIFEST = "porteparole.json"
CARD = "README.md"
# What is sent to the hub and fetched from it: never code, never a pickle.
_SHARED = (MANIFEST, CARD, "*/*.json", "*/*.safetensors", "*/training.yaml", "*/about.md")
_STATEMENT_FILES = ("config.json", "model.safetensors", "heads.safetensors", "tokenizer.json")
_STANCE_FILES = ("config.json", "model.safetensors", "tokenizer.json")


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

    def metrics(self) -> dict[str, Any]:
        """Return the metrics.json of each model, by the model's name; those without one are left out."""
        files = {part: self.path / part / "metrics.json" for part in ("statements", "stance")}
        return {part: json.loads(read_text(file)) for part, file in files.items() if file.is_file()}

    def training(self, part: str) -> dict[str, Any]:
        """Return the training.yaml of ``statements`` or ``stance``; empty where there is none."""
        file = self.path / part / "training.yaml"
        return dict(yaml.safe_load(read_text(file))) if file.is_file() else {}

    def parameters(self, part: str) -> int:
        """Return how many numbers the weights of ``statements`` or ``stance`` hold."""
        total = 0
        for file in (self.path / part).glob("*.safetensors"):
            with safe_open(file, framework="numpy") as weights:
                total += sum(math.prod(weights.get_slice(name).get_shape()) for name in weights.keys())  # noqa: SIM118
        return total

    def about(self) -> str:
        """Return the prose of statements/about.md for the card; empty where there is none."""
        file = self.statements / "about.md"
        return read_text(file) if file.is_file() else ""

    def notes(self) -> dict[str, Any]:
        """Return what the card tells beside the metrics: of ``test``, ``ablation``, ``errors`` those that are there."""
        files = {name: self.statements / f"{name}.json" for name in ("test", "ablation", "errors")}
        return {name: json.loads(read_text(file)) for name, file in files.items() if file.is_file()}

    def push_to_hub(self, repo_id: str, *, private: bool = False, message: str = "Add a porteparole bundle") -> str:
        """Upload the bundle to the Hugging Face hub, where `porteparole.load` finds it under the same id.

        Only what a bundle consists of is sent: JSON, YAML, Markdown, safetensors. The token is that of
        ``hf auth login`` or the variable HF_TOKEN.

        Args:
            repo_id: such as ``user/name``; made if there is none.
            private: whether a repository that is made is private.
            message: of the commit.

        Returns:
            The commit's address.

        Raises:
            BundleError: the hub refused.
        """
        from huggingface_hub import HfApi

        api = HfApi()
        try:
            api.create_repo(repo_id, private=private, exist_ok=True)
            commit = api.upload_folder(
                repo_id=repo_id, folder_path=self.path, allow_patterns=list(_SHARED), commit_message=message
            )
        except (OSError, ValueError) as error:  # huggingface_hub's errors are of these kinds
            reason = str(error).strip().splitlines()[0]
            raise BundleError(f"{repo_id}: the hub took no upload of {self.path}: {reason}") from None
        return str(commit.commit_url)

    def write_card(self, card: str) -> None:
        """Put the model card into the folder."""
        write_atomically(self.path / CARD, card)


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write the manifest of a bundle; the models' folders must be there already."""
    write_atomically(path / MANIFEST, manifest.model_dump_json(indent=1) + "\n")


def write_report(folder: Path, training: str, metrics: Mapping[str, Any]) -> None:
    """Put the resolved config and the metrics beside a model's weights."""
    write_atomically(folder / "training.yaml", training)
    write_metrics(folder, metrics)


def write_metrics(folder: Path, metrics: Mapping[str, Any]) -> None:
    """Put the metrics beside a model's weights."""
    write_atomically(folder / "metrics.json", json.dumps(metrics, ensure_ascii=False, indent=1) + "\n")


def is_bundle(path: Path) -> bool:
    """Whether a folder holds a statement model with its manifest (and not just a stance classifier so far)."""
    return (path / MANIFEST).is_file()


def shipped_bundle() -> Path:
    """Return the folder of the bundle that comes with the package."""
    return Path(__file__).with_name("shipped")


def find_bundle(name: str | Path | Bundle | None = None, *, revision: str | None = None) -> Bundle:
    """Return the bundle at a folder, or at a hub id such as ``user/name``; by default the shipped one.

    The hub is asked only for a name that is no folder and looks like an id.

    Args:
        name: folder or hub id, or a bundle that was read already.
        revision: branch, tag or commit on the hub.

    Raises:
        BundleError: nothing usable there.
    """
    if isinstance(name, Bundle):
        return name
    if name is None:
        return Bundle.read(shipped_bundle())
    if Path(name).is_dir() or not re.fullmatch(r"[\w.-]+/[\w.-]+", str(name)):
        return Bundle.read(name)
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(str(name), revision=revision, allow_patterns=list(_SHARED))
    except (OSError, ValueError) as error:  # huggingface_hub's errors are of these kinds
        reason = str(error).strip().splitlines()[0]
        raise BundleError(f"{name}: no such folder here, and the hub gave nothing under this id: {reason}") from None
    return Bundle.read(folder)
