"""Figures of a process for Prometheus: requests by route and status, and how the log stands. Never a label of a caller.

Labels are the routes' patterns, methods and statuses: closed lists. Where the supervisor set up a folder for it
(`prometheus_client`'s multiprocess mode), the figures of all web processes are told as one.

May touch: disk (the folder of the figures), database (sizes of the log)
Sees:      counts and durations
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics
from prometheus_client.registry import Collector
from prometheus_client.values import ValueClass

from audit.log import Log

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


def exposition(log: Log | None = None) -> bytes:
    """All figures, in OpenMetrics text; with how the service's log stands."""
    whole = CollectorRegistry()
    if _is_shared():
        MultiProcessCollector(whole)  # type: ignore[no-untyped-call]
    else:
        whole.register(_Forwarded(REGISTRY))
    if log is not None:
        whole.register(_OfLog(log))
    return bytes(openmetrics(whole))  # type: ignore[no-untyped-call]


class _Forwarded(Collector):
    """Another registry's figures."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        return self._registry.collect()


class _OfLog(Collector):
    """Sizes of the log, read when they are asked for."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def collect(self) -> Iterator[Metric]:
        log = self._log
        yield GaugeMetricFamily("sealink_log_entries", "Entries of the log", log.head().size)
        yield GaugeMetricFamily("sealink_log_signed_entries", "Entries that are signed", log.checkpoint().size)
        yield GaugeMetricFamily("sealink_log_takes_entries", "1 while the log can be written", int(log.fault is None))


def _is_shared() -> bool:
    return getattr(ValueClass, "_multiprocess", False) is True
