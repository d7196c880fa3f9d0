"""What is told by webhook: a closed list of kinds, each with ids and codes and nothing else.

A message says that something is there to be fetched with a credential; whoever reads it on its way learns ids.

May touch: nothing
Sees:      ids
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from audit.shapes import CODE, ULID, Shape


class Kind(StrEnum):
    """The `type` of a message."""

    JOB_DONE = "job.done"
    RESULTS_READY = "results.ready"
    REFERRAL_ISSUED = "referral.issued"
    CHECK_REQUESTED = "check.requested"
    SUBJECT_TASK = "subject.task"
    PING = "ping"


class DeliveryState(StrEnum):
    """Where a message stands."""

    DUE = "due"
    DELIVERED = "delivered"
    FAILED = "failed"


DATA: Final[Mapping[Kind, Mapping[str, Shape]]] = MappingProxyType(
    {
        Kind.JOB_DONE: {"project": CODE, "job": ULID},
        Kind.RESULTS_READY: {"project": CODE, "job": ULID},
        Kind.REFERRAL_ISSUED: {"referral": ULID},
        Kind.CHECK_REQUESTED: {"project": CODE, "check": ULID},
        Kind.SUBJECT_TASK: {"project": CODE, "task": ULID},
        Kind.PING: {"endpoint": ULID},
    }
)
"""The data of each kind, all of it required."""


def message(kind: Kind, data: Mapping[str, str], now_ms: int) -> str:
    """The body. Raises `ValueError`, naming the field, when the data are not exactly those of the kind."""
    shapes = DATA[kind]
    if set(data) != set(shapes):
        raise ValueError(f"{kind}: needs exactly {', '.join(shapes)}")
    for name, shape in shapes.items():
        if not shape.holds(data[name]):
            raise ValueError(f"{kind}: {name} must be {shape.says}")
    moment = datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": str(kind), "timestamp": moment, "data": dict(data)}, separators=(",", ":"))
