"""Every answer that is not a success, as RFC 9457 `application/problem+json`, and never with what was rejected.

One table at the edge: domain errors know reasons, `problem_words` knows statuses and words, this module puts them into
answers. Whatever the framework itself raises (404, 405, 422 …) goes the same way. `instance` is the request's id, the
one in the service's logs. In English `detail` is the exact sentence of whoever refused; in Chinese it is the table's,
and the exact one is `rule`.

May touch: network (the answer at hand)
Sees:      reasons
Spec:      RFC 9457
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import IntEnum
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from api.http.languages import Language, preferred
from api.http.problem_words import EVERY, FRAMEWORK
from audit.errors import AuditError
from audit.faults import fault_of as fault_of_database
from audit.faults import is_conflict
from audit.refusals import LogUnavailableError
from audit.refusals import Why as LogWhy

MEDIA_TYPE: Final = "application/problem+json"
TYPE_BASE: Final = "https://sealink.invalid/problems/"
"""Type URIs are names; each is explained under `/docs#problems`."""

_JSON: Final = ("application/json", "+json")
_MOST_PLACES: Final = 20

log = structlog.get_logger("http")


class Status(IntEnum):
    """The statuses that problems use."""

    BAD_REQUEST = 400
    UNAUTHORIZED = 401
    FORBIDDEN = 403
    NOT_FOUND = 404
    NOT_ALLOWED = 405
    NOT_ACCEPTABLE = 406
    CONFLICT = 409
    GONE = 410
    STALE = 412
    TOO_LARGE = 413
    MEDIA_TYPE = 415
    MALFORMED = 422
    PRECONDITION = 428
    TOO_MANY = 429
    FAULT = 500
    UNAVAILABLE = 503


class Problem(Exception):
    """The edge refuses: HTTP status, code (a line of `problem_words`), one sentence, perhaps headers and members."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = int(status), code, detail
        self.headers, self.more = dict(headers or {}), dict(more or {})


Answering = Callable[[Request, Exception], Awaitable[Response]]
"""How an error becomes an answer."""


def install(app: FastAPI, domain: Mapping[type[Exception], Answering]) -> None:
    """Answer every error of the application as a problem; `domain` says how those of the service's room are."""
    answers: dict[type[Exception], Answering] = {
        **domain,
        Problem: _of_problem,
        AuditError: _of_audit,
        DBAPIError: _of_database,
        PoolTimeoutError: _of_database,
        RequestValidationError: _of_validation,
        HTTPException: _of_framework,
    }
    for kind, answer in answers.items():
        app.add_exception_handler(kind, answer)


def answer_of(scope: Scope, problem: Problem) -> JSONResponse:
    """The problem as an answer to the request of this scope."""
    language = _language(scope)
    words = EVERY.get(problem.code)
    body: dict[str, Any] = {
        "type": TYPE_BASE + problem.code,
        "title": words.title_in(language) if words else problem.code.replace("-", " "),
        "status": problem.status,
        "detail": problem.detail,
    }
    if words and language is Language.ZH:
        body["detail"] = words.detail_in(language)
        if problem.detail != words.detail:
            body["rule"] = problem.detail
    request_id = scope.get("state", {}).get("request_id")
    if request_id:
        body["instance"] = request_id
    headers = {"Cache-Control": "no-store", "Content-Language": str(language), "Vary": "Accept-Language"}
    if problem.status == Status.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'DPoP algs="EdDSA ES256", Bearer'
    return JSONResponse(body | problem.more, problem.status, headers | problem.headers, MEDIA_TYPE)


def problem_of(code: str, detail: str = "", **parts: Any) -> Problem:
    """A problem with the status, and by default the sentence, of the table."""
    words = EVERY[code]
    return Problem(words.status, code, detail or words.detail, **parts)


def fault_of(scope: Scope, error: Exception) -> JSONResponse:
    """The answer to an error that nobody foresaw; its type and place are logged, its words are not."""
    log.error("fault", exc_info=error)
    return answer_of(scope, problem_of("fault"))


def _language(scope: Scope) -> Language:
    for name, value in scope.get("headers", ()):
        if name == b"accept-language":
            return preferred(value.decode("latin-1"))
    return Language.EN


async def _of_problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return answer_of(request.scope, error)


async def _of_audit(request: Request, error: Exception) -> JSONResponse:
    log.error("log refused", kind=type(error).__name__)
    detail = str(error) if isinstance(error, LogUnavailableError) else "the log did not take the entry"
    return answer_of(request.scope, problem_of("log-unavailable", detail, headers={"Retry-After": "2"}))


async def _of_database(request: Request, error: Exception) -> JSONResponse:
    """A database that is busy, full or away is not a fault of ours; a row that another was quicker to write is 409."""
    if is_conflict(error):
        return answer_of(request.scope, problem_of("exists"))
    if not isinstance(error, PoolTimeoutError) and fault_of_database(error).why is LogWhy.DATABASE_FAULT:
        return fault_of(request.scope, error)
    log.error("database", exc_info=error)
    return answer_of(request.scope, problem_of("database-busy", headers={"Retry-After": "2"}))


async def _of_validation(request: Request, error: Exception) -> JSONResponse:
    """Places alone: FastAPI's own answer would repeat the input. Names of fields that we do not know are input, too."""
    assert isinstance(error, RequestValidationError)
    if _lacks_json(request):
        return answer_of(request.scope, problem_of("media-type", "Content-Type: application/json expected"))
    places = []
    for one in error.errors()[:_MOST_PLACES]:
        *above, last = [str(part) for part in one["loc"]]
        known = one["type"] != "extra_forbidden"
        places.append(".".join([*above, last if known else "(unknown field)"]))
    return answer_of(request.scope, problem_of("malformed", more={"places": places}))


def _lacks_json(request: Request) -> bool:
    """A body came for an operation that reads JSON, under another name."""
    takes_json = getattr(request.scope.get("route"), "body_field", None) is not None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    return takes_json and has_body and not kind.endswith(_JSON) and kind != "application/x-www-form-urlencoded"


async def _of_framework(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = FRAMEWORK.get(error.status_code, "bad-request" if error.status_code < 500 else "fault")
    words = EVERY[code]
    status = error.status_code if code in FRAMEWORK.values() else words.status
    return answer_of(request.scope, Problem(status, code, words.detail, headers=dict(error.headers or {})))
