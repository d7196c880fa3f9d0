"""Give a reviewer the pair most worth deciding, and a seat on it; the same pair again while he holds the seat.

1. Choose from the queue.
2. Build what the reviewer sees.
3. Entry and seat in one transaction, which checks that the seat is still free; otherwise choose again.

Leaving: levels, weights and counts. Not leaving: agencies, handles, ids of records or clusters, how many have decided.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from sqlalchemy import Connection

from audit.events import Reason
from audit.release import Release
from audit.shapes import Fact
from linkage.caller import Caller
from linkage.checks import CheckState
from linkage.refusals import Refused, Why
from linkage.review import SEAT_MS, Seat, State, may_decide
from linkage.review_words import chinese
from linkage.store import checks, decisions, review
from linkage.store.review_rows import Compared, Item
from linkage.unit import Unit

_TRIES: Final = 8


class _SeatTaken(Exception):
    """Somebody was quicker."""


def take_pair(unit: Unit, caller: Caller, project: str) -> Release | None:
    """The bytes of one pair as JSON, or None when nothing waits for this reviewer."""
    reviewer = caller.actor.pseudonym
    for _ in range(_TRIES):
        now = unit.now_ms()
        with unit.database.reading() as connection:
            waiting = review.queue(connection, project, reviewer, now, limit=1)  # 1
            if not waiting:
                return None
            item = waiting[0]
            shown = _shown(connection, item, now + SEAT_MS)  # 2
        seat = Seat(reviewer, now + SEAT_MS)

        def sit(connection: Connection, item: Item = item, seat: Seat = seat, now: int = now) -> None:
            found = review.find(connection, project, item.id)
            if found is None or found.state is not State.OPEN or seen_tag(found) != seen_tag(item):
                raise _SeatTaken
            decided = decisions.standing_decisions(connection, found)
            if not may_decide(reviewer, decided, decisions.seats(connection, item.id), now):
                raise _SeatTaken
            decisions.take_seat(connection, item.id, seat)

        data = json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()
        facts: dict[str, Fact] = {"project": project, "items": 1}
        decision = unit.allow(Reason.ENTITLED_ROLE)
        try:
            return unit.let_go(caller, "review.read", facts, data, 1, within=sit, decision=decision)  # 3
        except _SeatTaken:
            continue
    raise Refused(Why.WRONG_STATE, "reviews: others are taking these pairs", hint="ask again", retry_after_s=1)


def seen_tag(item: Item) -> str:
    """Names what a reviewer saw of an item; another round, level or weight is another tag. No version: that would
    tell the second reviewer that there was a first."""
    seen = [item.id, item.round, item.weight, [[each.comparison, each.level, each.weight] for each in item.pattern]]
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:32]


def compared_view(each: Compared) -> dict[str, Any]:
    """One comparison in both languages."""
    return {
        "comparison": {"en": each.comparison, "zh": chinese(each.comparison)},
        "level": {"en": each.level, "zh": chinese(each.level)},
        "weight": round(each.weight, 4),
    }


def _shown(connection: Connection, item: Item, until_ms: int) -> dict[str, Any]:
    answers = checks.last_states(connection, item.id)
    parts = sum(each.weight for each in item.pattern)
    return {
        "item": item.id,
        "seen": seen_tag(item),
        "until_ms": until_ms,
        "weight": round(item.weight, 4),
        "prior_weight": round(item.weight - parts, 4),
        "comparisons": [compared_view(each) for each in item.pattern],
        "cluster_sizes": sorted((item.size_a, item.size_b)),
        "custodians": {
            "corrected": answers[CheckState.CORRECTED],
            "confirmed": answers[CheckState.CONFIRMED],
            "declined": answers[CheckState.DECLINED] + answers[CheckState.EXPIRED],
        },
    }
