"""The linkage service as one ASGI application: problems, middleware, routers. It decides nothing.

May touch: network
Sees:      requests and answers
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request

from api.auth.guard import Authenticate
from api.http import problems
from linkage.unit import Unit


def create_app(unit: Unit, authenticate: Authenticate, routers: Sequence[APIRouter] = ()) -> FastAPI:
    """The application for one unit. `authenticate` verifies credentials; `routers` are all that it serves."""
    app = FastAPI(title="Sealink linkage service", version="1", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.unit, app.state.authenticate = unit, authenticate
    problems.install(app)
    for router in routers:
        app.include_router(router)
    return app


def _unit(request: Request) -> Unit:
    unit: Unit = request.app.state.unit
    return unit


TheUnit = Annotated[Unit, Depends(_unit)]
"""How a route gets its unit."""
