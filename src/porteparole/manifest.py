"""porteparole.json: what a bundle says of itself, and the seal of each file that decides what its models say.

A seal finds what was cut short, damaged or changed on the way. It does not say who wrote the folder: whoever
can change a file can seal it anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .config import DecodingConfig, HeadsConfig, WindowConfig
from .errors import BundleError, DataError
from .files import read_json

__all__ = [
    "FORMAT",
    "MANIFEST",
    "MOST_JSON",
    "Calibration",
    "Golden",
    "LabelInventory",
    "Manifest",
    "Seal",
    "read_manifest",
]

FORMAT = 2
MANIFEST = "porteparole.json"
MOST_JSON = 4 << 20  # bytes; a manifest has some 5,000


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Seal(_Strict):
    """What a file was when it was written.

    Attributes:
        size: in bytes.
        sha256: of its content, in hexadecimal.
    """

    size: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")

    @classmethod
    def of(cls, path: Path) -> Seal:
        """Seal a file as it is."""
        return cls(size=path.stat().st_size, sha256=_digest(path))

    def check_size(self, path: Path) -> None:
        """Look at the file's size, which costs nothing.

        Raises:
            BundleError: it is another one.
        """
        size = path.stat().st_size
        if size != self.size:
            raise BundleError(
                f"{path}: expected {self.size} bytes, it has {size}; it was cut short or changed, "
                "copy the whole folder again"
            )

    def check(self, path: Path) -> None:
        """Look at the file's size and content: 0.6 ms a megabyte.

        Raises:
            BundleError: they are others.
        """
        self.check_size(path)
        if (found := _digest(path)) != self.sha256:
            raise BundleError(
                f"{path}: expected SHA-256 {self.sha256[:12]}…, it is {found[:12]}…; it was damaged or changed, "
                "copy the whole folder again"
            )


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


class Calibration(_Strict):
    """What turns a statement model's logits into scores that can be believed; by default nothing is changed.

    Attributes:
        cue: temperature of the logit of a cue's score.
        act: temperature of the act's softmax.
        topics: temperature of the topics' sigmoid.
        topics_bias: what is added to their logits then (Platt 1999); most topics are rare, and a model that was
            trained on few examples of them expects them too often.
        stances: temperature of the topic stances' softmax.
        topic_thresholds: of the topics whose own threshold pays; the others keep that of the decoding.
    """

    cue: float = Field(1.0, gt=0)
    act: float = Field(1.0, gt=0)
    topics: float = Field(1.0, gt=0)
    topics_bias: float = 0.0
    stances: float = Field(1.0, gt=0)
    topic_thresholds: Mapping[str, float] = Field({})


class Manifest(_Strict):
    """The content of porteparole.json; `write_manifest` fills in the seals of the files."""

    format: int
    name: str
    labels: LabelInventory
    window: WindowConfig
    heads: HeadsConfig
    decoding: DecodingConfig
    calibration: Calibration = Calibration()
    golden: Golden
    files: dict[str, Seal] = {}


def read_manifest(path: Path) -> Manifest:
    """Read the manifest at a path.

    Raises:
        BundleError: it is missing, too long, no JSON, of another format, or has a field that is wrong.
    """
    try:
        tree = read_json(path, most=MOST_JSON)
        if isinstance(tree, dict) and "task" in tree:
            raise BundleError(
                f"{path.parent}: expected a bundle that finds statements, it holds a plain {tree['task']} classifier; "
                "open it with porteparole.load, or `porteparole predict --model`"
            )
        found = tree.get("format") if isinstance(tree, dict) else None
        if found != FORMAT:
            raise BundleError(
                f"{path}: format {found!r}, this version of porteparole reads {FORMAT}; "
                "install the version that wrote it, or train it again"
            )
        return Manifest.model_validate(tree)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        raise BundleError(f"{path}: {where}: {fault['msg']}; the file was damaged or edited") from None
    except DataError as error:
        raise BundleError(str(error)) from None


def _digest(path: Path) -> str:
    whole = sha256()
    with path.open("rb") as content:
        while piece := content.read(1 << 20):
            whole.update(piece)
    return whole.hexdigest()
