"""Idempotency-Key: a request that was answered is not done again; the same key gives the same answer.

A route opts in by one parameter, declared after its principal: ``once: Once``.
1. The key belongs to the caller; the fingerprint is method, address and body.
2. The first request claims the key. While it is under way the key is refused (409); with another fingerprint always
   (422).
3. Its answer, if a success, is kept sealed for a day and given again. A refusal did nothing, so the key is free again.

A process that is killed between its act and step 3 leaves the key claimed for two minutes; then the request is done
anew. Where doing twice would harm, the flow itself must refuse the second.

May touch: network (request and answer at hand), database
Sees:      answers
Spec:      draft-ietf-httpapi-idempotency-key-header (an Internet-Draft, not a standard)
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from typing import Annotated, Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http import kept_answers
from api.http.problems import problem_of
from linkage.unit import Unit

HEADER: Final = "Idempotency-Key"
LARGEST_KEPT: Final = 1024 * 1024
_KEY: Final = re.compile(r'[!#-\[\]-~]{1,255}|"[!#-\[\]-~]{1,253}"')
_KEPT_HEADERS: Final = frozenset({"content-type", "location", "etag", "cache-control", "link", "sealink-salt"})


@dataclass(frozen=True, slots=True)
class Claim:
    """A key that this request holds."""

    unit: Unit
    caller: str
    key: str
    name: str
    fingerprint: str
    sealing_key: bytes

    @property
    def bound(self) -> bytes:
        return _bound(self.caller, self.key, self.fingerprint)


class Replayed(Exception):
    """Carries a kept answer from the dependency to the handler."""

    def __init__(self, answer: Response) -> None:
        super().__init__("a kept answer")
        self.answer = answer


def _once(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(max_length=255, description="names this one act; sent again, it is not done again (draft header)"),
    ] = None,
) -> None:
    if idempotency_key is None:
        return
    if not _KEY.fullmatch(idempotency_key):
        raise problem_of("malformed", "Idempotency-Key: 1 to 255 printable ASCII characters")
    principal, unit = request.state.principal, request.app.state.unit
    key = idempotency_key.strip('"')
    caller = f"{principal.subject}/{principal.agency or ''}"  # 1
    body = getattr(request.state, "body_sha256", "")
    address = f"{request.method} {request.url.path}?{request.url.query} {body}"
    fingerprint = hashlib.sha256(address.encode()).hexdigest()
    sealing_key: bytes = request.app.state.answer_key
    made = Claim(unit, caller, key, secrets.token_hex(16), fingerprint, sealing_key)
    found = kept_answers.claim(unit.database, caller, key, fingerprint, made.name, unit.now_ms())  # 2
    if found is None:
        request.state.claim = made
        return
    if found.fingerprint != fingerprint:
        raise problem_of("key-reused")
    if found.status is None or found.sealed is None:
        raise problem_of("in-flight", headers={"Retry-After": "1"})
    raise Replayed(_opened(found.status, found.sealed, made))


Once = Annotated[None, Depends(_once)]
"""What a route that creates something takes, after its principal."""


def install(app: FastAPI) -> None:
    """Give kept answers; `Idempotency` keeps them."""

    async def replay(_: Request, error: Exception) -> Response:
        assert isinstance(error, Replayed)
        return error.answer

    app.add_exception_handler(Replayed, replay)


class Idempotency:
    """The middleware of step 3. The answer is kept before its last byte leaves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        held: list[Message] = []
        is_settled = False

        async def sent(message: Message) -> None:
            nonlocal is_settled
            claim: Claim | None = scope.setdefault("state", {}).get("claim")
            if claim is None or is_settled:
                await send(message)
                return
            held.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                is_settled = True
                await run_in_threadpool(_settle, claim, held)
                for each in held:
                    await send(each)

        try:
            await self._app(scope, receive, sent)
        finally:
            claim = scope.get("state", {}).get("claim")
            if claim is not None and not is_settled:
                await run_in_threadpool(_give_back, claim)


def _settle(claim: Claim, messages: list[Message]) -> None:
    status: int = messages[0]["status"]
    body = b"".join(each.get("body", b"") for each in messages[1:])
    if not 200 <= status < 300 or len(body) > LARGEST_KEPT:
        _give_back(claim)
        return
    sealed = _sealed(claim, messages[0]["headers"], body)
    unit = claim.unit
    kept_answers.keep(unit.database, claim.caller, claim.key, claim.name, status, sealed, unit.now_ms())


def _give_back(claim: Claim) -> None:
    kept_answers.give_back(claim.unit.database, claim.caller, claim.key, claim.name)


def _bound(caller: str, key: str, fingerprint: str) -> bytes:
    return json.dumps([caller, key, fingerprint]).encode()


def _sealed(claim: Claim, headers: list[tuple[bytes, bytes]], body: bytes) -> bytes:
    kept = {name.decode(): value.decode("latin-1") for name, value in headers if name.decode() in _KEPT_HEADERS}
    head = json.dumps(kept).encode()
    nonce = secrets.token_bytes(12)
    plain = len(head).to_bytes(4, "big") + head + body
    return nonce + AESGCM(claim.sealing_key).encrypt(nonce, plain, claim.bound)


def _opened(status: int, sealed: bytes, claim: Claim) -> Response:
    plain = AESGCM(claim.sealing_key).decrypt(sealed[:12], sealed[12:], claim.bound)
    end = 4 + int.from_bytes(plain[:4], "big")
    headers: dict[str, Any] = json.loads(plain[4:end])
    return Response(plain[end:], status, {**headers, "Idempotency-Replayed": "true"})
