"""What a request's body may be, decided before anything reads it: how large, of which kind, and strict if JSON.

1. Operations that read a stream themselves (their description says `application/octet-stream`) get it as it comes, up
   to one part of an upload.
2. JSON is collected (1 MiB at most), read strictly, and handed on.
3. Forms are collected (64 KiB at most) and handed on.
4. Any other kind is refused, and so is a body without a kind.

Nobody is known yet at this point: all limits hold for strangers.

May touch: network (the request at hand)
Sees:      what was sent
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from re import Pattern
from typing import Final

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import Problem, answer_of, problem_of
from api.http.strict_json import NotStrictError, check_json

LARGEST_JSON: Final = 1024 * 1024
LARGEST_FORM: Final = 64 * 1024
LARGEST_PART: Final = 64 * 1024 * 1024
STREAM: Final = "application/octet-stream"
_FORM: Final = "application/x-www-form-urlencoded"


def stream_paths(routes: Iterable[BaseRoute]) -> list[tuple[str, Pattern[str]]]:
    """Method and path of every operation that reads its body as a stream."""
    found = []
    for route in routes:
        if isinstance(route, APIRoute):
            extra = route.openapi_extra or {}
            if STREAM in extra.get("requestBody", {}).get("content", {}):
                found += [(method, route.path_regex) for method in route.methods or ()]
    return found


class Bodies:
    """The middleware. `state.body_sha256` of a request whose body was collected names it for idempotency."""

    def __init__(self, app: ASGIApp, streams: list[tuple[str, Pattern[str]]]) -> None:
        self._app, self._streams = app, streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            _check_address(scope)
            handed = await self._handed(scope, receive)
        except Problem as problem:
            await answer_of(scope, problem)(scope, receive, send)
            return
        except _GoneError:
            return
        await self._app(scope, handed, send)

    async def _handed(self, scope: Scope, receive: Receive) -> Receive:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        method, path = scope["method"], scope["path"]
        if any(method == at and form.match(path) for at, form in self._streams):  # 1
            _refuse_beyond(LARGEST_PART, headers)
            return receive
        kind = headers.get(b"content-type", "").partition(";")[0].strip().lower()
        is_json = kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
        most = LARGEST_JSON if is_json else LARGEST_FORM
        _refuse_beyond(most, headers)
        body = await _collected(receive, most)
        if body and is_json:  # 2
            try:
                check_json(body)
            except NotStrictError as error:
                raise problem_of("bad-json", str(error)) from None
        elif body and kind != _FORM:  # 4
            raise problem_of("media-type")
        scope.setdefault("state", {})["body_sha256"] = hashlib.sha256(body).hexdigest()
        return _again(body, receive)


class _GoneError(Exception):
    """The caller went away before its body was here; nobody is left to answer."""


def _check_address(scope: Scope) -> None:
    if "\x00" in scope["path"] or b"%00" in scope.get("query_string", b""):
        raise problem_of("bad-request", "address: U+0000 in it")


def _refuse_beyond(most: int, headers: dict[bytes, str]) -> None:
    length = headers.get(b"content-length", "0")
    if not length.isascii() or not length.isdecimal() or len(length) > 18:
        raise problem_of("bad-request", "Content-Length: not a number")
    if int(length) > most:
        raise problem_of("too-large", f"body: more than {most} bytes", headers={"Connection": "close"})


async def _collected(receive: Receive, most: int) -> bytes:
    held = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        held += message.get("body", b"")
        if len(held) > most:
            raise problem_of("too-large", f"body: more than {most} bytes", headers={"Connection": "close"})
        if not message.get("more_body", False):
            return bytes(held)


def _again(body: bytes, receive: Receive) -> Receive:
    """The collected body as one message, then what the server says."""
    is_told = False

    async def told() -> Message:
        nonlocal is_told
        if not is_told:
            is_told = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return told
