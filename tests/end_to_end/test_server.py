"""The server as a process: clients that misbehave, clients by the dozen, and its end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import porteparole

ROOT = Path(__file__).parents[2]
SENTENCE = "« C'est non », a répondu lundi le ministre islandais."


def post(server: str, body: bytes) -> tuple[int, dict[str, object]]:
    request = urllib.request.Request(f"{server}/v1/predict", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def connect(server: str) -> socket.socket:
    address = urlsplit(server)
    assert address.hostname
    assert address.port
    return socket.create_connection((address.hostname, address.port), timeout=60)


def test_clients_that_misbehave_leave_it_up(server: str) -> None:
    slow = connect(server)
    slow.sendall(b"POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{")  # and then it says nothing
    for broken in (
        b"\x00\xff" * 500,
        b"GET / HT",
        b"POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Length: 90\r\n\r\n{",
    ):
        with connect(server) as cut:
            cut.sendall(broken)
    body = json.dumps({"texts": [SENTENCE]}).encode()
    with connect(server) as gone:  # asks properly, but does not stay for the answer
        gone.sendall(b"POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n")
        gone.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert post(server, b"{")[0] == 422
    assert post(server, b" " * 50_000_000) == (
        413, {"detail": "expected at most 1000000 bytes of body; send fewer texts a request"}
    )  # fmt: skip
    status, answer = post(server, body)
    assert status == 200
    assert answer["documents"][0]["statements"][0]["speaker"] == "le ministre islandais"  # type: ignore[index]
    slow.close()


def test_clients_who_ask_together_get_each_their_own_answer(server: str) -> None:
    alone = porteparole.load(device="cpu").predict([f"{SENTENCE} Fin {k}." for k in range(24)])
    answers: dict[int, object] = {}

    def ask(k: int) -> None:
        answers[k] = post(server, json.dumps({"texts": [alone[k].text]}).encode())

    threads = [threading.Thread(target=ask, args=(k,)) for k in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k, document in enumerate(alone):
        status, answer = answers[k]  # type: ignore[misc]
        assert status == 200
        (found,) = answer["documents"]
        assert found["text"] == document.text
        assert [s["speaker"] for s in found["statements"]] == [s.speaker for s in document]


def test_when_told_to_stop_it_answers_what_is_under_way(own_server: tuple[str, subprocess.Popen[str]]) -> None:
    address, process = own_server
    body = json.dumps({"texts": [f"{SENTENCE} " * 200]}).encode()
    with connect(address) as client:
        client.sendall(b"POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n")
        client.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        with urllib.request.urlopen(f"{address}/healthz", timeout=60) as answer:  # the request above came in before
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        with client.makefile("rb") as answer:
            assert answer.readline() == b"HTTP/1.1 200 OK\r\n"
            assert answer.read().count(b'"speaker": "le ministre islandais"') > 100
    process.wait(timeout=60)


@pytest.mark.slow
def test_it_bears_many_clients_for_a_minute(tmp_path: Path) -> None:
    report = tmp_path / "load.json"
    subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "serve_load.py", "--seconds", "60", "-o", report], check=True, cwd=ROOT
    )
    found = json.loads(report.read_text(encoding="utf-8"))
    for texts in ("sentence", "dispatch"):
        for clients in ("1 client", "64 clients"):
            assert found[texts][clients]["errors"] == 0, found[texts][clients]["first_errors"]
        assert found[texts]["64 clients"]["requests"] > 64


@pytest.mark.slow
def test_it_keeps_to_its_own_description(server: str, tmp_path: Path) -> None:
    settings = tmp_path / "schemathesis.toml"
    # Left to itself, schemathesis does not take "too large" for a refusal.
    settings.write_text("[checks.negative_data_rejection]\nexpected-statuses = [400, 413, 422]\n")
    command = [Path(sys.executable).with_name("schemathesis"), "--config-file", settings, "run"]
    done = subprocess.run(
        [*command, f"{server}/openapi.json", "--max-examples", "50"],
        capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, "\n".join(line[:200] for line in done.stdout.splitlines())
