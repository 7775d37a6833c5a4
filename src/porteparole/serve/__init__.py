"""A page and a REST API over one model, for people and programs nearby."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from ..errors import DependencyError, InputError
from .limits import Limits

if TYPE_CHECKING:
    from ..tagger import Tagger

__all__ = ["Limits", "serve"]


def serve(tagger: Tagger, *, host: str = "127.0.0.1", port: int = 8000, token: str | None = None) -> None:
    """Serve a model until the process is told to stop; requests under way are answered first.

    Args:
        tagger: the model.
        host: address to listen at; the default is reached from this machine only.
        port: 0 for any that is free.
        token: what a client must send as ``Authorization: Bearer …``; by default anyone may ask.

    Raises:
        DependencyError: FastAPI or uvicorn is not installed.
        InputError: the address cannot be listened at.
    """
    try:
        import uvicorn

        from .app import create_app
    except ImportError as error:
        raise DependencyError(f'serve needs {error.name}: pip install "porteparole[serve]"') from None
    listener = _listen(host, port)
    app = create_app(tagger, token=token)
    config = uvicorn.Config(
        app,
        access_log=False,  # a line a request on standard output stops a server whose output nobody reads
        limit_concurrency=1000,  # further connections get a 503, so that clients which hold them cannot take them all
        timeout_keep_alive=75,  # longer than clients and proxies wait, so that none sends into a closing connection
        timeout_graceful_shutdown=30,
    )
    name, bound = listener.getsockname()[:2]
    shown = f"[{name}]" if ":" in name else name
    print(f"porteparole serves {tagger.describe()['model']} at http://{shown}:{bound}", flush=True)
    uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port < 65536:
        raise InputError(f"port {port}: expected 0 to 65535")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        raise InputError(f"{host}:{port}: cannot be listened at: {error.strerror}; try another host or port") from None
