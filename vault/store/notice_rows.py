"""Sealing notices and their acknowledgements."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, or_, select, update

from vault.errors import StateError
from vault.models import NOTICE
from vault.store.pages import PAGE


def unanswered(connection: Connection, recipient: str) -> list[bytes]:
    """Signed notices that an agency has not answered."""
    found = select(NOTICE.c.data).where(NOTICE.c.recipient == recipient, NOTICE.c.answer.is_(None))
    return [bytes(row.data) for row in connection.execute(found.order_by(NOTICE.c.due_ms).limit(PAGE))]


def find(connection: Connection, notice: str, recipient: str) -> tuple[bytes, bool] | None:
    """A notice to an agency, and whether it is answered."""
    where = (NOTICE.c.id == notice, NOTICE.c.recipient == recipient)
    row = connection.execute(select(NOTICE.c.data, NOTICE.c.answer).where(*where)).one_or_none()
    return None if row is None else (bytes(row.data), row.answer is not None)


def answer(connection: Connection, notice: str, answer: bytes, at_ms: int) -> None:
    """Store an acknowledgement; StateError if there is one."""
    changed = connection.execute(
        update(NOTICE).where(NOTICE.c.id == notice, NOTICE.c.answer.is_(None)).values(answer=answer, answered_ms=at_ms)
    )
    if changed.rowcount != 1:
        raise StateError("notice: answered already")


def ledger(connection: Connection, agency: str | None, now_ms: int) -> list[dict[str, Any]]:
    """A page of notices, the unanswered first, for sender, recipient, or (None) the supervising procuratorate."""
    found = select(
        NOTICE.c.id, NOTICE.c.record, NOTICE.c.agency, NOTICE.c.recipient, NOTICE.c.due_ms, NOTICE.c.answered_ms
    )
    if agency is not None:
        found = found.where(or_(NOTICE.c.agency == agency, NOTICE.c.recipient == agency))
    unanswered_first = (NOTICE.c.answered_ms.is_not(None), NOTICE.c.due_ms)
    rows = connection.execute(found.order_by(*unanswered_first).limit(PAGE)).mappings()
    return [{**row, "is_overdue": row["answered_ms"] is None and row["due_ms"] < now_ms} for row in rows]
