"""Around every request: its id, its trace, its line in the access log, its figures, headers that keep browsers careful.

1. The request gets a ULID, which is in its problem, its log line and the first entry that it writes, and a span in the
   caller's trace.
2. Headers that an answer does not set itself: never stored, never framed, never sniffed, no script.
3. An error that nobody foresaw becomes a problem here, so that it carries all this too.
4. One line in the log: the route's pattern, never the address itself, whose path and query may hold handles.

May touch: network (the request at hand), clock, randomness
Sees:      methods, routes, statuses, sizes
"""

from __future__ import annotations

import secrets
import time
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any, Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http import metrics
from api.http.problems import fault_of
from api.http.traces import Trace, trace_of
from audit.request_id import new_request_id

HEADERS: Final = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "()"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)
TRANSPORT: Final = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
UNMATCHED: Final = "(none)"

CURRENT_TRACE: Final[ContextVar[Trace | None]] = ContextVar("current_trace", default=None)
"""For calls that are made while a request is served."""

log = structlog.get_logger("access")


class Context:
    """The outermost middleware. `https` says that callers reach the service by TLS only."""

    def __init__(self, app: ASGIApp, *, https: bool = False) -> None:
        self._app = app
        self._headers = (*HEADERS, TRANSPORT) if https else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen = _Seen(scope, self._headers)
        token = CURRENT_TRACE.set(seen.trace)
        metrics.OPEN.inc()
        try:
            with structlog.contextvars.bound_contextvars(request=seen.request_id, trace=seen.trace.trace_id):
                try:
                    await self._app(scope, seen.receiving(receive), seen.sending(send))
                except Exception as error:  # 3
                    if seen.status:
                        log.error("broken off", exc_info=error)
                        raise
                    await fault_of(scope, error)(scope, receive, seen.sending(send))
                finally:
                    seen.tell()
        finally:
            metrics.OPEN.dec()
            CURRENT_TRACE.reset(token)


class _Seen:
    """What is noted of one request while it passes."""

    def __init__(self, scope: Scope, headers: tuple[tuple[str, str], ...]) -> None:
        self._scope, self._headers = scope, headers
        self._began = time.perf_counter()
        self.status = self.came = self.left = 0
        self.request_id = new_request_id(time.time_ns() // 1_000_000)
        given = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
        self.trace = trace_of(given.decode("latin-1"), secrets.token_bytes(24))
        state: MutableMapping[str, Any] = scope.setdefault("state", {})
        state["request_id"] = self.request_id  # 1

    def receiving(self, receive: Receive) -> Receive:
        async def received() -> Message:
            message = await receive()
            self.came += len(message.get("body", b""))
            return message

        return received

    def sending(self, send: Send) -> Send:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self._add_headers(MutableHeaders(scope=message))
            self.left += len(message.get("body", b""))
            await send(message)

        return sent

    def _add_headers(self, headers: MutableHeaders) -> None:
        for name, value in self._headers:  # 2
            headers.setdefault(name, value)
        headers["Request-Id"] = self.request_id
        headers["traceparent"] = self.trace.traceparent
        for name, value in self._scope["state"].get("answer_headers", ()):
            headers[name] = value

    def tell(self) -> None:  # 4
        took = time.perf_counter() - self._began
        route, method = self._route(), self._method()
        metrics.REQUESTS.labels(method, route, str(self.status)).inc()
        metrics.SECONDS.labels(method, route).observe(took)
        metrics.RECEIVED.inc(self.came)
        metrics.SENT.inc(self.left)
        principal = self._scope["state"].get("principal")
        log.info(
            "answered",
            method=method,
            route=route,
            status=self.status,
            ms=round(took * 1000, 1),
            came=self.came,
            left=self.left,
            role=str(principal.role) if principal else None,
        )

    def _route(self) -> str:
        return str(getattr(self._scope.get("route"), "path", UNMATCHED))

    def _method(self) -> str:
        """A caller may invent methods; figures have a label for the known ones only."""
        method = str(self._scope["method"])
        return method if method in _METHODS else "OTHER"


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
