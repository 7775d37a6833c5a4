"""Documents as HTML: the marked text, and beside it a card for each statement.

A page is one file that asks the network for nothing. It takes documents in their JSON form (`Document.to_dict`), so it
knows no other module and `Document.to_html` can stand on it.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .segments import segments

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["environment", "fragment", "page"]

_HERE = Path(__file__).parent


def page(documents: Iterable[Mapping[str, Any]], *, title: str) -> str:
    """Return a whole page; of several documents, with an index.

    Args:
        documents: in their JSON form.
        title: of the page.
    """
    return environment().get_template("page.html").render(documents=list(documents), title=title)


def fragment(document: Mapping[str, Any]) -> str:
    """Return one document with its style and script, to stand in a page of somebody else's, such as a notebook."""
    return environment().get_template("fragment.html").render(document=document)


@cache
def environment() -> Environment:
    """Return the templates of the page, for pages that extend them (``{% extends "layout.html" %}``).

    Everything that a template prints is escaped, but for what is marked as trusted here: our own style and scripts.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    found = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals.update(segments=segments, style=Markup(_read("page.css")), script=Markup(_read("page.js")))
    found.filters.update(percent=lambda score: f"{score:.0%}", script_hash=_script_hash)
    return found


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _script_hash(script: str) -> str:
    """The name under which a page's security policy lets a script run; scripts smuggled in by a text have none."""
    return f"sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}"
