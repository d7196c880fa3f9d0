"""Rows of "please check your own record". What an agency reads is filtered by its code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from linkage.checks import CheckReason, CheckState
from linkage.models.review import CHECK


@dataclass(frozen=True, slots=True)
class Check:
    """One half, as its custodian may see it, save `item`."""

    id: str
    item: str
    project: str
    agency: str
    handle: bytes
    reason: CheckReason
    state: CheckState
    asked_ms: int
    due_ms: int
    version: int


def add(connection: Connection, check: Check, round_of_item: int) -> None:
    connection.execute(
        insert(CHECK).values(
            id=check.id,
            item=check.item,
            round=round_of_item,
            project=check.project,
            agency=check.agency,
            handle=check.handle,
            reason=check.reason,
            state=check.state,
            asked_ms=check.asked_ms,
            due_ms=check.due_ms,
            version=check.version,
        )
    )


def of_agency(connection: Connection, project: str, agency: str, after: str, limit: int) -> list[Check]:
    """The checks an agency was asked for, in the order of their ids, beginning after `after`."""
    rows = connection.execute(
        select(CHECK)
        .where(
            CHECK.c.project == project,
            CHECK.c.agency == agency,
            CHECK.c.state != CheckState.WAITING,
            CHECK.c.id > after,
        )
        .order_by(CHECK.c.id)
        .limit(limit)
    )
    return [_check(row) for row in rows]


def find(connection: Connection, project: str, agency: str, check: str) -> Check | None:
    """A check that this agency was asked for."""
    row = connection.execute(
        select(CHECK).where(
            CHECK.c.id == check,
            CHECK.c.project == project,
            CHECK.c.agency == agency,
            CHECK.c.state != CheckState.WAITING,
        )
    ).one_or_none()
    return None if row is None else _check(row)


def set_state(connection: Connection, check: str, state: CheckState, now_ms: int) -> None:
    answered = None if state is CheckState.ASKED else now_ms
    put = {"state": state, "answered_ms": answered, "version": CHECK.c.version + 1}
    connection.execute(update(CHECK).where(CHECK.c.id == check).values(put))


def states(connection: Connection, item: str, round_of_item: int) -> Counter[CheckState]:
    """The halves of an item's round, by state."""
    found = connection.execute(select(CHECK.c.state).where(CHECK.c.item == item, CHECK.c.round == round_of_item))
    return Counter(CheckState(state) for state in found.scalars())


def last_states(connection: Connection, item: str) -> Counter[CheckState]:
    """The halves of the last time that an item's custodians were asked."""
    latest = select(func.max(CHECK.c.round)).where(CHECK.c.item == item).scalar_subquery()
    found = connection.execute(select(CHECK.c.state).where(CHECK.c.item == item, CHECK.c.round == latest))
    return Counter(CheckState(state) for state in found.scalars())


def state_of(connection: Connection, check: str) -> CheckState | None:
    state = connection.execute(select(CHECK.c.state).where(CHECK.c.id == check)).scalar()
    return None if state is None else CheckState(state)


def waiting(connection: Connection, limit: int = 100) -> list[Check]:
    """Halves of all projects whose entry is still to be written."""
    rows = connection.execute(
        select(CHECK).where(CHECK.c.state == CheckState.WAITING).order_by(CHECK.c.id).limit(limit)
    )
    return [_check(row) for row in rows]


def overdue(connection: Connection, now_ms: int, limit: int = 100) -> list[Check]:
    """Halves of all projects whose day has passed."""
    rows = connection.execute(
        select(CHECK)
        .where(CHECK.c.state == CheckState.ASKED, CHECK.c.due_ms <= now_ms)
        .order_by(CHECK.c.id)
        .limit(limit)
    )
    return [_check(row) for row in rows]


def _check(row: Row[Any]) -> Check:
    return Check(
        id=row.id,
        item=row.item,
        project=row.project,
        agency=row.agency,
        handle=bytes(row.handle),
        reason=CheckReason(row.reason),
        state=CheckState(row.state),
        asked_ms=row.asked_ms,
        due_ms=row.due_ms,
        version=row.version,
    )
