"""The order of an append, step by step, and a place to stand between the steps.

1. LOCKED     the head row is held; every earlier transaction of any worker is decided
2. JOINED     the callers' own rows are written, each behind a savepoint
3. INSERTED   entries and tree nodes are written
4. MOVED      size, frontier and root are written
5. COMMITTED  1-4 are durable together; nobody knows yet
6. ASKED      the signer is about to be asked for this durable tree
7. SIGNED     the signer has remembered and signed it
8. STORED     the signed checkpoint is durable
9. WOKEN      the callers have their receipts; only now may anything be released

A kill before 5 leaves nothing. A kill between 5 and 9 leaves entries without an act, which is the safe side: the next
start signs them. Nothing is ever repaired by hand. Tests pass a `Hook` that kills, hangs or raises at a step.

May touch: nothing
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum


class Step(IntEnum):
    """The steps of an append; contracts section 3 fixes their order."""

    LOCKED = 1
    JOINED = 2
    INSERTED = 3
    MOVED = 4
    COMMITTED = 5
    ASKED = 6
    SIGNED = 7
    STORED = 8
    WOKEN = 9


Hook = Callable[[Step], None]


def no_hook(_step: Step) -> None:
    """What runs between the steps outside of tests."""
