"""The vault service as one ASGI application. It decides nothing, serves no page and sets no cookie.

From outside in: context (id, trace, log line, figures), what a body may be, then the routes. A caller is known by the
signed call that comes with each request (`Sealink-Call`), there are no tokens and no sessions.

May touch: network
Sees:      requests and answers
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request

from api.http import problems
from api.http.bodies import Bodies, stream_paths
from api.http.context import Context
from api.http.plain_app import plain_app
from vault.caller import Caller
from vault.errors import VaultError
from vault.flows.admit_call import admit_call
from vault.house import Vault
from vault.refusals import Refused, Why
from vault.vocabulary import Role

from api.vault.refusing import of_vault  # isort: skip

HEADER: Final = "Sealink-Call"
LONGEST_CALL: Final = 16 * 1024
EMPTY: Final = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""SHA-256 of no bytes."""
AGENT: Final = "agent"


def create_app(vault: Vault, routers: Sequence[APIRouter], *, https: bool = False) -> FastAPI:
    """The application for one vault; `routers` are all that it serves."""
    app = plain_app("Sealink vault service", routers)
    app.state.vault, app.state.routers = vault, tuple(routers)
    problems.install(app, {VaultError: of_vault})
    app.add_middleware(Bodies, streams=stream_paths(route for router in routers for route in router.routes))
    app.add_middleware(Context, https=https)
    return app


async def _vault(request: Request) -> Vault:
    """Asynchronous: it costs no thread."""
    found: Vault = request.app.state.vault
    return found


TheVault = Annotated[Vault, Depends(_vault)]
"""How a route gets the vault."""


def call_bytes(request: Request) -> bytes:
    """The signed call of a request; Refused (not admitted) when there is none."""
    text = request.headers.get(HEADER, "")
    try:
        if 0 < len(text) <= LONGEST_CALL:
            return base64.b64decode(text, validate=True)
    except ValueError:  # also for letters beyond ASCII
        pass
    raise Refused(Why.NOT_ADMITTED, "call: not signed by anybody who may call, or not for this call and moment")


def signed_path(request: Request) -> str:
    """Path and query as the caller signed them, and as routes read them: a URL would end at a `#`."""
    query: bytes = request.scope["query_string"]
    return str(request.scope["path"]) + (f"?{query.decode('latin-1')}" if query else "")


def called_by(*who: Role | str) -> Any:
    """Admit the caller of a route and demand one of these roles (`agent`: a release agent). No role: everybody."""
    allowed = frozenset(who)

    def admitted(request: Request, vault: TheVault) -> Caller:
        body = getattr(request.state, "body_sha256", EMPTY)
        caller = admit_call(vault, call_bytes(request), request.method, signed_path(request), body)
        return must_be(caller, allowed)

    admitted.__dict__["allowed"] = allowed
    return Depends(admitted)


def must_be(caller: Caller, allowed: frozenset[Role | str]) -> Caller:
    """The caller, if it has one of the roles; Refused otherwise."""
    has: set[Role | str] = {*caller.roles, *([AGENT] if caller.holder else [])}
    if allowed and not has & allowed:
        raise Refused(Why.NOT_ENTITLED, "this caller may not do this")
    return caller


def callers_of(route: Any) -> str:
    """Who may call a route, for listings: roles, `any` or `everybody`."""
    stated = (route.openapi_extra or {}).get("x-callers")
    found: list[str] = [stated] if stated else []
    _walk(route.dependant, lambda call: found.append(_said(call.allowed)) if hasattr(call, "allowed") else None)
    return found[0] if found else "everybody"


def _said(allowed: frozenset[Role | str]) -> str:
    return ", ".join(sorted(str(role) for role in allowed)) or "any"


def _walk(dependant: Any, see: Callable[[Any], None]) -> None:
    see(dependant.call)
    for below in dependant.dependencies:
        _walk(below, see)
