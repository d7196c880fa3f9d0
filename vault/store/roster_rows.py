"""Rosters: the newest of each agency, as they were signed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, func, select

from vault.models import ROSTER

Stamp = tuple[tuple[str, int, int], ...]


def stamp(connection: Connection) -> Stamp:
    """What changes whenever `newest` does, and costs less to read.

    The time counts as well: a replaced roster key's first version may have the number of one that was dropped.
    """
    return tuple((row[0], row[1], row[2]) for row in connection.execute(_STAMP))


def newest(connection: Connection) -> list[bytes]:
    """The newest roster of each agency, as it was signed."""
    newest = select(ROSTER.c.agency, func.max(ROSTER.c.version).label("version")).group_by(ROSTER.c.agency).subquery()
    joined = select(ROSTER.c.data).join(
        newest, (ROSTER.c.agency == newest.c.agency) & (ROSTER.c.version == newest.c.version)
    )
    return [bytes(row.data) for row in connection.execute(joined.order_by(ROSTER.c.agency))]


def count_since(connection: Connection, agency: str, since_ms: int) -> int:
    """How many rosters of an agency came since then."""
    where = (ROSTER.c.agency == agency, ROSTER.c.at_ms >= since_ms)
    return int(connection.execute(select(func.count()).select_from(ROSTER).where(*where)).scalar_one())


def drop(connection: Connection, agency: str) -> None:
    """Forget an agency's rosters; their entries stay in the log."""
    connection.execute(delete(ROSTER).where(ROSTER.c.agency == agency))


_STAMP: Final = (
    select(ROSTER.c.agency, func.max(ROSTER.c.version), func.max(ROSTER.c.at_ms))
    .group_by(ROSTER.c.agency)
    .order_by(ROSTER.c.agency)
)
