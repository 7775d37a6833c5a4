"""The house of CONTRIBUTING.md: a module imports only from floors below its own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import porteparole

SOURCE = Path(porteparole.__file__).parent

FLOORS = {
    "errors": 0,
    "page": 0,
    "classified": 1,
    "config_faults": 1,
    "duplicates": 1,
    "extras": 1,
    "files": 1,
    "labels": 1,
    "rewordings": 1,
    "schema": 1,
    "config_data": 2,
    "decode": 2,
    "mentions": 2,
    "metrics": 2,
    "parts": 2,
    "rules": 2,
    "text": 2,
    "workers": 2,
    "bootstrap": 3,
    "calibration": 3,
    "config": 3,
    "edges": 3,
    "relations": 3,
    "speakers": 3,
    "data": 4,
    "encode": 4,
    "flat": 4,
    "manifest": 4,
    "mistakes": 4,
    "sources": 4,
    "spans": 4,
    "thresholds": 4,
    "backend": 5,
    "batching": 5,
    "bundle": 5,
    "check": 5,
    "device": 5,
    "heads": 5,
    "losses": 5,
    "parquet": 5,
    "plots": 5,
    "pretrained": 5,
    "readers": 5,
    "tables": 5,
    "engine": 6,
    "features": 6,
    "model": 6,
    "onnx_backend": 6,
    "pairs": 6,
    "plain": 6,
    "splits": 6,
    "writers": 6,
    "check_config": 7,
    "torch_backend": 7,
    "analyzer": 8,
    "forward": 8,
    "sequence": 9,
    "tagger": 9,
    "tokens": 9,
    "__init__": 10,  # the public face; what it imports when called lies below it too
    "calibrate": 10,
    "evaluate": 10,
    "frames": 10,
    "render": 10,
    "shards": 10,
    "trainer": 10,
    "card_sections": 11,
    "curves": 11,
    "export": 11,
    "fit": 11,
    "pools": 11,
    "report": 11,
    "serve": 11,
    "batch": 12,
    "card": 12,
    "fit_plain": 12,
    "fit_stance": 12,
    "fit_statements": 12,
    "ray": 12,
    "fit_calibration": 13,
    "fit_sequence": 13,
    "fit_token": 13,
    "train": 14,
    "cli": 15,
    "__main__": 16,
}

# The floors that know neither torch nor transformers, which take seconds to import.
LIGHT = 4


def modules():
    """Every module, and every folder of modules as one."""
    return sorted(path.stem for path in SOURCE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists())


def files(module: str) -> list[Path]:
    """Return the files of a module, or of a folder of them."""
    return [SOURCE / f"{module}.py"] if (SOURCE / f"{module}.py").exists() else sorted((SOURCE / module).glob("*.py"))


def imports(source: str, *, depth: int = 1) -> list[tuple[str, int]]:
    """Every module of the package that a module imports, anywhere in it, with the line.

    `depth` is 1 for a module of the package, 2 for one in a folder of it, whose neighbours do not count.
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (
            node.level == depth or (not node.level and (node.module or "").split(".")[0] == "porteparole")
        ):
            module = (node.module or "").removeprefix("porteparole").strip(".")
            names = [module.split(".")[0]] if module else [name.name for name in node.names]
            # `from . import x` takes a module or, if there is none of this name, what __init__ holds.
            found += [(name if name in modules() else "__init__", node.lineno) for name in names]
        elif isinstance(node, ast.Import):
            parts = [name.name.split(".") for name in node.names]
            found += [(part[1] if part[1:] else "__init__", node.lineno) for part in parts if part[0] == "porteparole"]
    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from .text import words", ["text"]),
        ("def f():\n    from .text import words", ["text"]),
        ("from . import text, __version__", ["text", "__init__"]),
        ("from porteparole.text import words", ["text"]),
        ("import porteparole.text, numpy", ["text"]),
        ("from porteparole import load", ["__init__"]),
        ("import numpy\nfrom tokenizers import Tokenizer", []),
    ],
)
def test_imports_are_seen_wherever_they_stand(source, expected):
    assert [name for name, _ in imports(source)] == expected


def test_every_module_has_its_floor():
    assert modules() == sorted(FLOORS)


@pytest.mark.parametrize("module", modules())
def test_a_module_imports_only_from_floors_below(module):
    upward = [
        f"{path.relative_to(SOURCE)}:{line}: {name}"
        for path in files(module)
        for name, line in imports(path.read_text(encoding="utf-8"), depth=len(path.relative_to(SOURCE).parts))
        if FLOORS[name] >= FLOORS[module]
    ]
    assert upward == []


def test_a_folder_counts_as_one_module():
    assert imports("from ..text import words\nfrom .app import app", depth=2) == [("text", 1)]


@pytest.mark.parametrize("module", [module for module in modules() if FLOORS.get(module, 99) <= LIGHT])
def test_low_floors_are_light(module):
    body = [node for path in files(module) for node in ast.parse(path.read_text(encoding="utf-8")).body]
    names = [alias.name for node in body if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in body if isinstance(node, ast.ImportFrom) and not node.level]
    assert not {name.split(".")[0] for name in names} & {"torch", "transformers"}
