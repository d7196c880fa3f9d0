"""The linkage service as one ASGI application: problems, middleware, routers. It decides nothing.

From outside in: context (id, trace, log line, figures), kept answers, what a body may be, then the routes.

May touch: network
Sees:      requests and answers
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request

from api.auth.guard import Authenticate
from api.auth.server import AuthServer
from api.http import idempotency, problems
from api.http.bodies import Bodies, stream_paths
from api.http.context import Context
from api.http.idempotency import Idempotency
from api.http.plain_app import plain_app
from api.http.problems import Problem, Status
from api.linkage.refusing import of_linkage
from audit.request_id import new_request_id
from linkage.errors import LinkageError
from linkage.unit import Unit


def create_app(
    unit: Unit,
    authenticate: Authenticate,
    routers: Sequence[APIRouter] = (),
    *,
    web_secret: bytes | None = None,
    https: bool = False,
) -> FastAPI:
    """The application for one unit. `authenticate` verifies credentials; `routers` are all that it serves.

    `web_secret` is what cursors and kept answers hang on; all processes of a service need the same.
    """
    app = plain_app("Sealink linkage service", routers)
    secret = web_secret or secrets.token_bytes(32)
    app.state.unit, app.state.authenticate = unit, authenticate
    app.state.cursor_key, app.state.answer_key = derive_key(secret, "cursor"), derive_key(secret, "answer")
    app.state.routers = tuple(routers)
    problems.install(app, {LinkageError: of_linkage})
    idempotency.install(app)
    app.add_middleware(Bodies, streams=stream_paths(route for router in routers for route in router.routes))
    app.add_middleware(Idempotency)
    app.add_middleware(Context, https=https)
    return app


def derive_key(secret: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose."""
    return hmac.digest(secret, f"sealink/v1/web/{purpose}".encode(), "sha256")


async def _unit(request: Request) -> Unit:
    """The unit, whose first entry for this request carries the request's own id. Asynchronous: it costs no thread."""
    unit: Unit = request.app.state.unit
    return replace(unit, next_req=_ids(getattr(request.state, "request_id", None)))


def _ids(first: str | None) -> Callable[[int], str]:
    left = [first] if first else []
    return lambda now_ms: left.pop() if left else new_request_id(now_ms)


TheUnit = Annotated[Unit, Depends(_unit)]
"""How a route gets its unit."""


async def _server(request: Request) -> AuthServer:
    found: AuthServer | None = getattr(request.app.state, "auth_server", None)
    if found is None:
        raise Problem(Status.UNAVAILABLE, "not-served", "this service was started without token keys")
    return found


TheServer = Annotated[AuthServer, Depends(_server)]
"""How a route of credentials gets the authorization server."""
