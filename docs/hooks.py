"""Hooks of the documentation site: documents of the root are pages too, and links between all pages stay true."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
PAGES = {
    "README.md": "index.md",
    "model_card.md": "model_card.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "training/ANNOTATION.md": "annotation.md",
    "training/corpus/README.md": "corpus.md",
}
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?://|#)([^)#]+)(#[^)]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents that lie outside docs/."""
    for source, name in PAGES.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Turn links of the repository into links of the site; what the site does not show is named without a link."""
    assert page.file.abs_src_path is not None
    folder = Path(page.file.abs_src_path).parent

    def turn(match: re.Match[str]) -> str:
        mark, words, target, anchor = match.groups(default="")
        path = os.path.relpath(folder / target, ROOT)
        name = PAGES.get(path)
        if name is None and path.startswith("docs/") and not path.endswith(".py"):
            name = path.removeprefix("docs/")
        if name is None:
            return words
        return f"{mark}[{words}]({os.path.relpath(name, Path(page.file.src_uri).parent)}{anchor})"

    return LINK.sub(turn, markdown)
