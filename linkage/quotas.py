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
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
ALIKE: Final = 0.1
"""Share of key types that agree between two questions about what looks like one child: less than what is left when one
part (name, date, guardian, phone, address), or name or date with the ID, was changed; siblings share hardly any."""
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
    """Earlier questions, as columns: when (int64[n]), and their sketches."""

    at_ms: NDArray[np.int64]
    sketches: Sequence[bytes]


def sketch_of(keys: Sequence[NDArray[np.uint64]]) -> bytes:
    """The sketch of a record's halves, uint64[slots] per key type: two bytes a slot."""
    return (np.concatenate(keys) >> np.uint64(48)).astype(np.uint16).tobytes()


def broken_rule(
    sketch: bytes, slots: Sequence[int], asked: Asked, in_a_day: int, now_ms: int, quota: Quota
) -> Rule | None:
    """The rule that a new question breaks. `asked`: those of the last hour; `in_a_day`: how many in the last day."""
    if in_a_day >= quota.per_day:
        return Rule.PER_DAY
    if int((asked.at_ms > now_ms - MINUTE_MS).sum()) >= quota.per_minute:
        return Rule.PER_MINUTE
    return Rule.PROBING if _alike(sketch, slots, asked.sketches) >= MOST_ALIKE else None


def blocked_for_ms(rule: Rule) -> int:
    """How long nothing more is answered."""
    return MINUTE_MS if rule is Rule.PER_MINUTE else HOUR_MS


def _alike(sketch: bytes, slots: Sequence[int], asked: Sequence[bytes]) -> int:
    """Distinct earlier questions that look like the same child, the very same question left out."""
    others = asked if set(map(len, asked)) <= {len(sketch)} else [each for each in asked if len(each) == len(sketch)]
    if not others:
        return 0
    fresh = np.frombuffer(sketch, dtype=np.uint16)
    held = np.frombuffer(b"".join(others), dtype=np.uint16).reshape(len(others), -1)
    least = ALIKE * len(slots)
    is_mine = np.zeros(1 << 16, dtype=np.bool_)
    is_mine[fresh] = True
    likely = np.flatnonzero(is_mine[held].sum(axis=1) >= least)  # a key type that agrees has such a part at least
    if not len(likely):
        return 0
    mine, theirs, starts = _pairs(tuple(slots))
    agreeing = np.logical_or.reduceat(held[likely].T[theirs] == fresh[mine, None], starts).sum(axis=0)
    return len({others[at] for at in likely[agreeing >= least]} - {sketch})


@lru_cache(maxsize=32)
def _pairs(slots: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Each slot of a key type beside each of the same type: two columns of slots, and where a type begins in them."""
    ends = np.cumsum(slots)
    own = [np.arange(end - count, end) for end, count in zip(ends, slots, strict=True)]
    mine = np.concatenate([np.repeat(each, len(each)) for each in own])
    theirs = np.concatenate([np.tile(each, len(each)) for each in own])
    return mine, theirs, np.concatenate(([0], np.cumsum(np.square(slots))[:-1]))
