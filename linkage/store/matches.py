"""Rows of questions about single records, filtered by project and agency; and what of their records was deleted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from sqlalchemy import Connection, bindparam, delete, func, insert, select

from linkage.models.batches import DELETED
from linkage.models.matches import ASKED, BLOCKED
from linkage.quotas import DAY_MS, Asked, Rule


@dataclass(frozen=True, slots=True)
class Standing:
    """How many questions of an agency there were in the last day; which rule blocks it, and until when."""

    in_a_day: int
    blocked: tuple[Rule, int] | None


def standing(connection: Connection, project: str, agency: str, now_ms: int) -> Standing:
    """Of the agency in the project, at this moment."""
    row = connection.execute(_STANDING, {**_mine(project, agency), "now": now_ms, "from": now_ms - DAY_MS}).one()
    return Standing(row.asked, None if row.rule is None else (Rule(row.rule), row.until_ms))


def asked_since(connection: Connection, project: str, agency: str, from_ms: int) -> Asked:
    """The agency's questions after that moment."""
    rows = connection.execute(_SINCE, {**_mine(project, agency), "from": from_ms}).all()
    return Asked(np.array([at for at, _ in rows], dtype=np.int64), [bytes(sketch) for _, sketch in rows])


def count_since(connection: Connection, project: str, agency: str, from_ms: int) -> int:
    """How many these are. Within the last day they only become more, so an equal number is the same questions."""
    return int(connection.execute(_COUNT, {**_mine(project, agency), "from": from_ms}).scalar_one())


def note(connection: Connection, project: str, agency: str, req: str, now_ms: int, sketch: bytes) -> None:
    values = {"id": req, "project": project, "agency": agency, "at_ms": now_ms, "sketch": sketch}
    connection.execute(_NOTE, values)


def block(connection: Connection, project: str, agency: str, rule: Rule, until_ms: int) -> None:
    connection.execute(delete(BLOCKED).where(BLOCKED.c.project == project, BLOCKED.c.agency == agency))
    connection.execute(insert(BLOCKED).values(project=project, agency=agency, rule=rule, until_ms=until_ms))


def forget(connection: Connection, now_ms: int) -> int:
    """Questions older than a day, and blocks that have ended."""
    ended = connection.execute(delete(BLOCKED).where(BLOCKED.c.until_ms <= now_ms)).rowcount
    return int(connection.execute(delete(ASKED).where(ASKED.c.at_ms <= now_ms - DAY_MS)).rowcount + ended)


def deleted_since(
    connection: Connection, project: str, named: Collection[tuple[str, bytes]], last_numbers: Mapping[str, int]
) -> set[tuple[str, bytes]]:
    """Which of these (agency, handle) were deleted after their agency's deletion of that number."""
    rows = connection.execute(_DELETED, {"of": project, "named": list({handle for _, handle in named})})
    return {(row.agency, bytes(row.handle)) for row in rows if row.number > last_numbers.get(row.agency, 0)}


def erase(connection: Connection, project: str) -> None:
    for table in (ASKED, BLOCKED):
        connection.execute(delete(table).where(table.c.project == project))


def _mine(project: str, agency: str) -> dict[str, str]:
    return {"of": project, "by": agency}


_ASKED: Final = (
    ASKED.c.project == bindparam("of"), ASKED.c.agency == bindparam("by"), ASKED.c.at_ms > bindparam("from"),
)  # fmt: skip
_BLOCKED: Final = (
    BLOCKED.c.project == bindparam("of"), BLOCKED.c.agency == bindparam("by"), BLOCKED.c.until_ms > bindparam("now"),
)  # fmt: skip
_COUNT: Final = select(func.count()).select_from(ASKED).where(*_ASKED)
_STANDING: Final = select(
    _COUNT.scalar_subquery().label("asked"),
    select(BLOCKED.c.rule).where(*_BLOCKED).scalar_subquery().label("rule"),
    select(BLOCKED.c.until_ms).where(*_BLOCKED).scalar_subquery().label("until_ms"),
)
_SINCE: Final = select(ASKED.c.at_ms, ASKED.c.sketch).where(*_ASKED)
_NOTE: Final = insert(ASKED)
_DELETED: Final = select(DELETED.c.agency, DELETED.c.handle, DELETED.c.number).where(
    DELETED.c.project == bindparam("of"), DELETED.c.handle.in_(bindparam("named", expanding=True))
)
