"""Every answer that is not a success, as RFC 9457 `application/problem+json`, and never with what was rejected.

One table at the edge: domain errors know reasons, this module knows HTTP. Whatever the framework itself raises (404,
405, 422 …) goes the same way.

May touch: network (the answer at hand)
Sees:      reasons
Spec:      RFC 9457
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from audit.errors import AuditError
from audit.refusals import LogUnavailableError
from linkage.errors import LinkageError
from linkage.refusals import Refused, Why

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "https://sealink.invalid/problems/"
"""Type URIs are names; each is explained under `/docs#problems`."""


class Status(IntEnum):
    """The statuses that problems use."""

    BAD_REQUEST = 400
    UNAUTHORIZED = 401
    FORBIDDEN = 403
    NOT_FOUND = 404
    NOT_ALLOWED = 405
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
    """The edge refuses: HTTP status, code (last part of the type URI), one sentence, perhaps headers and members."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: dict[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = int(status), code, detail, headers or {}
        self.more = dict(more or {})


STATUS_OF: dict[Why, Status] = {
    Why.NOT_FOUND: Status.NOT_FOUND,
    Why.NOT_ENTITLED: Status.FORBIDDEN,
    Why.STALE: Status.STALE,
    Why.EXISTS: Status.CONFLICT,
    Why.WRONG_STATE: Status.CONFLICT,
    Why.MALFORMED: Status.MALFORMED,
    Why.PARAMETERS_DIFFER: Status.MALFORMED,
    Why.UNHEALTHY: Status.MALFORMED,
    Why.REPLAYED: Status.CONFLICT,
    Why.WRONG_OFFSET: Status.CONFLICT,
    Why.WRONG_DIGEST: Status.BAD_REQUEST,
    Why.TOO_LARGE: Status.TOO_LARGE,
    Why.UNSEALED: Status.MALFORMED,
    Why.QUOTA_SPENT: Status.TOO_MANY,
    Why.PROBING: Status.TOO_MANY,
    Why.NO_BASIS: Status.FORBIDDEN,
    Why.SAME_PERSON: Status.CONFLICT,
    Why.ADDRESS_REFUSED: Status.MALFORMED,
}


def install(app: FastAPI) -> None:
    """Answer every error of the application as a problem."""
    for kind, answer in (
        (Problem, _of_problem),
        (LinkageError, _of_linkage),
        (AuditError, _of_audit),
        (RequestValidationError, _of_validation),
        (HTTPException, _of_framework),
        (Exception, _of_fault),
    ):
        app.add_exception_handler(kind, answer)


def _answer(status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    body = {"type": TYPE_BASE + code, "title": code.replace("-", " "), "status": status, "detail": detail, **more}
    return JSONResponse(body, status, headers=headers, media_type=MEDIA_TYPE)


async def _of_problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return _answer(error.status, error.code, error.detail, error.headers, **error.more)


async def _of_linkage(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, LinkageError)
    why = error.why if isinstance(error, Refused) else Why.MALFORMED
    wait = error.retry_after_s if isinstance(error, Refused) else None
    more = {"hint": error.hint} if error.hint else {}
    return _answer(STATUS_OF[why], str(why), error.message, {"Retry-After": str(wait)} if wait else None, **more)


async def _of_audit(_: Request, error: Exception) -> JSONResponse:
    detail = str(error) if isinstance(error, LogUnavailableError) else "the log did not take the entry"
    return _answer(Status.UNAVAILABLE, "log-unavailable", detail, {"Retry-After": "2"})


async def _of_validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    places = [".".join(map(str, one["loc"])) for one in error.errors()]
    return _answer(Status.MALFORMED, str(Why.MALFORMED), "the request breaks its schema", None, places=places)


async def _of_framework(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return _answer(error.status_code, f"http-{error.status_code}", "the request was refused", dict(error.headers or {}))


async def _of_fault(_: Request, error: Exception) -> JSONResponse:
    return _answer(Status.FAULT, "fault", "an error that nobody foresaw; nothing was released")
