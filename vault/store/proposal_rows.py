"""Proposals to change a record's state."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from vault.errors import StateError
from vault.models import PROPOSAL
from vault.store.pages import PAGE


def find(connection: Connection, proposal_id: str) -> tuple[bytes, str] | None:
    """A signed proposal and its state."""
    row = connection.execute(select(PROPOSAL).where(PROPOSAL.c.id == proposal_id)).one_or_none()
    return None if row is None else (bytes(row.data), row.state)


def waiting(connection: Connection) -> list[bytes]:
    """Signed proposals that wait for agreements."""
    found = select(PROPOSAL.c.data).where(PROPOSAL.c.state == "proposed").order_by(PROPOSAL.c.at_ms).limit(PAGE)
    return [bytes(row.data) for row in connection.execute(found)]


def carried_out(connection: Connection, record_id: str, version: int) -> list[bytes]:
    """Signed proposals that changed a record version, in the order in which they did."""
    where = (PROPOSAL.c.record == record_id, PROPOSAL.c.version == version, PROPOSAL.c.state == "done")
    found = select(PROPOSAL.c.data).where(*where).order_by(PROPOSAL.c.done_ms, PROPOSAL.c.id)
    return [bytes(row.data) for row in connection.execute(found)]


def close(connection: Connection, proposal_id: str, now_ms: int) -> None:
    """It was carried out; StateError when it was before."""
    where = (PROPOSAL.c.id == proposal_id, PROPOSAL.c.state == "proposed")
    if connection.execute(update(PROPOSAL).where(*where).values(state="done", done_ms=now_ms)).rowcount != 1:
        raise StateError("proposal: carried out already")
