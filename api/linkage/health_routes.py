"""Is this process alive (`/healthz`), is the service ready to act (`/readyz`): database, log, disk; its figures.

The first two are open to all, for load balancers and service managers, and say words of a closed list only. Not ready
is a problem (503) with the same checks in it.

May touch: database, disk (free space), a local socket (the signer)
Sees:      sizes of the log
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.auth.guard import allowed, public
from api.auth.permissions import Permission
from api.auth.principal import Principal
from api.http import metrics
from api.http.problems import Problem, Status
from api.linkage.app import TheUnit
from api.linkage.schemas import Body
from audit.errors import AuditError
from linkage.unit import Unit

router = APIRouter(tags=["service"])

DEFAULT_LEAST_FREE_BYTES: Final = 2**30
OK: Final = "ok"


class Alive(Body):
    """This process answers."""

    alive: Literal[True] = True


class Ready(Body):
    """Each check, `ok` or a word of what is wrong."""

    database: str = Field(examples=["ok"])
    log: str = Field(examples=["ok"])
    disk: str = Field(examples=["ok"])


def _least_free(request: Request) -> int:
    return int(getattr(request.app.state, "least_free_bytes", DEFAULT_LEAST_FREE_BYTES))


@router.get("/healthz", operation_id="readHealth", summary="Is the process alive?", dependencies=[public()])
async def read_health() -> Alive:
    """Answered without looking at anything else."""
    return Alive()


@router.get(
    "/readyz",
    operation_id="readReadiness",
    summary="Is the service ready to act?",
    dependencies=[public()],
    openapi_extra={"x-problems": ["not-ready"]},
)
def read_readiness(unit: TheUnit, least_free: Annotated[int, Depends(_least_free)]) -> Ready:
    """Database reachable; log writable and its signer no further than its tree; disk not full."""
    found = {
        "database": _said(lambda: _database(unit)),
        "log": _said(lambda: _log(unit)),
        "disk": _said(lambda: _disk(unit, least_free)),
    }
    if set(found.values()) != {OK}:
        raise Problem(
            Status.UNAVAILABLE, "not-ready", "the service is not ready", headers={"Retry-After": "5"}, more=found
        )
    return Ready(**found)


@router.get(
    "/metrics",
    operation_id="readMetrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"application/openmetrics-text": {"schema": {"type": "string"}}}}},
)
def read_metrics(who: Annotated[Principal, allowed(Permission.METRICS_READ)], unit: TheUnit) -> Response:
    """Counts and durations by route and status; no caller, no address."""
    return Response(metrics.exposition(unit.log), headers={"Content-Type": metrics.MEDIA_TYPE})


def _said(check: Callable[[], str]) -> str:
    try:
        return check()
    except SQLAlchemyError:
        return "database gone"
    except AuditError as error:
        return type(error).__name__.removesuffix("Error").lower()
    except OSError:
        return "unreadable"


def _database(unit: Unit) -> str:
    with unit.database.reading() as connection:
        connection.execute(text("SELECT 1"))
    return OK


def _log(unit: Unit) -> str:
    log = unit.log
    if log.fault is not None:
        return str(log.fault)
    state = log.signer.state()
    head = log.head()
    # The signer lags by one flush; it may never be ahead: that is a database rolled back under it.
    return "database behind the signer" if state.size > head.size else OK


def _disk(unit: Unit, least_free: int) -> str:
    return OK if shutil.disk_usage(unit.folder).free >= least_free else "disk full"
