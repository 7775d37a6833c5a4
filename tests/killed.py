"""A run of `predict_files` that is killed again and again: python tests/killed.py INPUT FOLDER NAME MODEL SHARD POINTS.

It is let alone once, and writes FOLDER/whole/NAME. Then it writes FOLDER/killed/NAME, and POINTS, a JSON list of
[shards, seconds], says when it is killed (SIGKILL): so many seconds after so many shards are done; -1 shards stand for
the joining at the end. After the last kill it is let go.

The runs are forks of one process that has imported all, which spares each the seconds that torch takes to import.
With one thread a fork is safe, and both write the same last digits.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import torch

from porteparole.batch import predict_files
from porteparole.pools import Local


class Plain(Local):
    """One process, always in fp32: what is fastest is measured, and may come out otherwise each time."""

    def dtype(self) -> str:
        return "fp32"


def start(source: str, output: Path, model: str, shard: int) -> int:
    """Start the run in a fork; return its process."""
    process = os.fork()
    if not process:
        code = 1
        try:
            predict_files([source], output, model=model, shard=shard, pool=Plain(("cpu",)))
            code = 0
        finally:
            os._exit(code)
    return process


def reached(output: Path, shards: int) -> bool:
    """Whether a run has come so far."""
    folder = output.with_name(f"{output.name}.parts")
    if shards < 0:
        return (folder / "joined.part").exists() or output.exists()
    return folder.is_dir() and len(list(folder.glob("*.shard"))) >= shards


def ended(process: int) -> bool:
    """Whether a run has ended by itself."""
    return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def main() -> None:
    """Run once in peace, then with all kills; print how many runs were still alive when they were killed."""
    torch.set_num_threads(1)
    source, folder, name, model, shard, points = sys.argv[1:]
    whole, output = Path(folder, "whole", name), Path(folder, "killed", name)
    for path in (whole, output):
        path.parent.mkdir()
    codes = [os.waitpid(start(source, whole, model, int(shard)), 0)[1]]
    killed = 0
    for shards, seconds in json.loads(points):
        process = start(source, output, model, int(shard))
        while not reached(output, shards) and not ended(process):
            time.sleep(0.001)
        time.sleep(seconds)
        os.kill(process, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(process, 0)[1])
    codes.append(os.waitpid(start(source, output, model, int(shard)), 0)[1])
    print(killed)
    sys.exit(any(codes))


if __name__ == "__main__":
    main()
