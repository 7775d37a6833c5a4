"""The mutation score of the core: of all small faults put into a module, how many do its own tests notice?

    python benchmarks/mutation.py -o benchmarks/mutation.json [MODULE …] [--minutes 60]

needs `pip install mutmut`. Each module is mutated in a copy of the repository and judged by its own unit tests alone.
mutmut changes the bodies of functions; constants of a module and class headers it leaves, and so do we.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = {
    "decode": ["test_decode.py"],
    "text": ["test_text.py"],
    "schema": ["test_schema.py"],
    "bundle": ["test_bundle.py"],
    "manifest": ["test_bundle.py"],
}
# mutmut's exit codes: 0 is a survivor; 24, 36 and 152 ran out of time, which is noticed too.
KILLED = {1, 3, 24, 36, 152, 255, -24}
CONFIG = """[mutmut]
source_paths=src
only_mutate=src/porteparole/{module}.py
also_copy=
    configs
timeout_constant=60
pytest_add_cli_args=
    --hypothesis-profile=unshrunk
    -p
    no:cacheprovider
    -m
    not slow
pytest_add_cli_args_test_selection=
{tests}
"""


def judge(module: str, seconds: float) -> dict[str, object]:
    """Mutate one module and count what its tests notice; what time leaves no room for is not counted."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as place:
        folder = Path(place)
        for part in ("src", "tests", "configs"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("shipped", "__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        tests = "\n".join(f"    tests/unit/{name}" for name in TESTS[module])
        (folder / "setup.cfg").write_text(CONFIG.format(module=module, tests=tests), encoding="utf-8")
        environment = {**os.environ, "PYTHONPATH": "", "OMP_NUM_THREADS": "1"}
        run = subprocess.Popen(
            [sys.executable, "-m", "mutmut", "run", "--max-children", "1"],
            cwd=folder, env=environment, start_new_session=True,
        )  # fmt: skip
        try:
            run.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGTERM)
            run.wait()
        return _count(folder, module)


def _count(folder: Path, module: str) -> dict[str, object]:
    meta = json.loads((folder / f"mutants/src/porteparole/{module}.py.meta").read_text(encoding="utf-8"))
    codes: dict[str, int | None] = meta["exit_code_by_key"]
    judged = {name: code for name, code in codes.items() if code is not None}
    survivors = sorted(name for name, code in judged.items() if code not in KILLED)
    shown = {}
    for name in survivors:
        said = subprocess.run(
            [sys.executable, "-m", "mutmut", "show", name], cwd=folder, capture_output=True, text=True, check=False
        )
        shown[name.rpartition(".")[2]] = [line for line in said.stdout.splitlines() if line[:1] in "+-"][2:]
    killed = len(judged) - len(survivors)
    return {
        "mutants": len(codes),
        "judged": len(judged),
        "killed": killed,
        "score": round(killed / max(1, len(judged)), 3),
        "exit_codes": dict(Counter(map(str, judged.values()))),
        "survivors": shown,
    }


def main() -> None:
    """Judge the modules one after the other; the file is written after each, with those judged before."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", default=list(TESTS), metavar="MODULE")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "benchmarks/mutation.json")
    parser.add_argument("--minutes", type=float, default=60, help="for each module")
    asked = parser.parse_args()
    report = json.loads(asked.output.read_text(encoding="utf-8")) if asked.output.exists() else {}
    for module in asked.modules:
        report[module] = judge(module, 60 * asked.minutes)
        report["mutmut"] = version("mutmut")
        asked.output.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
