"""Figures of a process for Prometheus: requests by route and status, and how the log stands. Never a label of a caller.

Labels are the routes' patterns, methods and statuses: closed lists. Where the supervisor set up a folder for it
(`prometheus_client`'s multiprocess mode), the figures of all web processes are told as one.

May touch: disk (the folder of the figures)
Sees:      counts and durations
"""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics
from prometheus_client.values import ValueClass

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST
_BUCKETS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)

REGISTRY: Final = CollectorRegistry()
REQUESTS: Final = Counter(
    "sealink_http_requests", "Requests that were answered", ["method", "route", "status"], registry=REGISTRY
)
SECONDS: Final = Histogram(
    "sealink_http_request_seconds", "How long answering took", ["method", "route"], buckets=_BUCKETS, registry=REGISTRY
)
OPEN: Final = Gauge("sealink_http_requests_open", "Requests under way", registry=REGISTRY, multiprocess_mode="livesum")
RECEIVED: Final = Counter("sealink_http_received_bytes", "Bytes of bodies that came", registry=REGISTRY)
SENT: Final = Counter("sealink_http_sent_bytes", "Bytes of bodies that left", registry=REGISTRY)


def exposition() -> bytes:
    """All figures, in OpenMetrics text."""
    if not _is_shared():
        return bytes(openmetrics(REGISTRY))  # type: ignore[no-untyped-call]
    whole = CollectorRegistry()
    MultiProcessCollector(whole)  # type: ignore[no-untyped-call]
    return bytes(openmetrics(whole))  # type: ignore[no-untyped-call]


def _is_shared() -> bool:
    return getattr(ValueClass, "_multiprocess", False) is True
