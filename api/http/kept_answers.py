"""The rows of repeated requests: claim a key, keep an answer, give a claim back. The only queries on `kept_answer`.

Of any number of requests with one key, at once and in any process, one gets the claim. Nobody waits for the disk here:
what a power cut takes of the last moment is a request that is done anew, as after a process that was killed in it.

May touch: database
Sees:      sealed answers
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.models import KEPT_ANSWER as KEPT
from audit.database import Database

LEASE_MS: Final = 120_000
"""How long a request may be under way; a process that was killed meanwhile gives its claim up by then."""
KEPT_MS: Final = 25 * 3_600_000
"""How long an answer is kept: a day at least, as callers are told."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands under a key: whose request it was, and its answer once there is one."""

    fingerprint: str
    status: int | None
    sealed: bytes | None


def claim(database: Database, caller: str, key: str, fingerprint: str, name: str, now_ms: int) -> Kept | None:
    """None when the claim `name` is ours now; else what stands."""
    values = {"fingerprint": fingerprint, "claim": name, "status": None, "sealed": None, "until_ms": now_ms + LEASE_MS}
    try:
        with database.passing() as connection:
            found = _find(connection, caller, key)
            if found is None:
                connection.execute(_CLAIM, {"caller": caller, "key": key, **values})
                return None
            if found[1] >= now_ms:
                return found[0]
            connection.execute(update(KEPT).where(KEPT.c.caller == caller, KEPT.c.key == key).values(**values))
            return None
    except IntegrityError:  # another process was quicker
        return Kept(fingerprint, None, None)


def keep(database: Database, caller: str, key: str, name: str, status: int, sealed: bytes, now_ms: int) -> None:
    """Keep the answer, if the claim is still ours."""
    mine = {"by": caller, "under": key, "held": name}
    values = {"status": status, "sealed": sealed, "until_ms": now_ms + KEPT_MS}
    with database.passing() as connection:
        connection.execute(_KEEP, mine | values)


def give_back(database: Database, caller: str, key: str, name: str) -> None:
    """The request did nothing: its key is free again."""
    mine = (KEPT.c.caller == caller, KEPT.c.key == key, KEPT.c.claim == name)
    with database.passing() as connection:
        connection.execute(delete(KEPT).where(*mine))


def forget(database: Database, now_ms: int) -> int:
    """Remove what is past its time; how many."""
    with database.writing() as connection:
        return connection.execute(delete(KEPT).where(KEPT.c.until_ms < now_ms)).rowcount


def _find(connection: Connection, caller: str, key: str) -> tuple[Kept, int] | None:
    row = connection.execute(_FIND, {"by": caller, "under": key}).one_or_none()
    return None if row is None else (Kept(row.fingerprint, row.status, row.sealed), row.until_ms)


_OWN: Final = (KEPT.c.caller == bindparam("by"), KEPT.c.key == bindparam("under"))
_FIND: Final = select(KEPT).where(*_OWN).with_for_update()
_CLAIM: Final = insert(KEPT)
_KEEP: Final = (
    update(KEPT)
    .where(*_OWN, KEPT.c.claim == bindparam("held"))
    .values({name: bindparam(name) for name in ("status", "sealed", "until_ms")})
)
