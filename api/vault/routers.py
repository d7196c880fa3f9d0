"""Every router of the vault service, one line each; `app.create_app` serves them all."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from api.vault import (
    agent_routes,
    change_routes,
    oversight_routes,
    public_routes,
    record_routes,
    request_routes,
    roster_routes,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    public_routes.router,
    roster_routes.router,
    record_routes.router,
    request_routes.router,
    agent_routes.router,
    change_routes.router,
    oversight_routes.router,
)
