"""Locks and openings, as they were signed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, func, select

from vault.models import LOCK


def every(connection: Connection) -> list[bytes]:
    """Every lock and opening, as it was signed."""
    return [bytes(row.data) for row in connection.execute(_EVERY)]


def count_since(connection: Connection, agency: str, since_ms: int) -> int:
    """How many locks and openings an agency put since then."""
    where = (LOCK.c.agency == agency, LOCK.c.at_ms >= since_ms)
    return int(connection.execute(select(func.count()).select_from(LOCK).where(*where)).scalar_one())


_EVERY: Final = select(LOCK.c.data).order_by(LOCK.c.at_ms)
