"""The API described for programs (`/v1/openapi.json`) and for people (`/docs`), both made once from the routes.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.auth.guard import public
from api.http.conditional import strong_tag, unless_held
from api.http.description import describe
from api.http.languages import Language, preferred
from api.web import api_page

router = APIRouter(tags=["service"])

_PAGE_POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


class Described:
    """The description of an application's routers, and its page in each language."""

    def __init__(self, routers: tuple[APIRouter, ...]) -> None:
        description = describe(routers)
        self.data = json.dumps(description, ensure_ascii=False, separators=(",", ":")).encode()
        self.pages = {language: api_page.render(description, language).encode() for language in Language}


def _described(request: Request) -> Described:
    state: Any = request.app.state
    if not hasattr(state, "described"):
        state.described = Described(state.routers)
    found: Described = state.described
    return found


@router.get(
    "/v1/openapi.json",
    operation_id="readDescription",
    summary="The API as OpenAPI 3.1",
    dependencies=[public()],
    response_class=Response,
    responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}}, 304: {"description": "held"}},
)
def read_description(request: Request) -> Response:
    """Clients are generated from it."""
    data = _described(request).data
    answer = Response(data, media_type="application/json", headers={"Cache-Control": "no-cache"})
    return unless_held(request, answer, strong_tag(data))


@router.get(
    "/docs",
    operation_id="readPage",
    summary="The API for people to read",
    dependencies=[public()],
    response_class=Response,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}, 304: {"description": "held"}},
)
def read_page(
    request: Request, lang: Annotated[Language | None, Query(description="else by Accept-Language")] = None
) -> Response:
    """In English or Chinese, without a script."""
    language = lang or preferred(request.headers.get("accept-language"))
    data = _described(request).pages[language]
    headers = {
        "Cache-Control": "no-cache",
        "Content-Language": str(language),
        "Content-Security-Policy": _PAGE_POLICY,
        "Vary": "Accept-Language",
    }
    answer = Response(data, media_type="text/html; charset=utf-8", headers=headers)
    return unless_held(request, answer, strong_tag(data))


@router.get(
    "/docs/api_page.css",
    operation_id="readStyle",
    summary="The style sheet of that page",
    dependencies=[public()],
    response_class=Response,
    responses={200: {"content": {"text/css": {"schema": {"type": "string"}}}}, 304: {"description": "held"}},
)
def read_style(request: Request) -> Response:
    """From this service, like everything on the page."""
    data = api_page.style()
    answer = Response(data, media_type="text/css; charset=utf-8", headers={"Cache-Control": "no-cache"})
    return unless_held(request, answer, strong_tag(data))
