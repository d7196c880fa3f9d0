"""Signed calls that were seen, so that none counts twice."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert

from vault.models import SEEN_CALL


def see(connection: Connection, nonce: str, at_ms: int, forget_before_ms: int) -> None:
    """Remember a call; the database refuses a nonce that was seen."""
    connection.execute(_FORGET, {"before": forget_before_ms})
    connection.execute(_SEE, {"nonce": nonce, "at_ms": at_ms})


_FORGET: Final = delete(SEEN_CALL).where(SEEN_CALL.c.at_ms < bindparam("before"))
_SEE: Final = insert(SEEN_CALL)
