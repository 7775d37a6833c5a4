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

from .errors import BundleError, ConfigError, DataError, DependencyError, InputError, PorteparoleError
from .schema import Act, Document, Span, Stance, Statement

if TYPE_CHECKING:
    from .tagger import Tagger

__version__ = _version("porteparole")
__all__ = [
    "Act",
    "BundleError",
    "ConfigError",
    "DataError",
    "DependencyError",
    "Document",
    "InputError",
    "PorteparoleError",
    "Span",
    "Stance",
    "Statement",
    "Tagger",
    "load",
    "predict",
    "stance",
    "stream",
    "to_html",
]

# torch and transformers take seconds to import, so each function imports what it needs when called.


def load(
    name: str | Path | None = None, *, device: str = "auto", dtype: str = "auto", revision: str | None = None
) -> Tagger:
    """Load a model; see `porteparole.tagger.load`."""
    from .tagger import load

    return load(name, device=device, dtype=dtype, revision=revision)


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
