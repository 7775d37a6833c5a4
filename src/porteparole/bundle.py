"""The model folder: the only module that knows what lies where in it.

porteparole.json      format, labels, windows, decoding, calibration, golden check, the seals of the models' files
README.md             the model card
statements/           config.json, model.safetensors (a plain encoder), heads.safetensors, tokenizer.json,
                      training.yaml, metrics.json; for the card, optional: about.md (prose on data and limits),
                      test.json (of `porteparole evaluate -o`), ablation.json, errors.json
stance/               optional: a plain sequence classifier of transformers, training.yaml, metrics.json
onnx/                 optional: the graphs words, heads and stance, each in fp32 and int8, by `porteparole export`
"""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from safetensors import safe_open

from .errors import BundleError
from .files import read_json, read_text, write_atomically
from .labels import Labels
from .manifest import FORMAT, MANIFEST, MOST_JSON, Golden, LabelInventory, Manifest, Seal, read_manifest

__all__ = [
    "FORMAT",
    "MANIFEST",
    "ONNX",
    "Bundle",
    "Golden",
    "LabelInventory",
    "Manifest",
    "drop_exports",
    "find_bundle",
    "find_folder",
    "is_bundle",
    "seal",
    "shipped_bundle",
    "write_manifest",
    "write_metrics",
    "write_report",
]

CARD = "README.md"
ONNX = "onnx"
# What is sent to the hub and fetched from it: never code, never a pickle. A plain classifier lies in the folder itself.
_SHARED = (MANIFEST, CARD, "*/*.json", "*/*.safetensors", "*/training.yaml", "*/about.md")
_PLAIN = ("[a-z]*.json", "[a-z]*.safetensors")
_FILES = {
    "statements": ("config.json", "model.safetensors", "heads.safetensors", "tokenizer.json"),
    "stance": ("config.json", "model.safetensors", "tokenizer.json"),
}
# transformers would fetch and load what this one names, if peft is installed.
_REFUSED = "adapter_config.json"
_MOST_BYTES = {"config.json": MOST_JSON, "tokenizer.json": 64 << 20}


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
        bundle = cls(folder, read_manifest(_locate(folder, MANIFEST)))
        for part in bundle.parts:
            if (folder / part / _REFUSED).exists():
                raise BundleError(
                    f"{folder / part / _REFUSED}: expected a whole model, not an adapter; remove this file"
                )
            for path, seal in bundle._sealed(part):
                seal.check_size(path)
                if seal.size > _MOST_BYTES.get(path.name, seal.size):
                    raise BundleError(f"{path}: expected at most {_MOST_BYTES[path.name]} bytes, it has {seal.size}")
        return bundle

    def verify(self, part: str) -> None:
        """Check the content of a model's files against their seals: some 40 ms for the shipped one.

        Args:
            part: ``statements`` or ``stance``.

        Raises:
            BundleError: a file was changed; the message names it.
        """
        for path, seal in self._sealed(part):
            seal.check(path)

    def _sealed(self, part: str) -> Iterator[tuple[Path, Seal]]:
        """Yield the files of a model with their seals."""
        for name in (f"{part}/{file}" for file in _FILES[part]):
            if name not in self.manifest.files:
                raise BundleError(f"{self.path / name}: has no seal in {MANIFEST}; copy the whole folder again")
            yield _locate(self.path, name), self.manifest.files[name]

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the models in it."""
        return ("statements", "stance") if self.has_stance else ("statements",)

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
            settings: dict[str, Any] = read_json(file, most=MOST_JSON)
            settings["pad_token_id"]
        except (ValueError, KeyError, TypeError) as error:
            raise BundleError(f"{file}: expected the config that transformers saves, got none: {error}") from None
        return settings

    def graph(self, name: str, dtype: str) -> Path:
        """Return where the ONNX graph ``words``, ``heads`` or ``stance`` lies, exported or not yet."""
        return self.path / ONNX / f"{name}-{dtype}.onnx"

    def metrics(self) -> dict[str, Any]:
        """Return the metrics.json of each model, by the model's name; those without one are left out."""
        files = {part: self.path / part / "metrics.json" for part in _FILES}
        return {part: read_json(file, most=MOST_JSON) for part, file in files.items() if file.is_file()}

    def digest(self) -> str:
        """Return the SHA-256 of all that decides what the models say: the manifest, which holds their files' seals."""
        return sha256((self.path / MANIFEST).read_bytes()).hexdigest()

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
    """Write the manifest of a bundle, with the seals of its models' files; these must be there already."""
    names = [f"{part}/{file}" for part, files in _FILES.items() for file in files]
    seals = {name: Seal.of(path / name) for name in names if (path / name).is_file()}
    whole = manifest.model_copy(update={"files": seals})
    write_atomically(path / MANIFEST, whole.model_dump_json(indent=1) + "\n")


def seal(path: Path) -> None:
    """Seal the models' files of a bundle anew; whoever changes one of them calls this after.

    Raises:
        BundleError: the manifest cannot be read.
    """
    write_manifest(path, read_manifest(path / MANIFEST))


def write_report(folder: Path, training: str, metrics: Mapping[str, Any]) -> None:
    """Put the resolved config and the metrics beside a model's weights."""
    write_atomically(folder / "training.yaml", training)
    write_metrics(folder, metrics)


def write_metrics(folder: Path, metrics: Mapping[str, Any]) -> None:
    """Put the metrics beside a model's weights."""
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

    try:
        return Path(snapshot_download(str(name), revision=revision, allow_patterns=[*_SHARED, *_PLAIN]))
    except (OSError, ValueError) as error:  # huggingface_hub's errors are of these kinds
        reason = str(error).strip().splitlines()[0]
        raise BundleError(f"{name}: no such folder here, and the hub gave nothing under this id: {reason}") from None


def find_bundle(name: str | Path | Bundle | None = None, *, revision: str | None = None) -> Bundle:
    """Return the bundle at a folder, or at a hub id; see `find_folder`.

    Raises:
        BundleError: nothing usable there.
    """
    return name if isinstance(name, Bundle) else Bundle.read(find_folder(name, revision=revision))


def _locate(folder: Path, name: str) -> Path:
    """Return the place of a file of a folder.

    Raises:
        BundleError: it is missing, or leads out of the folder.
    """
    path = folder / name
    if not path.is_file():
        raise BundleError(f"{folder}: {name} missing; copy the whole folder again, or train it again")
    home, real = folder.resolve(), path.resolve()
    # The hub's cache keeps what a snapshot's links point to beside it: snapshots/REVISION/…, blobs/….
    homes = [home, *([home.parents[1] / "blobs"] if home.parent.name == "snapshots" else [])]
    if not any(real.is_relative_to(place) for place in homes):
        raise BundleError(f"{path}: leads out of the folder, to {real}; put the file itself there")
    return path
