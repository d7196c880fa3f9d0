"""Seats and decisions of clerical review, and what they make of an item."""

from __future__ import annotations

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from linkage.models.review import DECISION, ITEM, SEAT
from linkage.review import Decided, Seat, Standing, State, standing, urgency, value
from linkage.store.review_rows import Decision, Item, decision_of, item_of


def seats(connection: Connection, item: str) -> list[Seat]:
    rows = connection.execute(select(SEAT.c.reviewer, SEAT.c.until_ms).where(SEAT.c.item == item))
    return [Seat(*row) for row in rows]


def take_seat(connection: Connection, item: str, seat: Seat) -> None:
    """Give or renew a seat; a reviewer holds one in a project, so that nobody sits on the queue."""
    elsewhere = select(ITEM.c.id).where(
        ITEM.c.project == select(ITEM.c.project).where(ITEM.c.id == item).scalar_subquery()
    )
    connection.execute(delete(SEAT).where(SEAT.c.reviewer == seat.reviewer, SEAT.c.item.in_(elsewhere)))
    connection.execute(insert(SEAT).values(item=item, reviewer=seat.reviewer, until_ms=seat.until_ms))


def leave_seat(connection: Connection, item: str, reviewer: str) -> None:
    connection.execute(delete(SEAT).where(SEAT.c.item == item, SEAT.c.reviewer == reviewer))


def decisions(connection: Connection, item: str) -> list[Decision]:
    """Every decision ever given on an item, undone ones and earlier rounds too, oldest first."""
    rows = connection.execute(select(DECISION).where(DECISION.c.item == item).order_by(DECISION.c.at_ms, DECISION.c.id))
    return [decision_of(row) for row in rows]


def standing_decisions(connection: Connection, item: Item) -> list[Decided]:
    """The decisions that count in the item's present round."""
    return [
        Decided(each.reviewer, each.verdict)
        for each in decisions(connection, item.id)
        if each.round == item.round and each.undone_ms is None
    ]


def add_decision(connection: Connection, decision: Decision) -> None:
    connection.execute(
        insert(DECISION).values(
            id=decision.id,
            item=decision.item,
            round=decision.round,
            reviewer=decision.reviewer,
            verdict=decision.verdict,
            at_ms=decision.at_ms,
        )
    )


def undo_decision(connection: Connection, decision: str, now_ms: int) -> None:
    connection.execute(update(DECISION).where(DECISION.c.id == decision).values(undone_ms=now_ms))


def latest_of(connection: Connection, project: str, reviewer: str) -> Decision | None:
    """The last decision of a reviewer that still counts, to be undone."""
    row = connection.execute(
        select(DECISION)
        .join(ITEM, and_(ITEM.c.id == DECISION.c.item, ITEM.c.round == DECISION.c.round))
        .where(ITEM.c.project == project, DECISION.c.reviewer == reviewer, DECISION.c.undone_ms.is_(None))
        .order_by(DECISION.c.at_ms.desc(), DECISION.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else decision_of(row)


def find(connection: Connection, project: str, decision: str) -> Decision | None:
    row = connection.execute(
        select(DECISION)
        .join(ITEM, ITEM.c.id == DECISION.c.item)
        .where(DECISION.c.id == decision, ITEM.c.project == project)
    ).one_or_none()
    return None if row is None else decision_of(row)


def given_by(connection: Connection, project: str, reviewer: str) -> int:
    """How many of a reviewer's decisions stand."""
    found = connection.execute(
        select(func.count())
        .select_from(DECISION)
        .join(ITEM, ITEM.c.id == DECISION.c.item)
        .where(ITEM.c.project == project, DECISION.c.reviewer == reviewer, DECISION.c.undone_ms.is_(None))
    ).scalar_one()
    return int(found)


def settle(connection: Connection, item: str) -> Standing:
    """Bring an item's state, missing decisions and place in the queue in line with its decisions.

    Where a record changed since its levels were found (they are empty then), an open item waits for the next job.
    """
    row = connection.execute(select(ITEM).where(ITEM.c.id == item)).one()
    found = standing(standing_decisions(connection, item_of(row)))
    worth = urgency(value(row.weight, row.size_a, row.size_b), found.missing)
    connection.execute(
        update(ITEM)
        .where(ITEM.c.id == item)
        .values(
            missing=found.missing,
            urgency=worth,
            state=State.SETTLED if found.verdict is not None else State.OPEN if row.levels else State.STALE,
            verdict=found.verdict,
            version=row.version + 1,
        )
    )
    return found


def begin_round(connection: Connection, item: str) -> None:
    """Back to the queue with nothing decided: the earlier rounds' decisions stay on record and count no more."""
    connection.execute(update(ITEM).where(ITEM.c.id == item).values(round=ITEM.c.round + 1))
    settle(connection, item)


def judged_by_round(connection: Connection, project: str) -> list[list[Decision]]:
    """Standing decisions of every round of every item, oldest first: what agreement is measured on."""
    rows = connection.execute(
        select(DECISION)
        .join(ITEM, ITEM.c.id == DECISION.c.item)
        .where(ITEM.c.project == project, DECISION.c.undone_ms.is_(None))
        .order_by(DECISION.c.item, DECISION.c.round, DECISION.c.at_ms, DECISION.c.id)
    )
    found: dict[tuple[str, int], list[Decision]] = {}
    for row in rows:
        found.setdefault((row.item, row.round), []).append(decision_of(row))
    return list(found.values())
