"""The documentation site builds without a warning, and shows every document."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    for page in (ROOT / "docs").rglob("*.md"):
        assert tmp_path.joinpath(page.relative_to(ROOT / "docs").with_suffix(""), "index.html").exists()
    assert 'href="model_card/"' in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert 'id="porteparole.tagger.Tagger.stream"' in (tmp_path / "api" / "index.html").read_text(encoding="utf-8")
