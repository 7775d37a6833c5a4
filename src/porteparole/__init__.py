"""Who said what to whom in French news, and where they stand.

    >>> import porteparole
    >>> doc = porteparole.predict("« Nous refusons tout élargissement », a déclaré hier le ministre russe.")
    >>> doc.statements[0].speaker
    'le ministre russe'

`predict`, `stream` and `stance` use the model that comes with the package, loaded at the first call;
`load` opens another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version as _version
from pathlib import Path
from typing import TYPE_CHECKING, overload

from .classified import Classification, Label, LabelledSpan, Marking
from .errors import BundleError, ConfigError, DataError, DependencyError, InputError, PorteparoleError
from .schema import Act, Document, Span, Speaker, Stance, Statement

if TYPE_CHECKING:
    import pandas as pd

    from .sequence import SequenceClassifier
    from .tagger import Tagger
    from .tokens import TokenClassifier

__version__ = _version("porteparole")
__all__ = [
    "Act",
    "BundleError",
    "Classification",
    "ConfigError",
    "DataError",
    "DependencyError",
    "Document",
    "InputError",
    "Label",
    "LabelledSpan",
    "Marking",
    "PorteparoleError",
    "Span",
    "Speaker",
    "Stance",
    "Statement",
    "Tagger",
    "load",
    "predict",
    "stance",
    "stream",
    "table",
    "to_html",
]

# torch and transformers take seconds to import, so each function imports what it needs when called.


@overload
def load(
    name: None = None,
    *,
    device: str = "auto",
    dtype: str = "auto",
    backend: str = "torch",
    revision: str | None = None,
) -> Tagger: ...
@overload
def load(
    name: str | Path,
    *,
    device: str = "auto",
    dtype: str = "auto",
    backend: str = "torch",
    revision: str | None = None,
) -> Tagger | SequenceClassifier | TokenClassifier: ...
def load(
    name: str | Path | None = None,
    *,
    device: str = "auto",
    dtype: str = "auto",
    backend: str = "torch",
    revision: str | None = None,
) -> Tagger | SequenceClassifier | TokenClassifier:
    """Load a model: a bundle as a `Tagger`, a plain classifier as what its task asks for. All have `predict`.

    Args:
        name: a folder that `porteparole train` wrote, or a hub id; by default the bundle that comes with the package.
        device: ``auto`` (CUDA, else MPS, else CPU), ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
        dtype: ``auto`` (bf16 where the device is fast at it, else fp32), ``fp32``, ``bf16``, ``fp16``.
        backend: ``torch``, or of a bundle ``onnx``; see `porteparole.tagger.load`.
        revision: branch, tag or commit on the hub.

    Raises:
        BundleError: there is no usable model.
        InputError: there is no such device, dtype or backend.
    """
    from . import tagger
    from .bundle import find_folder
    from .plain import is_plain, read_plain

    folder = find_folder(name, revision=revision)
    if not is_plain(folder):
        return tagger.load(folder, device=device, dtype=dtype, backend=backend)
    from .device import DTYPES, pick_device, pick_dtype
    from .errors import InputError
    from .sequence import SequenceClassifier
    from .tokens import TokenClassifier

    if backend != "torch":
        raise InputError(f"backend {backend!r}: {folder} holds a plain classifier, which only torch computes")
    kind = SequenceClassifier if read_plain(folder).task == "sequence" else TokenClassifier
    picked = pick_device(device)
    return kind.load(folder, picked, DTYPES[pick_dtype(dtype, picked)[0]])


@overload  # a str is itself an Iterable[str]
def predict(texts: str, *, targets: Sequence[str] = ()) -> Document: ...  # type: ignore[overload-overlap]
@overload
def predict(texts: Iterable[str], *, targets: Sequence[str] = ()) -> list[Document]: ...
def predict(texts: str | Iterable[str], *, targets: Sequence[str] = ()) -> Document | list[Document]:
    """Find the statements of one text or of many with the shipped model; see `Tagger.predict`."""
    from .tagger import default_tagger

    return default_tagger().predict(texts, targets=targets)


def stream(texts: Iterable[str], *, targets: Sequence[str] = ()) -> Iterator[Document]:
    """Find the statements of any number of texts, in order, in bounded memory; see `Tagger.stream`."""
    from .tagger import default_tagger

    return default_tagger().stream(texts, targets=targets)


def stance(text: str, target: str) -> Stance:
    """Judge the stance of a text to a target with the shipped model; see `Tagger.stance`."""
    from .tagger import default_tagger

    return default_tagger().stance(text, target)


def table(documents: Iterable[Document]) -> pd.DataFrame:
    """Return the statements of documents as a pandas table, one row a statement; see `porteparole.tables.table`."""
    from .tables import table

    return table(documents)


def to_html(documents: Iterable[Document], *, title: str = "porteparole") -> str:
    """Return one page of several documents, with an index; see `Document.to_html` for one.

    Args:
        documents: in the order of the index; each one's `id` is its heading.
        title: of the page.
    """
    from .page import page

    return page([document.to_dict() for document in documents], title=title)


def __getattr__(name: str) -> object:
    if name == "Tagger":
        from .tagger import Tagger

        return Tagger
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
