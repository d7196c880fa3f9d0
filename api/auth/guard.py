"""The door of every route: `allowed(PERMISSION)` is its one dependency, and tells a listing which permission it is.

How a credential is verified is the authenticator's matter, which the wiring puts on the application
(`app.state.authenticate`): it takes the request and returns a `Principal`, or raises a `Problem` (401).

May touch: network (the request at hand)
Sees:      credentials, for the length of a call
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import Depends, Request

from api.auth.permissions import STEP_UP, Permission
from api.auth.principal import Principal
from api.http.limits import Limits
from api.http.problems import Problem, Status

STEP_UP_CHALLENGE: Final = 'Bearer error="insufficient_user_authentication", max_age=900'
"""RFC 9470."""

Authenticate = Callable[[Request], Awaitable[Principal]]


def allowed(permission: Permission) -> Any:
    """A dependency that yields the `Principal`, or refuses: 401 without a valid credential, 403 without the right."""
    if permission is Permission.PUBLIC:
        raise ValueError("a public route has no principal: use public()")

    async def check(request: Request) -> Principal:
        authenticate: Authenticate = request.app.state.authenticate
        principal = await authenticate(request)
        request.state.principal = principal
        if not principal.may(permission):
            raise Problem(Status.FORBIDDEN, "not-entitled", "this credential does not carry the permission")
        if permission in STEP_UP and not principal.is_fresh:
            raise Problem(Status.UNAUTHORIZED, "sign-in-again", "sign in again: this needs a fresh sign-in",
                          headers={"WWW-Authenticate": STEP_UP_CHALLENGE})  # fmt: skip
        limits: Limits | None = getattr(request.app.state, "limits", None)
        if limits is not None:
            before = getattr(request.state, "answer_headers", ())
            request.state.answer_headers = [*before, *limits.take(f"{principal.subject}/{principal.agency or ''}")]
        return principal

    check.permission = permission  # type: ignore[attr-defined]  # read by the listing of routes
    return Depends(check)


def public() -> Any:
    """The mark of a route that needs no credential; a route without a mark fails the listing's test."""

    async def open_to_all() -> None:
        return None

    open_to_all.permission = Permission.PUBLIC  # type: ignore[attr-defined]  # read by the listing of routes
    return Depends(open_to_all)
