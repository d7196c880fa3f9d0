"""The ordinary check as one ASGI application: a question by JSON, a counter page, and nothing that varies by itself.

No answer carries a request's id, a date, a trace or a cookie, and nothing is logged of a question: two answers differ
only if the index says different things, or the questions break different rules of form. It has no credential for, and
no import of, any other service of the product.

May touch: network
Sees:      names, resident IDs, ordinary records
Spec:      vault-law L24; contracts section 4
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Annotated, Final
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http import problems
from api.http.bodies import Bodies
from api.http.plain_app import plain_app
from api.http.problems import answer_of, problem_of
from api.ordinary_check.answers import Result, as_json, as_page, form_page, look_up, style
from api.ordinary_check.index import IndexFaultError, OrdinaryIndex, OrdinaryRecord
from api.ordinary_check.person import Person, PersonError, person_of

HEADERS: Final = (
    ("Cache-Control", "no-store"),
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "()"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)
_FORM: Final = "application/x-www-form-urlencoded"
_FIELDS: Final = ("name", "resident_id")
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_ASK: Final = {"WWW-Authenticate": 'Basic realm="ordinary check", charset="UTF-8"'}

log = structlog.get_logger("ordinary-check")


class Question(BaseModel):
    """The body of a check."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Field(min_length=1, max_length=200)]
    resident_id: Annotated[str, Field(min_length=1, max_length=40)]


def create_app(index: OrdinaryIndex, staff_token: bytes | None = None) -> FastAPI:
    """The application over one index. Without `staff_token` whoever reaches it may ask."""
    app = plain_app("Ordinary record check", (open_router, router))
    app.state.index = index
    app.state.token_hash = None if staff_token is None else hashlib.sha256(staff_token).digest()
    problems.install(app, {IndexFaultError: _index_fault, PersonError: _person_error})
    app.add_middleware(Bodies, streams=[])
    app.add_middleware(Constant)
    return app


class Constant:
    """The outermost middleware: the same headers on every answer; an unforeseen error becomes a problem."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_begun = False

        async def sent(message: Message) -> None:
            nonlocal is_begun
            if message["type"] == "http.response.start":
                is_begun = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS:
                    headers[name] = value
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception as error:
            if is_begun or scope["type"] != "http":
                raise
            await problems.fault_of(scope, error)(scope, receive, sent)


def _staff(request: Request) -> None:
    """Refuse who does not bring the counter's token, as a Bearer token or as the password of Basic.

    Without a token the program is on loopback, where any page in a browser of this machine could reach it under a name
    that it made point here (DNS rebinding): it then answers to loopback's own names alone.
    """
    expected = request.app.state.token_hash
    if expected is None:
        if request.url.hostname not in _LOOPBACK:
            raise problem_of("not-entitled", "host: without a staff token only loopback's own names are answered to")
        return
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    token = given.encode() if kind.lower() == "bearer" else _password(given) if kind.lower() == "basic" else b""
    if not hmac.compare_digest(hashlib.sha256(token).digest(), expected):
        raise problem_of("no-credential", headers=_ASK)


def _password(given: str) -> bytes:
    try:
        return base64.b64decode(given, validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""


def _same_site(request: Request) -> None:
    """A page elsewhere may not make a counter's browser ask."""
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise problem_of("not-entitled", "the counter page alone may send its form")


open_router = APIRouter()
router = APIRouter(dependencies=[Depends(_staff)])


@open_router.get("/counter.css")
def counter_style() -> Response:
    """The counter page's style sheet."""
    return Response(style(), media_type="text/css")


@router.get("/")
def counter() -> Response:
    """The counter page."""
    return _html(form_page())


@router.post("/", dependencies=[Depends(_same_site)])
async def counter_check(request: Request) -> Response:
    """The counter page's question; a field that breaks its form is marked on the page."""
    try:
        person = person_of(*_fields(request, await request.body()))
    except PersonError as error:
        return _html(form_page((error.field,)), 422)
    return _html(as_page(*await _looked_up(request, person)))


@router.post("/v1/checks")
async def check(request: Request, question: Question) -> Response:
    """One person's ordinary record."""
    person = person_of(question.name, question.resident_id)
    return Response(as_json(*await _looked_up(request, person)), media_type="application/json")


async def _looked_up(request: Request, person: Person) -> tuple[Result, Sequence[OrdinaryRecord]]:
    """In a thread: the index may be a database."""
    return await run_in_threadpool(look_up, request.app.state.index, person)


def _fields(request: Request, body: bytes) -> list[str]:
    """The form's two fields, each there once and nothing else."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise problem_of("media-type")
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=2
        )
    except ValueError:
        raise problem_of("malformed", "form: not a form of two fields") from None
    found = dict(pairs)
    if len(pairs) != len(_FIELDS) or set(found) != set(_FIELDS):
        raise problem_of("malformed", "form: the fields name and resident_id expected, once each")
    return [found[name] for name in _FIELDS]


def _html(page: bytes, status: int = 200) -> Response:
    return Response(page, status, media_type="text/html")


async def _person_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, PersonError)
    return answer_of(request.scope, problem_of("malformed", str(error), more={"places": [f"body.{error.field}"]}))


async def _index_fault(request: Request, error: Exception) -> Response:
    log.error("index", rule=str(error))
    return answer_of(request.scope, problem_of("not-ready", headers={"Retry-After": "5"}))
