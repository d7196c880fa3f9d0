"""What may be used only once: remembered in the database, so that no other process of the service takes it again.

Of any number of uses of one identifier, at once and in any process, one is the first. Rows go by themselves: each use
takes a few with it that are past their time.

May touch: database
Sees:      hashes of identifiers
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, Executable, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from api.auth.models import SEEN

_SWEPT: Final = 4
"""Rows past their time that one use takes along; more than one, so that the table shrinks again."""


class Used(StrEnum):
    """Kinds of identifiers; the same text of two kinds is two."""

    ASSERTION = "assertion"
    PROOF = "proof"


def is_first_use(connection: Connection, kind: Used, owner: str, name: str, until_ms: int, now_ms: int) -> bool:
    """Whether `name` of `owner` was never used; it is used from now on, until `until_ms`."""
    digest = hashlib.sha256(json.dumps([str(kind), owner, name]).encode()).digest()
    connection.execute(_SWEEP, {"now": now_ms})
    row = {"digest": digest, "until_ms": until_ms}
    return connection.execute(_USE[connection.dialect.name], row).one_or_none() is not None


_SWEEP: Final = delete(SEEN).where(
    SEEN.c.digest.in_(select(SEEN.c.digest).where(SEEN.c.until_ms < bindparam("now")).limit(_SWEPT))
)
_USE: Final[dict[str, Executable]] = {
    name: dialect.insert(SEEN).on_conflict_do_nothing().returning(SEEN.c.until_ms)
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}
