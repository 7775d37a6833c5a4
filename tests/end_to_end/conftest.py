"""A browser, and a server in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright


# Playwright holds an event loop while it runs, in which other tests could start none: so not for the whole session.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Where there is none, tests that need it are skipped, but not in CI."""
    found = shutil.which("chromium")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("CI is set, but there is no chromium; .ci/run installs it")
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        # Chromium's sandbox cannot start as root, which containers run as; the pages here are our own.
        opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


@contextmanager
def serving(log: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address and process of a server of the shipped model, which must end well when it is told to stop."""
    command = [sys.executable, "-m", "porteparole", "serve", "--port", "0", "--device", "cpu"]
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("porteparole serves porteparole"), log.read_text(encoding="utf-8")
        yield line.split()[-1], process
        process.terminate()
        process.communicate(timeout=120)
    finally:
        process.kill()
        process.wait()
    said = log.read_text(encoding="utf-8")
    assert "Finished server process" in said
    assert "Traceback" not in said


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that the tests share."""
    with serving(tmp_path_factory.mktemp("server") / "log") as (address, _):
        yield address


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address and process of a server that a test may stop."""
    with serving(tmp_path / "log") as started:
        yield started


@pytest.fixture(scope="session")
def depeche() -> str:
    """The example dispatch."""
    return (Path(__file__).parents[2] / "examples" / "depeche.txt").read_text(encoding="utf-8")
