"""The guides run as written: every command and every line of Python, in a copy of what they need."""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from porteparole.cli import main
from porteparole.config import load_config

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs" / "guides"


def blocks(guide: str, *languages: str) -> list[tuple[str, str]]:
    """Language and text of each fenced block, in order."""
    text = (GUIDES / guide).read_text(encoding="utf-8")
    found = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [(language, body) for language, body in found if language in languages]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder that looks like a clone of the repository to a guide."""
    for name in ("configs", "src", "training"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return tmp_path


@pytest.fixture
def walk_through(clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs the guide on own labels in this process, and gives what its Python printed."""

    def run(more: dict[str, list[str]]) -> str:
        monkeypatch.chdir(clone)
        python = ""
        for language, body in blocks("own-labels.md", "sh", "python"):
            if language == "python":
                python += body
                continue
            for line in body.splitlines():
                program, *words = shlex.split(line)
                if words[0] == "train":
                    words += more.get(words[1], [])
                monkeypatch.setattr(sys, "argv", [program, *words] if program == "porteparole" else words)
                with pytest.raises(SystemExit) as stop:
                    main() if program == "porteparole" else runpy.run_path(words[0], run_name="__main__")
                assert not stop.value.code, f"{line}\n{capsys.readouterr()}"
        capsys.readouterr()
        exec(compile(python, "own-labels.md", "exec"), {})
        return capsys.readouterr().out

    return run


def test_own_labels_with_a_tiny_encoder(walk_through, clone: Path, tiny_encoder_folder: Path) -> None:
    tiny = [f"encoder={tiny_encoder_folder}", "optim.epochs=1"]
    printed = walk_through(
        {"configs/own-labels.yaml": [*tiny, "heads.attention_heads=4"], "configs/own-classes.yaml": tiny}
    )
    assert "l'ouverture de classes supplémentaires" in printed
    for split in ("train", "validation"):
        name = f"examples/council-{split}.jsonl"
        assert (clone / name).read_bytes() == (ROOT / name).read_bytes()


@pytest.mark.slow
def test_own_labels_as_written(walk_through) -> None:
    printed = walk_through({})
    assert "la mairie" in printed
    *_, treaty, dinner = printed.splitlines()
    assert treaty.startswith("accord")
    assert dinner.startswith("rencontre")


def test_the_labels_of_the_guide_are_those_of_the_config() -> None:
    (_, body) = blocks("own-labels.md", "yaml")[0]
    config = (ROOT / "configs" / "own-labels.yaml").read_text(encoding="utf-8")
    for line in body.splitlines():
        assert any(other.startswith(line) for other in config.splitlines()), line


def test_the_commands_of_the_guide_to_bigger_encoders_are_valid() -> None:
    configs = 0
    for _, body in blocks("bigger-encoder.md", "sh"):
        for line in body.splitlines():
            words = shlex.split(line)
            if "train" not in words:
                continue
            config, *overrides = [word for word in words[words.index("train") + 1 :] if not word.startswith("--")]
            load_config(ROOT / config, [word for word in overrides if "=" in word])
            configs += 1
    assert configs >= 8
