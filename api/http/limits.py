"""Token buckets: how many requests one caller may make, and the headers that tell how many are left.

A bucket holds `burst` tokens and is refilled evenly. Buckets live in the memory of one web process, so a service of n
processes grants up to n times as much: this protects the machine. Quotas that protect children (`linkage`) are kept in
the database and are exact.

May touch: nothing
Sees:      codes of callers, in memory
Spec:      draft-ietf-httpapi-ratelimit-headers (an Internet-Draft, not a standard)
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Final

from fastapi import Request

from api.http.problems import problem_of

MOST_CALLERS: Final = 10_000
"""Buckets kept; the one that rested longest goes first, and a full one is what it would be again."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` tokens at most, `per_minute` of them refilled in a minute."""

    per_minute: int
    burst: int

    @property
    def policy(self) -> str:
        return f'"default";q={self.per_minute};w=60'


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many tokens there were at a moment (seconds of any steady clock)."""

    tokens: float
    at: float

    def taken(self, rate: Rate, now: float) -> tuple[Bucket, float]:
        """The bucket after one request, and 0; or the same bucket refilled, and the seconds to wait."""
        grown = min(float(rate.burst), self.tokens + max(0.0, now - self.at) * rate.per_minute / 60)
        if grown >= 1:
            return Bucket(grown - 1, now), 0.0
        return Bucket(grown, now), (1 - grown) * 60 / rate.per_minute


class Limits:
    """The buckets of all callers of one process."""

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        self._rate, self._clock = rate, clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self._turn = threading.Lock()

    def take(self, caller: str) -> list[tuple[str, str]]:
        """Headers for the answer. Problem 429 when nothing is left."""
        with self._turn:
            now = self._clock()
            bucket, wait = self._buckets.get(caller, Bucket(self._rate.burst, now)).taken(self._rate, now)
            self._buckets[caller] = bucket
            self._buckets.move_to_end(caller)
            if len(self._buckets) > MOST_CALLERS:
                self._buckets.popitem(last=False)
        headers = [
            ("RateLimit-Policy", self._rate.policy),
            ("RateLimit", f'"default";r={int(bucket.tokens)};t={ceil(wait)}'),
        ]
        if wait:
            raise problem_of("too-many-requests", headers={**dict(headers), "Retry-After": str(max(1, ceil(wait)))})
        return headers


def take_strangers_turn(request: Request, kind: str) -> None:
    """One token of the bucket that all strangers of one network share; nothing where no limits were set."""
    limits: Limits | None = getattr(request.app.state, kind, None)
    if limits is not None:
        limits.take(f"stranger/{_network(request.client.host) if request.client else ''}")


def _network(host: str) -> str:
    """Whoever has one IPv6 address has the 2^64 beside it: they count as one."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((int(address) >> 64 << 64, 64)))
    return host
