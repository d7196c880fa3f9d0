"""Rows of clerical review: the items and their queue. Decisions are in `decisions.py`, checks in `checks.py`.

Called by jobs: `add_items` (the unsure pairs of a job, all of them) and `decided_pairs`. Called by whoever changes a
record: `record_changed`, `record_deleted`; when a whole file comes, for those of `handles_in_review` that
`linkage.renewal` finds changed or gone. Everything that moves an item runs inside an entry's transaction, and those
come one after the other (the log's head is locked), so that what is read here still holds when it is written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, bindparam, case, delete, func, insert, or_, select, update

from audit.request_id import new_request_id
from linkage.models.review import CHECK, DECISION, ITEM, SEAT
from linkage.review import State, Verdict, urgency, value
from linkage.store.decisions import settle
from linkage.store.review_rows import DecidedPair, Item, UnsurePair, item_of

_CHUNK: Final = 400


def add_items(connection: Connection, project: str, job: str, pairs: Iterable[UnsurePair], now_ms: int) -> int:
    """Make these pairs the project's queue; returns how many wait for a decision.

    A pair that is known keeps its decisions while its levels stay; if they changed, a new round begins. Open items
    that this job no longer finds unsure are withdrawn.
    """
    known = {_key(row): row for row in connection.execute(select(ITEM).where(ITEM.c.project == project))}
    fresh: list[dict[str, Any]] = []
    again: list[dict[str, Any]] = []
    kept: set[str] = set()
    for pair in pairs:
        values = _values(_in_order(pair))
        row = known.get(_key_of(values))
        if row is None:
            waits = {"missing": 2, "round": 1, "state": State.OPEN, "verdict": None, "version": 1}
            worth = urgency(value(pair.weight, pair.size_a, pair.size_b), 2)
            ids = {"id": new_request_id(now_ms), "project": project, "job": job}
            fresh.append({**ids, **values, **waits, "urgency": worth})
            continue
        kept.add(row.id)
        if row.levels == values["levels"] and row.state in (State.OPEN, State.SETTLED):
            worth = urgency(value(pair.weight, pair.size_a, pair.size_b), row.missing)
            again.append({**values, "item": row.id, "job": job, "urgency": worth, "version": row.version + 1})
        else:
            _meet_again(connection, row, job, values)
    for start in range(0, len(fresh), _CHUNK):
        connection.execute(insert(ITEM), fresh[start : start + _CHUNK])
    for start in range(0, len(again), _CHUNK):
        connection.execute(_AS_BEFORE, again[start : start + _CHUNK])
    gone = [row.id for row in known.values() if row.id not in kept and row.state in (State.OPEN, State.STALE)]
    for start in range(0, len(gone), _CHUNK):
        some = gone[start : start + _CHUNK]
        connection.execute(delete(SEAT).where(SEAT.c.item.in_(some)))
        withdrawn = {"state": State.WITHDRAWN, "version": ITEM.c.version + 1}
        connection.execute(update(ITEM).where(ITEM.c.id.in_(some)).values(withdrawn))
    return count(connection, project).get(State.OPEN, 0)


_AS_BEFORE: Final = update(ITEM).where(ITEM.c.id == bindparam("item"))
"""A pair at the same levels keeps state, round and verdict; one statement for many, since the log waits meanwhile."""


def _meet_again(connection: Connection, row: Row[Any], job: str, values: dict[str, Any]) -> None:
    put = {**values, "job": job, "version": row.version + 1}
    if row.levels != values["levels"]:
        _carry_checks(connection, ITEM.c.id == row.id)
        put["round"] = row.round + 1
    connection.execute(update(ITEM).where(ITEM.c.id == row.id).values(put))
    if row.state != State.ASKED:
        settle(connection, row.id)


def decided_pairs(connection: Connection, project: str) -> list[DecidedPair]:
    """All pairs that stand decided, undone and stale ones left out; unsure ones bind nobody."""
    rows = connection.execute(
        select(ITEM)
        .where(
            ITEM.c.project == project,
            ITEM.c.state == State.SETTLED,
            ITEM.c.verdict.in_([Verdict.SAME, Verdict.DIFFERENT]),
        )
        .order_by(ITEM.c.id)
    )
    return [DecidedPair(*_key(row), same=row.verdict == Verdict.SAME) for row in rows]


def handles_in_review(connection: Connection, project: str, agency: str) -> set[bytes]:
    """The agency's records that any item is about: those to be compared when a new file takes the old one's place."""
    sides = ((ITEM.c.agency_a, ITEM.c.handle_a), (ITEM.c.agency_b, ITEM.c.handle_b))
    return {
        bytes(handle)
        for owner, column in sides
        for handle in connection.execute(select(column).where(ITEM.c.project == project, owner == agency)).scalars()
    }


def record_changed(connection: Connection, project: str, agency: str, handle: bytes) -> None:
    """A record was corrected or sent anew: what was decided about it binds no more until it is looked at again.

    A pair that is with its custodians stays with them; afterwards it too waits for the next job.
    """
    touched = _touches(project, agency, handle)
    connection.execute(delete(SEAT).where(SEAT.c.item.in_(select(ITEM.c.id).where(touched))))
    _carry_checks(connection, touched)
    fresh = {"verdict": None, "levels": b"", "round": ITEM.c.round + 1, "version": ITEM.c.version + 1}
    state = case((ITEM.c.state == State.ASKED, State.ASKED), else_=State.STALE)
    connection.execute(update(ITEM).where(touched).values(**fresh, state=state))


def _carry_checks(connection: Connection, of_items: Any) -> None:
    """Open checks go along into the round that begins."""
    items = select(ITEM.c.id).where(of_items, ITEM.c.state == State.ASKED)
    same = CHECK.c.round == select(ITEM.c.round).where(ITEM.c.id == CHECK.c.item).scalar_subquery()
    connection.execute(update(CHECK).where(CHECK.c.item.in_(items), same).values(round=CHECK.c.round + 1))


def record_deleted(connection: Connection, project: str, agency: str, handle: bytes) -> int:
    """A record is gone: so is everything that was asked and decided about it. Returns the items removed."""
    items = list(connection.execute(select(ITEM.c.id).where(_touches(project, agency, handle))).scalars())
    for table in (SEAT, DECISION, CHECK):
        connection.execute(delete(table).where(table.c.item.in_(items)))
    connection.execute(delete(ITEM).where(ITEM.c.id.in_(items)))
    return len(items)


def erase(connection: Connection, project: str) -> None:
    """All that was asked and decided in a project."""
    items = select(ITEM.c.id).where(ITEM.c.project == project)
    for table in (SEAT, DECISION, CHECK):
        connection.execute(delete(table).where(table.c.item.in_(items)))
    connection.execute(delete(ITEM).where(ITEM.c.project == project))


def find(connection: Connection, project: str, item: str) -> Item | None:
    row = connection.execute(select(ITEM).where(ITEM.c.id == item, ITEM.c.project == project)).one_or_none()
    return None if row is None else item_of(row)


def queue(connection: Connection, project: str, reviewer: str, now_ms: int, limit: int = 20) -> list[Item]:
    """The open items that this reviewer has not decided and that have a seat to give, most urgent first.

    An item on which he holds a seat comes before all others.
    """
    decided = (
        select(DECISION.c.id)
        .where(
            DECISION.c.item == ITEM.c.id,
            DECISION.c.round == ITEM.c.round,
            DECISION.c.reviewer == reviewer,
            DECISION.c.undone_ms.is_(None),
        )
        .exists()
    )
    live = and_(SEAT.c.item == ITEM.c.id, SEAT.c.until_ms > now_ms)
    others = select(func.count()).select_from(SEAT).where(live, SEAT.c.reviewer != reviewer).scalar_subquery()
    mine = select(SEAT.c.item).where(live, SEAT.c.reviewer == reviewer).exists()
    rows = connection.execute(
        select(ITEM)
        .where(ITEM.c.project == project, ITEM.c.state == State.OPEN, ~decided, others < ITEM.c.missing)
        .order_by(mine.desc(), ITEM.c.urgency.desc(), ITEM.c.id)
        .limit(limit)
    )
    return [item_of(row) for row in rows]


def set_asked(connection: Connection, item: str) -> None:
    """The pair is with its custodians."""
    asked = {"state": State.ASKED, "version": ITEM.c.version + 1}
    connection.execute(update(ITEM).where(ITEM.c.id == item).values(asked))


def count(connection: Connection, project: str) -> dict[str, int]:
    """Items by state."""
    rows = connection.execute(
        select(ITEM.c.state, func.count()).where(ITEM.c.project == project).group_by(ITEM.c.state)
    )
    return {str(row[0]): int(row[1]) for row in rows}


def settled(connection: Connection, project: str, verdict: Verdict, after: str, limit: int) -> list[Item]:
    """Settled items of one verdict in the order of their ids, beginning after `after`."""
    rows = connection.execute(
        select(ITEM)
        .where(ITEM.c.project == project, ITEM.c.state == State.SETTLED, ITEM.c.verdict == verdict, ITEM.c.id > after)
        .order_by(ITEM.c.id)
        .limit(limit)
    )
    return [item_of(row) for row in rows]


def _touches(project: str, agency: str, handle: bytes) -> Any:
    return and_(
        ITEM.c.project == project,
        or_(
            and_(ITEM.c.agency_a == agency, ITEM.c.handle_a == handle),
            and_(ITEM.c.agency_b == agency, ITEM.c.handle_b == handle),
        ),
    )


def _in_order(pair: UnsurePair) -> UnsurePair:
    if (pair.agency_a, pair.handle_a) <= (pair.agency_b, pair.handle_b):
        return pair
    a = (pair.agency_a, pair.handle_a, pair.cluster_a, pair.size_a)
    b = (pair.agency_b, pair.handle_b, pair.cluster_b, pair.size_b)
    return UnsurePair(*b, *a, pair.pattern, pair.weight)


def _values(pair: UnsurePair) -> dict[str, Any]:
    names = ("agency", "handle", "cluster", "size")
    sides = {f"{name}_{side}": getattr(pair, f"{name}_{side}") for name in names for side in "ab"}
    levels = json.dumps([[each.comparison, each.level] for each in pair.pattern])
    pattern = json.dumps([[each.comparison, each.level, each.weight] for each in pair.pattern])
    digest = hashlib.sha256(levels.encode()).digest()
    return {**sides, "pattern": pattern, "levels": digest, "weight": pair.weight}


def _key_of(values: dict[str, Any]) -> tuple[str, bytes, str, bytes]:
    return values["agency_a"], values["handle_a"], values["agency_b"], values["handle_b"]


def _key(row: Row[Any]) -> tuple[str, bytes, str, bytes]:
    return row.agency_a, bytes(row.handle_a), row.agency_b, bytes(row.handle_b)
