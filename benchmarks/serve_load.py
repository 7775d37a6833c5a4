"""The server under load: many clients at once, against one that asks again and again.

    python benchmarks/serve_load.py --seconds 60 -o benchmarks/serve_load.json

Starts `porteparole serve` in a process of its own, warms it up, then lets one client and 64 take turns at asking, each
for as long as said, one text a request: first sentences of ten words, then dispatches of forty. An answer of another
text counts as an error.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from porteparole.files import write_atomically

DISPATCH = (
    "VILNIUS, {day} mai – Le ministre islandais des Affaires étrangères a déclaré mardi à la presse que son pays "
    "accueillerait {count} observateurs. « Nous ne voulons pas de nouvelles sanctions », a-t-il ajouté."
)
TEXTS = {
    "sentence": [f"« Nous accueillerons {k} observateurs », a promis le ministre." for k in range(2, 102)],
    "dispatch": [DISPATCH.format(day=1 + k % 30, count=k + 2) for k in range(100)],
}


async def client(
    http: httpx.AsyncClient, texts: list[str], first: int, until: float, times: list[float], errors: list[str]
) -> None:
    """Ask until a time on the clock; append how long each answer took, or what was wrong with it."""
    k = first
    while time.perf_counter() < until:
        text = texts[k % len(texts)]
        k += 1
        begun = time.perf_counter()
        try:
            answer = await http.post("/v1/predict", json={"texts": [text]})
            if answer.status_code != 200 or answer.json()["documents"][0]["text"] != text:
                errors.append(f"{answer.status_code}: {answer.text[:200]}")
        except httpx.HTTPError as error:
            errors.append(repr(error))
        times.append(time.perf_counter() - begun)


class Load:
    """Some clients that ask for a while, again and again; what came of it.

    Args:
        clients: how many ask at the same time.
        texts: one a request, in turn.
    """

    def __init__(self, clients: int, texts: list[str]) -> None:
        self.texts = texts
        self.clients = clients
        self.times: list[float] = []
        self.errors: list[str] = []
        self.wall = self.cpu = 0.0

    async def ask(self, server: str, process: psutil.Process, seconds: float) -> None:
        """Let the clients ask; note the wall time and the processor time that the server took."""
        limits = httpx.Limits(max_connections=self.clients)
        async with httpx.AsyncClient(base_url=server, timeout=120, limits=limits, trust_env=False) as http:
            before, begun = process.cpu_times(), time.perf_counter()
            until = begun + seconds
            await asyncio.gather(
                *(client(http, self.texts, 7 * k, until, self.times, self.errors) for k in range(self.clients))
            )
            after = process.cpu_times()
        self.wall += time.perf_counter() - begun
        self.cpu += after.user + after.system - before.user - before.system

    def report(self) -> dict[str, Any]:
        """Return the figures."""
        return {
            "requests": len(self.times),
            "errors": len(self.errors),
            "first_errors": self.errors[:3],
            "requests_per_second": round(len(self.times) / self.wall, 1),
            "server_cpu_ms_per_request": round(1000 * self.cpu / len(self.times), 1),
            "median_ms": round(1000 * statistics.median(self.times), 1),
            "p99_ms": round(1000 * statistics.quantiles(self.times, n=100)[-1], 1),
        }


async def measure(server: str, process: psutil.Process, texts: list[str], seconds: float) -> dict[str, Any]:
    """Let one client and 64 take turns, so that what else the machine does meets both alike."""
    await Load(8, texts).ask(server, process, 3)  # warms up
    alone, together = Load(1, texts), Load(64, texts)
    for _ in range(6):
        await alone.ask(server, process, seconds / 6)
        await together.ask(server, process, seconds / 6)
    one, many = alone.report(), together.report()
    return {
        "1 client": one,
        "64 clients": many,
        "throughput_ratio": round(many["requests_per_second"] / one["requests_per_second"], 2),
        "cpu_ratio": round(one["server_cpu_ms_per_request"] / many["server_cpu_ms_per_request"], 2),
    }


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="for one client, and again for 64")
    parser.add_argument("--output", "-o", type=Path, required=True)
    options = parser.parse_args()
    command = [sys.executable, "-m", "porteparole", "serve", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        server = process.stdout.readline().split()[-1]
        seen = psutil.Process(process.pid)
        kinds = {kind: asyncio.run(measure(server, seen, texts, options.seconds)) for kind, texts in TEXTS.items()}
    finally:
        process.terminate()
        process.wait()
    cores = len(os.sched_getaffinity(0))
    report = {
        "machine": f"{platform.machine()}, {cores} cores for server and clients, load {os.getloadavg()[0]:.1f}",
        "threads": os.environ.get("OMP_NUM_THREADS", "all"),
        "seconds": options.seconds,
        **kinds,
    }
    write_atomically(options.output, json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    print(json.dumps(report, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
