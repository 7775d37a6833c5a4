"""The server: its answers, its limits, and how it computes together what many ask."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import porteparole
from porteparole import Document, InputError, Stance, Tagger
from porteparole.serve import serve
from porteparole.serve.app import create_app
from porteparole.serve.batcher import Batcher, BusyError
from porteparole.serve.limits import CHARACTERS, TARGETS, TEXTS, BodyGate, Limits

SENTENCE = "« Nous rouvrirons notre ambassade avant l'été », a promis jeudi la ministre norvégienne."


@pytest.fixture(scope="module")
def tagger(tiny_bundle: Path) -> Tagger:
    return porteparole.load(tiny_bundle, device="cpu", dtype="fp32")


@pytest.fixture(scope="module")
def client(tagger: Tagger) -> Iterator[TestClient]:
    with TestClient(create_app(tagger, limits=Limits(body=50_000)), raise_server_exceptions=False) as opened:
        yield opened


def test_predict_gives_what_the_tagger_gives(client: TestClient, tagger: Tagger) -> None:
    texts = [SENTENCE, "", f"Selon Oslo, {SENTENCE}"]
    answer = client.post("/v1/predict", json={"texts": texts, "targets": ["la paix"]})
    assert answer.status_code == 200
    assert [Document.from_dict(row) for row in answer.json()["documents"]] == tagger.predict(texts, targets=["la paix"])
    assert "targets" not in client.post("/v1/predict", json={"texts": texts}).json()["documents"][0]["statements"][0]


def test_stance_model_and_health(client: TestClient, tagger: Tagger) -> None:
    answer = client.post("/v1/stance", json={"text": SENTENCE, "target": "la paix"})
    assert Stance.from_dict(answer.json()) == tagger.stance(SENTENCE, "la paix")
    about = client.get("/v1/model").json()
    assert about["topics"] == tagger.labels.topics
    assert about["version"] == porteparole.__version__
    assert client.get("/healthz").json() == {"status": "ok"}


FAULTS = {
    "no JSON": (b"{", 422, "JSON decode error"),
    "not UTF-8": (b'{"texts": ["\xe9"]}', 400, ""),
    "too deep": (b"[" * 20_000 + b"]" * 20_000, 400, ""),
    "no texts": ({}, 422, "texts: Field required"),
    "empty list": ({"texts": []}, 422, "texts: List should have at least 1 item"),
    "one string": ({"texts": SENTENCE}, 422, "texts: Input should be a valid list"),
    "a number": ({"texts": [1]}, 422, "texts.0: Input should be a valid string"),
    "unknown key": ({"texts": ["a"], "target": "b"}, 422, "target: Extra inputs are not permitted"),
    "many texts": ({"texts": ["a"] * (TEXTS + 1)}, 422, f"texts: List should have at most {TEXTS} items"),
    "many targets": ({"texts": ["a"], "targets": ["b"] * (TARGETS + 1)}, 422, f"at most {TARGETS} items"),
    "empty target": ({"texts": ["a"], "targets": [""]}, 422, "targets.0: String should have at least 1 character"),
    "blank target": ({"texts": [SENTENCE], "targets": [" "]}, 422, "expected a French noun phrase"),
    "lone surrogate": (rb'{"texts": ["a\ud800"]}', 422, "texts.0"),
    "large body": ({"texts": ["a" * 50_000]}, 413, "at most 50000 bytes"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_told_in_plain_words(case: str, client: TestClient) -> None:
    body, status, message = FAULTS[case]
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post("/v1/predict", content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, list(answer.json())) == (status, ["detail"])
    assert message in answer.json()["detail"]


def test_a_text_may_not_be_too_long(tagger: Tagger) -> None:
    with TestClient(create_app(tagger)) as client:
        answer = client.post("/v1/stance", json={"text": "a" * (CHARACTERS + 1), "target": "la paix"})
    assert (answer.status_code, f"text: String should have at most {CHARACTERS}" in answer.text) == (422, True)


def test_who_has_no_token_gets_no_answer(tagger: Tagger) -> None:
    ask = {"json": {"texts": [SENTENCE]}}
    with TestClient(create_app(tagger, token="sésame")) as client:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic sésame".encode()}):
            answer = client.post("/v1/predict", headers=headers, **ask)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
            assert client.get("/v1/model", headers=headers).status_code == 401
        assert client.get("/healthz").status_code == 200
        assert client.post("/", data={"text": SENTENCE, "token": "wrong"}).status_code == 401
        assert 'class="pp-card"' in client.post("/", data={"text": SENTENCE, "token": "sésame"}).text
    with TestClient(create_app(tagger, token="sesame")) as client:
        assert client.post("/v1/predict", headers={"Authorization": "Bearer sesame"}, **ask).status_code == 200


def test_the_form_shows_what_it_found_and_what_was_asked(client: TestClient) -> None:
    answer = client.post("/", data={"text": f"{SENTENCE}\r\n<b>", "targets": "la paix\r\n\r\nla trêve\r\n"})
    assert answer.status_code == 200
    for part in ("« Nous rouvrirons", "&lt;b&gt;", "la trêve", 'class="pp-card"'):
        assert part in answer.text
    assert client.post("/", content=b"text=\xff").status_code == 400
    assert client.post("/", data={"text": "a" * 60_000}).status_code == 413


def test_an_answer_that_takes_too_long_is_refused(tagger: Tagger) -> None:
    client = TestClient(create_app(tagger, limits=Limits(seconds=1)))  # its lifespan was never begun: nobody works
    answer = client.post("/v1/stance", json={"text": SENTENCE, "target": "la paix"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "no answer within 1 seconds" in answer.json()["detail"]


def test_health_is_bad_where_nobody_works(tagger: Tagger) -> None:
    answer = TestClient(create_app(tagger)).get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "failed"})


def test_an_address_that_cannot_be_listened_at_is_told(tagger: Tagger) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"127.0.0.1:{port}: cannot be listened at: Address already in use"):
            serve(tagger, port=port)
    with pytest.raises(InputError, match="port 70000: expected 0 to 65535"):
        serve(tagger, port=70000)
    with pytest.raises(InputError, match=r"no\.such\.host\.invalid:80: cannot be listened at"):
        serve(tagger, host="no.such.host.invalid", port=80)


async def through_gate(messages: list[dict[str, object]], *, seconds: float = 5) -> tuple[list[bytes], list[int]]:
    """What an app gets to read, and the statuses that a client gets, of a body in pieces."""
    read, statuses, waiting = [], [], iter(messages)

    async def app(scope, receive, send):
        read.append((await receive())["body"])

    async def receive():
        if (message := next(waiting, None)) is None:
            await asyncio.sleep(60)
        return message

    async def send(message):
        statuses.extend([message["status"]] if "status" in message else [])

    await BodyGate(app, Limits(body=8, seconds=seconds))({"type": "http"}, receive, send)
    return read, statuses


def piece(body: bytes, *, last: bool = False) -> dict[str, object]:
    return {"type": "http.request", "body": body, "more_body": not last}


def test_the_gate_joins_bodies_and_refuses_long_and_slow_ones() -> None:
    gate = lambda messages, **options: asyncio.run(through_gate(messages, **options))  # noqa: E731
    assert gate([piece(b"abcd"), piece(b"efgh", last=True)]) == ([b"abcdefgh"], [])
    assert gate([piece(b"abcd"), piece(b"efghi"), piece(b"j" * 100, last=True)]) == ([], [413])
    assert gate([piece(b"abcd")], seconds=0.01) == ([], [408])
    assert gate([piece(b"abcd"), {"type": "http.disconnect"}]) == ([], [])


class Bench:
    """A batcher whose work is to double numbers, which waits to be let go, and tells what it was given."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go = threading.Event()
        self.worker = ThreadPoolExecutor(1)
        self.batcher = Batcher(self.compute, weight=lambda item: item, most=100, waiting=6, worker=self.worker)

    def compute(self, items: list[int]) -> list[int]:
        self.batches.append(items)
        self.go.wait()
        if 13 in items:
            raise InputError("13 brings bad luck")
        if 66 in items:
            raise RuntimeError("the model broke")
        return [2 * item for item in items]

    async def ask(self, *requests: list[int], cancel: int | None = None) -> list[object]:
        """One request that keeps the worker busy, then the others; all answers."""
        running = asyncio.create_task(self.batcher.run())
        asked = [asyncio.create_task(self.batcher([1]))]
        while not self.batches:
            await asyncio.sleep(0.001)
        asked += [asyncio.create_task(self.batcher(request)) for request in requests]
        await asyncio.sleep(0.01)
        if cancel is not None:
            asked[cancel].cancel()
            await asyncio.sleep(0)
        self.go.set()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        running.cancel()
        self.worker.shutdown()
        return answers


