"""What the documents promise stands: links lead somewhere, and the README's Python runs."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "model_card.md")]
DOCUMENTS += [*sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "training").glob("*/README.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_file_names_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?://)([^)#]+)", text)
    files = re.findall(r"`((?:training|docs|configs|examples|tests)/[\w./-]+)`", text)
    missing = [link for link in links if not (document.parent / link).exists()]
    missing += [file for file in files if not (ROOT / file).exists()]
    assert missing == []


def test_the_figures_of_speed_are_rendered_from_their_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import report

    assert report.PAGE.read_text(encoding="utf-8") == report.render(report.read())


def test_the_figures_of_scale_are_those_that_were_measured() -> None:
    script = runpy.run_path(str(ROOT / "benchmarks" / "scale.py"))
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    begin, end = script["MARKS"]
    measured = script["FIGURES"].exists()  # a page without a table is true before the first measurement
    table = script["table"](json.loads(script["FIGURES"].read_text(encoding="utf-8"))) if measured else ""
    assert f"{begin}{table}{end}" in page


def test_the_figures_of_the_documents_are_those_of_the_files() -> None:
    command = [sys.executable, ROOT / "docs" / "make_figures.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
