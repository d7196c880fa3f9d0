"""Structured logs: one JSON object a line on standard error, the same for our own words and those of libraries.

What may be logged is names of things and figures; never a path, a query, a body, a header or a message of an error,
any of which may hold what a caller sent. Exceptions are logged by their type and the place in our code.

May touch: standard error
Sees:      nothing personal
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, Final

import structlog

_LIBRARIES: Final = ("uvicorn", "uvicorn.error", "uvicorn.access", "sqlalchemy", "asyncio", "alembic")


def set_up_logs(process: str, stream: Any = None) -> None:
    """Send everything that this process logs to `stream` (standard error) as JSON lines."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_values,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(process=process)
    root = logging.getLogger()
    root.handlers[:] = [_ToStructlog()]
    root.setLevel(logging.WARNING)
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def without_values(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception's text may quote what was sent: keep its type and where it arose."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["at"] = places(error.__traceback__)
    return event


def places(trace: TracebackType | None, most: int = 6) -> list[str]:
    """`module:line` of the last frames."""
    frames = traceback.extract_tb(trace)[-most:]
    return [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames]


class _ToStructlog(logging.Handler):
    """A library's record: whose and where, without its words, which may be finished sentences with values in them."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        about = {"exc_info": error} if error else {}
        place = f"{record.module}:{record.lineno}"
        structlog.get_logger().log(record.levelno, "library", library=record.name, place=place, **about)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    structlog.get_logger().critical("uncaught", exc_info=error.with_traceback(trace))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    structlog.get_logger().critical("uncaught", exc_info=args.exc_value)