def test_what_comes_while_the_worker_is_busy_is_computed_together() -> None:
    bench = Bench()
    assert asyncio.run(bench.ask([2], [3, 4], [5])) == [[2], [4], [6, 8], [10]]
    assert bench.batches == [[1], [2, 3, 4, 5]]


def test_a_batch_is_bounded_and_a_heavy_item_goes_alone() -> None:
    bench = Bench()
    assert asyncio.run(bench.ask([60], [50], [500], [7])) == [[2], [120], [100], [1000], [14]]
    assert bench.batches == [[1], [60], [50], [500], [7]]


def test_only_the_guilty_are_told_and_work_goes_on() -> None:
    bench = Bench()
    answers = asyncio.run(bench.ask([2], [13], [3]))
    assert (answers[1], answers[3]) == ([4], [6])
    assert isinstance(answers[2], InputError)
    bench = Bench()
    answers = asyncio.run(bench.ask([66], [40]))
    assert isinstance(answers[1], RuntimeError)
    assert answers[2] == [80]


def test_who_waits_no_more_is_not_computed_and_who_finds_no_room_is_told() -> None:
    bench = Bench()
    answers = asyncio.run(bench.ask([2], [3], cancel=1))
    assert isinstance(answers[1], asyncio.CancelledError)
    assert bench.batches == [[1], [3]]
    bench = Bench()
    answers = asyncio.run(bench.ask([2] * 5, [3] * 2, [4]))
    assert isinstance(answers[2], BusyError)
    assert (answers[1], answers[3]) == ([4] * 5, [8])
