"""How much one request may hold, how much the server bears, and the gate that turns larger and slower ones away."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["CHARACTERS", "TARGETS", "TARGET_CHARACTERS", "TEXTS", "BodyGate", "Limits"]


TEXTS = 64  # in one request
CHARACTERS = 100_000  # of a text
TARGETS = 16  # in one request
TARGET_CHARACTERS = 300  # of a target


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server bears.

    Attributes:
        body: bytes of a request's body.
        seconds: for a body to come in, and again for its answer.
        batch: characters that the model reads in one go, of however many clients.
        waiting: texts of all clients that wait for the model; beyond, a client is told to come back later.
    """

    body: int = 1_000_000
    seconds: float = 60.0
    batch: int = 50_000
    waiting: int = 1024


class BodyGate:
    """ASGI middleware that reads a request's body before the app sees it, within a size and a time.

    What comes beyond the size is read and dropped, so that a client which sends before it listens gets its answer too.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request whose body came; refuse the others."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await asyncio.wait_for(self._read(receive), self._limits.seconds)
        except asyncio.TimeoutError:
            await _refuse(send, 408, f"the body did not come within {self._limits.seconds:g} seconds")
            return
        if body is None:
            return  # the client went away
        if len(body) > self._limits.body:
            await _refuse(send, 413, f"expected at most {self._limits.body} bytes of body; send fewer texts a request")
            return
        left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return left.pop() if left else await receive()

        await self._app(scope, replay, send)

    async def _read(self, receive: Receive) -> bytes | None:
        """Return the body, cut one byte over the limit where it is longer, or None if it breaks off."""
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")[: self._limits.body + 1 - len(body)]
            if not message.get("more_body", False):
                return bytes(body)


async def _refuse(send: Send, status: int, detail: str) -> None:
    content = json.dumps({"detail": detail}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": content})
