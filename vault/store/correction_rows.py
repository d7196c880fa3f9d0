"""Notices to correct, with their answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from vault.errors import StateError
from vault.models import CORRECTION
from vault.store.pages import PAGE, bytes_or_none


@dataclass(frozen=True, slots=True)
class StoredCorrection:
    """A notice to correct with its answer, if there is one."""

    id: str
    agency: str
    recipient: str
    data: bytes
    due_ms: int
    answer: bytes | None
    answered_ms: int | None


def find(connection: Connection, correction_id: str) -> StoredCorrection | None:
    """A notice by its id; the caller checks who may see it."""
    row = connection.execute(select(CORRECTION).where(CORRECTION.c.id == correction_id)).one_or_none()
    return None if row is None else _correction(row)


def of_agency(connection: Connection, agency: str, after: str) -> list[StoredCorrection]:
    """Notices that an agency issued or got, from `after` on, a page at most."""
    is_theirs = or_(CORRECTION.c.agency == agency, CORRECTION.c.recipient == agency)
    found = select(CORRECTION).where(is_theirs, CORRECTION.c.id > after).order_by(CORRECTION.c.id).limit(PAGE)
    return [_correction(row) for row in connection.execute(found)]


def answer(connection: Connection, correction_id: str, answer: bytes, at_ms: int) -> None:
    """Store the answer; StateError if there is one."""
    where = (CORRECTION.c.id == correction_id, CORRECTION.c.answer.is_(None))
    if connection.execute(update(CORRECTION).where(*where).values(answer=answer, answered_ms=at_ms)).rowcount != 1:
        raise StateError("correction: answered already")


def unanswered(connection: Connection, agency: str, now_ms: int) -> list[dict[str, Any]]:
    """Notices of an agency that nobody answered in time: told until somebody does, and never closed by time."""
    found = (
        select(CORRECTION.c.id, CORRECTION.c.recipient, CORRECTION.c.due_ms)
        .where(CORRECTION.c.agency == agency, CORRECTION.c.answer.is_(None), CORRECTION.c.due_ms <= now_ms)
        .order_by(CORRECTION.c.due_ms)
        .limit(PAGE)
    )
    return [{**row} for row in connection.execute(found).mappings()]


def _correction(row: Row[Any]) -> StoredCorrection:
    answer = bytes_or_none(row.answer)
    return StoredCorrection(row.id, row.agency, row.recipient, bytes(row.data), row.due_ms, answer, row.answered_ms)
