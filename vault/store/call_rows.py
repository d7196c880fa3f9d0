"""Signed calls that were seen, so that none counts twice."""

from __future__ import annotations

from sqlalchemy import Connection, delete

from vault.models import SEEN_CALL
from vault.store.pages import insert_row


def see(connection: Connection, nonce: str, at_ms: int, forget_before_ms: int) -> None:
    """Remember a call; the database refuses a nonce that was seen."""
    connection.execute(delete(SEEN_CALL).where(SEEN_CALL.c.at_ms < forget_before_ms))
    insert_row(connection, SEEN_CALL, nonce=nonce, at_ms=at_ms)
