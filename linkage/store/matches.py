"""Rows of questions about single records, filtered by project and agency; and what of their records was deleted."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, delete, func, insert, select

from linkage.models.batches import DELETED
from linkage.models.matches import ASKED, BLOCKED
from linkage.quotas import DAY_MS, HOUR_MS, Asked, Rule


def in_the_last_day(connection: Connection, project: str, agency: str, now_ms: int) -> int:
    """How many questions."""
    mine = (ASKED.c.project == project, ASKED.c.agency == agency, ASKED.c.at_ms > now_ms - DAY_MS)
    return int(connection.execute(select(func.count()).select_from(ASKED).where(*mine)).scalar_one())


def of_the_last_hour(connection: Connection, project: str, agency: str, now_ms: int) -> list[Asked]:
    mine = (ASKED.c.project == project, ASKED.c.agency == agency, ASKED.c.at_ms > now_ms - HOUR_MS)
    rows = connection.execute(select(ASKED.c.at_ms, ASKED.c.sketch).where(*mine)).all()
    return [Asked(at, bytes(sketch)) for at, sketch in rows]


def note(connection: Connection, project: str, agency: str, req: str, now_ms: int, sketch: bytes) -> None:
    connection.execute(insert(ASKED).values(id=req, project=project, agency=agency, at_ms=now_ms, sketch=sketch))


def blocked(connection: Connection, project: str, agency: str, now_ms: int) -> tuple[Rule, int] | None:
    """The rule that was broken and until when nothing is answered, if that is still to come."""
    mine = (BLOCKED.c.project == project, BLOCKED.c.agency == agency, BLOCKED.c.until_ms > now_ms)
    row = connection.execute(select(BLOCKED.c.rule, BLOCKED.c.until_ms).where(*mine)).one_or_none()
    return None if row is None else (Rule(row.rule), row.until_ms)


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
    rows = connection.execute(
        select(DELETED.c.agency, DELETED.c.handle, DELETED.c.number).where(
            DELETED.c.project == project, DELETED.c.handle.in_({handle for _, handle in named})
        )
    )
    return {(row.agency, bytes(row.handle)) for row in rows if row.number > last_numbers.get(row.agency, 0)}


def erase(connection: Connection, project: str) -> None:
    for table in (ASKED, BLOCKED):
        connection.execute(delete(table).where(table.c.project == project))
