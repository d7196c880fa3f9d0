"""How often an agency may ask about single records, and what its questions look like when they are probing.

Whoever may ask without end can learn who is known: by asking about everybody, or about one guessed child again and
again with a part changed. So there are limits for a day and a minute, and questions of the last hour are held against
the new one: several that look like the same child with other parts are probing.

A question is remembered by its *sketch*: the first 16 bits of all its keys. Two key types agree when any of their
slots do. So two questions about one child with a part changed agree wherever nothing changed, under whatever record
id they come (dummies differ then, keys do not); strangers agree nowhere, siblings in few places. The rules know no
clock and no database.

May touch: nothing
Sees:      parts of keys
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
ALIKE: Final = 0.25
"""Share of key types that agree between two questions about what looks like one child."""
MOST_ALIKE: Final = 5
"""Questions alike, but not equal, in an hour; the next one is probing."""


class Rule(StrEnum):
    """Which limit a question breaks."""

    PER_MINUTE = "quota-minute"
    PER_DAY = "quota-day"
    PROBING = "probing"


@dataclass(frozen=True, slots=True)
class Quota:
    """What one agency may ask in one project."""

    per_day: int = 2_000
    per_minute: int = 120


@dataclass(frozen=True, slots=True)
class Asked:
    """An earlier question: when, and its sketch."""

    at_ms: int
    sketch: bytes


def sketch_of(keys: Sequence[NDArray[np.uint64]]) -> bytes:
    """The sketch of a record's halves, uint64[slots] per key type: two bytes a slot."""
    return (np.concatenate(keys) >> np.uint64(48)).astype(np.uint16).tobytes()


def broken_rule(
    sketch: bytes, slots: Sequence[int], asked: Sequence[Asked], in_a_day: int, now_ms: int, quota: Quota
) -> Rule | None:
    """The rule that a new question breaks. `asked`: those of the last hour; `in_a_day`: how many in the last day."""
    if in_a_day >= quota.per_day:
        return Rule.PER_DAY
    if sum(each.at_ms > now_ms - MINUTE_MS for each in asked) >= quota.per_minute:
        return Rule.PER_MINUTE
    return Rule.PROBING if _alike(sketch, slots, asked) >= MOST_ALIKE else None


def blocked_for_ms(rule: Rule) -> int:
    """How long nothing more is answered."""
    return MINUTE_MS if rule is Rule.PER_MINUTE else HOUR_MS


def _alike(sketch: bytes, slots: Sequence[int], asked: Sequence[Asked]) -> int:
    """Distinct earlier questions that look like the same child, the very same question left out."""
    others = {each.sketch for each in asked if len(each.sketch) == len(sketch) and each.sketch != sketch}
    if not others:
        return 0
    fresh = np.frombuffer(sketch, dtype=np.uint16)
    held = np.frombuffer(b"".join(others), dtype=np.uint16).reshape(len(others), -1).T.copy()  # by slot, then question
    agreeing, at = np.zeros(len(others), dtype=np.int64), 0
    for count in slots:
        mine = slice(at, at + count)
        agreeing += (held[mine][:, None] == fresh[mine][None, :, None]).any(axis=(0, 1))
        at += count
    return int((agreeing / len(slots) >= ALIKE).sum())
