"""The rules of clerical review: who may decide a pair, when it is settled, which pair is worth deciding next.

1. Two people decide, neither knowing of the other. If they agree, the pair is settled.
2. If not, a third decides; two alike settle it, three different verdicts leave it unsure.
3. Nobody decides a pair twice in one round. A round ends when the pair's levels change or its custodians have answered.
4. Whoever decided may undo; what is undone counts for nothing, and the pair is open again.
5. A reviewer holds a seat on a pair for a while; no more seats are given than decisions are missing.

It knows no record, no agency and no clock: decisions, seats and times are arguments.

May touch: nothing
Sees:      codes of reviewers, match weights, sizes of clusters
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SEAT_MS: Final = 15 * 60 * 1000
"""How long a reviewer keeps a pair to himself."""
WANTED: Final = 2
"""Decisions that settle a pair when they agree."""


class Verdict(StrEnum):
    """What a reviewer may say."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


class State(StrEnum):
    """Where an item stands."""

    OPEN = "open"  # decisions are missing
    SETTLED = "settled"
    ASKED = "asked"  # with its custodians
    STALE = "stale"  # a record changed since; waits for the next job
    WITHDRAWN = "withdrawn"  # the last job no longer finds it unsure


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision that was not undone."""

    reviewer: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Seat:
    """A reservation: this reviewer may decide until `until_ms`."""

    reviewer: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What the decisions of a round amount to: `missing` more are needed, or `verdict` settles the item."""

    missing: int
    verdict: Verdict | None


def standing(decisions: Sequence[Decided]) -> Standing:
    """Apply rules 1 and 2 to a round's standing decisions."""
    if len(decisions) < WANTED:
        return Standing(WANTED - len(decisions), None)
    verdict, votes = Counter(each.verdict for each in decisions).most_common(1)[0]
    if votes >= WANTED:
        return Standing(0, verdict)
    return Standing(1, None) if len(decisions) == WANTED else Standing(0, Verdict.UNSURE)


def may_decide(reviewer: str, decisions: Sequence[Decided], seats: Iterable[Seat], now_ms: int) -> bool:
    """May this reviewer take a seat, or keep the one he has? Rules 3 and 5."""
    if any(each.reviewer == reviewer for each in decisions):
        return False
    others = {seat.reviewer for seat in seats if seat.until_ms > now_ms and seat.reviewer != reviewer}
    return len(others) < standing(decisions).missing


def value(weight: float, size_a: int, size_b: int) -> float:
    """What a decision is worth: the record pairs it is expected to set right.

    Undecided, the pair follows the likelier verdict and is wrong with the other's probability; a wrong verdict puts
    every record of one cluster wrongly beside, or wrongly apart from, every record of the other.
    """
    match = 1.0 / (1.0 + math.exp2(-max(-500.0, min(500.0, weight))))
    return min(match, 1.0 - match) * size_a * size_b


def urgency(worth: float, missing: int) -> float:
    """Order of the queue, highest first: value per decision still missing, so that begun pairs get finished."""
    return worth / max(1, missing)
