"""W3C trace context: take part in a caller's trace without believing more of it than its form.

May touch: nothing
Sees:      random ids
Spec:      W3C Trace Context level 1
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_FORM: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


@dataclass(frozen=True, slots=True)
class Trace:
    """Whose trace, our own span in it, and whether it is sampled."""

    trace_id: str
    span_id: str
    sampled: bool = False

    @property
    def traceparent(self) -> str:
        """For calls that we make, and for the answer."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


def trace_of(traceparent: str | None, randomness: bytes) -> Trace:
    """Our span in the caller's trace, or in one of our own. `randomness` is 24 fresh bytes."""
    own, span = randomness[:16].hex(), randomness[16:24].hex()
    match = _FORM.fullmatch(traceparent or "")
    if match is None:
        return Trace(own, span)
    version, trace_id, parent, flags, more = match.groups()
    if version == "ff" or (version == "00" and more) or not int(trace_id, 16) or not int(parent, 16):
        return Trace(own, span)
    return Trace(trace_id, span, bool(int(flags, 16) & 1))
