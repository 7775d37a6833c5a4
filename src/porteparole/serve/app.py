"""The web application: the REST API, and the page over it."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from .. import __version__
from ..tagger import Tagger
from . import schemas
from .form import add_form
from .limits import BodyGate, Limits
from .service import FAULTS, Service, problem

__all__ = ["create_app"]

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": schemas.Problem, "description": "The body is no JSON."},
    408: {"model": schemas.Problem, "description": "The body came too slowly."},
    413: {"model": schemas.Problem, "description": "The body is too large."},
    422: {"model": schemas.Problem, "description": "The request is not of this form, or over a limit."},
    501: {"model": schemas.Problem, "description": "The model has no stance classifier."},
    503: {"model": schemas.Problem, "description": "Too busy; come back later."},
}


def create_app(tagger: Tagger, *, limits: Limits | None = None, token: str | None = None) -> FastAPI:
    """Return the application, for uvicorn or any other ASGI server.

    Args:
        tagger: the model.
        limits: what the server bears.
        token: what a client must send as ``Authorization: Bearer …``; by default anyone may ask.
    """
    limits = limits or Limits()
    service = Service(tagger, limits)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield

    # FastAPI's own page of the API loads its parts from the network; ours is served at / and tells of /openapi.json.
    app = FastAPI(title="porteparole", version=__version__, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.add_middleware(BodyGate, limits=limits)
    for fault in FAULTS:
        app.add_exception_handler(fault, _refuse)
    _add_api(app, service, _guard(token))
    add_form(app, service, token)
    return app


def _add_api(app: FastAPI, service: Service, guard: list[Any]) -> None:
    # An answer is JSON already, so FastAPI takes the models of schemas.py for the OpenAPI document alone.
    asked: dict[str, Any] = {"dependencies": guard, "responses": _PROBLEMS | ({401: _UNAUTHORIZED} if guard else {})}

    @app.post("/v1/predict", response_model=schemas.Prediction, **asked)
    async def predict(request: schemas.PredictRequest) -> Response:
        """Find the statements of one text or of many."""
        documents = await service.predict(request.texts, request.targets)
        return _json({"documents": [document.to_dict() for document in documents]})

    @app.post("/v1/stance", response_model=schemas.Stance, **asked)
    async def stance(request: schemas.StanceRequest) -> Response:
        """Judge the stance of a text to a target."""
        return _json((await service.stance(request.text, request.target)).to_dict())

    @app.get("/v1/model", dependencies=guard, responses={401: _UNAUTHORIZED} if guard else {})
    async def model() -> schemas.Model:
        """Tell which model answers, and the labels that it knows."""
        about, labels = service.tagger.describe(), service.tagger.labels.to_dict()
        return schemas.Model(
            name=about["model"], version=__version__, device=about["device"], dtype=about["dtype"], **labels
        )

    @app.get("/healthz", responses={503: {"model": schemas.Health}})
    async def health(response: Response) -> schemas.Health:
        """Tell whether requests are being answered."""
        if service.alive:
            return schemas.Health(status="ok")
        response.status_code = 503
        return schemas.Health(status="failed")


_UNAUTHORIZED: dict[str, Any] = {"model": schemas.Problem, "description": "The bearer token is missing or wrong."}
_bearer = HTTPBearer(auto_error=False)


def _guard(token: str | None) -> list[Any]:
    """The dependency that asks for the token, if there is one."""
    if token is None:
        return []

    async def check(sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> None:
        if sent is None or not secrets.compare_digest(sent.credentials.encode(), token.encode()):
            raise HTTPException(401, "expected the header Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"})

    return [Depends(check)]


async def _refuse(_: Request, error: Exception) -> JSONResponse:
    status, detail = problem(error)
    return JSONResponse({"detail": detail}, status, {"Retry-After": "5"} if status == 503 else None)


def _json(content: dict[str, Any]) -> Response:
    return Response(json.dumps(content, ensure_ascii=False), media_type="application/json")
