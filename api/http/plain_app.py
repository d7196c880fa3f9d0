"""An application that serves what it is told to and nothing else: no pages of the framework's, no redirects, no
telemetry.

The framework's telemetry keeps rejected input and errors for whoever asks OpenTelemetry for them, and an environment
variable alone (FASTAPI_OTEL_AUTO_CONFIGURE) would send them to a collector: handles and names among them. Our own
figures and log lines are made in `context.py` and `metrics.py`, which know what may be told.

May touch: nothing
Sees:      nothing
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig

_SILENT: Final[TelemetryConfig] = {
    "tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False,
}  # fmt: skip


def plain_app(title: str, routers: Iterable[APIRouter]) -> FastAPI:
    """Routes are taken as they are: an included router would be searched twice at every request."""
    app = FastAPI(
        title=title, version="1", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False,
        telemetry=_SILENT,
    )  # fmt: skip
    for router in routers:
        app.router.routes += router.routes
    return app
