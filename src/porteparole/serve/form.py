"""The page to paste a dispatch into; it works without a script, which only copies the JSON."""

from __future__ import annotations

import json
import secrets
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from ..page import environment
from .schemas import PredictRequest
from .service import FAULTS, Service, problem

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["add_form"]

_EXAMPLE = (
    "Le ministre islandais des Affaires étrangères a déclaré lundi à la presse que son pays était prêt à accueillir "
    "les pourparlers. « Nous ne voulons pas de nouvelles sanctions », a-t-il ajouté, selon la radio publique."
)


def add_form(app: FastAPI, service: Service, token: str | None) -> None:
    """Add the page to an application at ``/``.

    Args:
        app: the application.
        service: the model behind it.
        token: what a user must fill in; None for nothing.
    """

    def answer(request: Request, status: int = 200, **values: Any) -> HTMLResponse:
        shown = {"model": service.tagger.describe()["model"], "needs_token": token is not None}
        return HTMLResponse(_template().render(address=request.base_url, **shown, **{**_NOTHING, **values}), status)

    @app.get("/", include_in_schema=False)
    async def blank(request: Request) -> HTMLResponse:
        return answer(request, text=_EXAMPLE, targets="les sanctions")

    @app.post("/", include_in_schema=False)
    async def read(request: Request) -> HTMLResponse:
        try:
            fields = parse_qs((await request.body()).decode(), max_num_fields=8)
        except ValueError:
            return answer(request, 400, error="the form could not be read")
        # A form sends its line breaks as CR LF.
        text, targets, sent = (fields.get(name, [""])[0].replace("\r\n", "\n") for name in ("text", "targets", "token"))
        filled: dict[str, Any] = {"text": text, "targets": targets, "token": sent}
        if token is not None and not secrets.compare_digest(sent.encode(), token.encode()):
            return answer(request, 401, error="the token is missing or wrong", **filled)
        try:
            asked = PredictRequest(texts=[text], targets=[line.strip() for line in targets.split("\n") if line.strip()])
            (document,) = await service.predict(asked.texts, asked.targets)
        except FAULTS as error:
            status, detail = problem(error)
            return answer(request, status, error=detail, **filled)
        found = document.to_dict()
        return answer(request, document=found, json=json.dumps(found, ensure_ascii=False, indent=1), **filled)


_NOTHING = {"text": "", "targets": "", "token": "", "error": None, "document": None, "json": ""}


@cache
def _template() -> Template:
    here = Path(__file__).parent
    script = Markup((here / "form.js").read_text(encoding="utf-8"))
    source = (here / "form.html").read_text(encoding="utf-8")
    return environment().from_string(source, globals={"title": "porteparole", "form_script": script})
