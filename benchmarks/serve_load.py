"""The server under load: many clients at once, against one that asks again and again.

    python benchmarks/serve_load.py --seconds 60 -o benchmarks/serve_load.json

Starts `porteparole serve` in a process of its own, warms it up, then lets first one client and then 64 ask for as long
as said, each request one short dispatch out of a hundred that differ. An answer of another text counts as an error.
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

import httpx

DISPATCH = (
    "VILNIUS, {day} mai – Le ministre islandais des Affaires étrangères a déclaré mardi à la presse que son pays "
    "accueillerait {count} observateurs. « Nous ne voulons pas de nouvelles sanctions », a-t-il ajouté."
)
TEXTS = [DISPATCH.format(day=1 + k % 30, count=k + 2) for k in range(100)]


async def client(http: httpx.AsyncClient, first: int, until: float, times: list[float], errors: list[str]) -> None:
    """Ask until a time on the clock; append how long each answer took, or what was wrong with it."""
    k = first
    while time.perf_counter() < until:
        text = TEXTS[k % len(TEXTS)]
        k += 1
        begun = time.perf_counter()
        try:
            answer = await http.post("/v1/predict", json={"texts": [text]})
            if answer.status_code != 200 or answer.json()["documents"][0]["text"] != text:
                errors.append(f"{answer.status_code}: {answer.text[:200]}")
        except httpx.HTTPError as error:
            errors.append(repr(error))
        times.append(time.perf_counter() - begun)


async def load(server: str, clients: int, seconds: float) -> dict[str, object]:
    """Let a number of clients ask for a time, and say how that went."""
    times: list[float] = []
    errors: list[str] = []
    async with httpx.AsyncClient(
        base_url=server, timeout=120, limits=httpx.Limits(max_connections=clients), trust_env=False
    ) as http:
        begun = time.perf_counter()
        await asyncio.gather(*(client(http, 7 * k, begun + seconds, times, errors) for k in range(clients)))
        spent = time.perf_counter() - begun
    return {
        "requests": len(times),
        "errors": len(errors),
        "first_errors": errors[:3],
        "requests_per_second": round(len(times) / spent, 1),
        "median_ms": round(1000 * statistics.median(times), 1),
        "p99_ms": round(1000 * statistics.quantiles(times, n=100)[-1], 1),
    }


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--output", "-o", type=Path, required=True)
    options = parser.parse_args()
    command = [sys.executable, "-m", "porteparole", "serve", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        server = process.stdout.readline().split()[-1]
        asyncio.run(load(server, 8, 3))
        alone = asyncio.run(load(server, 1, options.seconds))
        together = asyncio.run(load(server, 64, options.seconds))
    finally:
        process.terminate()
        process.wait()
    threads, cores = os.environ.get("OMP_NUM_THREADS", "all"), len(os.sched_getaffinity(0))
    report = {
        "machine": f"{platform.machine()}, {cores} cores for server and clients, {threads} threads",
        "seconds": options.seconds,
        "1 client": alone,
        "64 clients": together,
        "ratio": round(together["requests_per_second"] / alone["requests_per_second"], 2),  # type: ignore[operator]
    }
    options.output.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
