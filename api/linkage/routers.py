"""Every router of the linkage service, one line each; `app.create_app` serves them all."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from api.linkage import (
    account_routes,
    agency_routes,
    batch_routes,
    check_routes,
    docs_routes,
    health_routes,
    job_routes,
    log_routes,
    match_routes,
    oauth_routes,
    project_routes,
    result_routes,
    review_routes,
    session_routes,
    subject_routes,
    unit_routes,
    webhook_routes,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    health_routes.router,
    docs_routes.router,
    log_routes.router,
    unit_routes.router,
    oauth_routes.router,
    session_routes.router,
    account_routes.router,
    agency_routes.router,
    project_routes.router,
    batch_routes.router,
    job_routes.router,
    result_routes.router,
    match_routes.router,
    review_routes.router,
    check_routes.router,
    subject_routes.router,
    webhook_routes.router,
)
