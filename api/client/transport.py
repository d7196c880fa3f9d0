"""What both drivers share: which addresses may be called, how a call is sent, how a broken connection is told.

May touch: nothing
Sees:      requests and answers
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from api.client.calls import UNREACHABLE, Call, ServiceError

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def checked_base(base: str) -> str:
    """The service's address without a final slash; ServiceError for anything but HTTPS or loopback."""
    found = urlsplit(base)
    is_private = found.scheme == "https" or (found.scheme == "http" and found.hostname in _LOOPBACK)
    if is_private and found.hostname and not (found.query or found.fragment or found.username):
        return base.rstrip("/")
    raise ServiceError(0, "bad-address", "the service's address must be https://HOST (http:// on loopback only)")


def options(base: str, timeout_s: float) -> dict[str, Any]:
    return {"base_url": base, "timeout": timeout_s, "trust_env": False, "follow_redirects": False}


def request(call: Call) -> dict[str, Any]:
    return {"method": call.method, "url": call.path, "headers": dict(call.headers), "content": call.content or None}


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def unreachable(error: Exception) -> ServiceError:
    """A connection that failed, without addresses or bodies in the message."""
    return ServiceError(0, UNREACHABLE, f"the service cannot be reached ({type(error).__name__})")
