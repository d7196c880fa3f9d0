"""Sealed halves: a holder's of a record version, and all that are under one of its keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, bindparam, func, or_, select, update

from vault.errors import StateError
from vault.halves import RecordId, SealedHalves
from vault.models import HALF
from vault.store.pages import insert_row
from vault.vocabulary import Holder


def find(connection: Connection, record: RecordId, holder: Holder) -> SealedHalves | None:
    """A holder's halves of a record version."""
    of = {"of": record.record, "in": record.version, "by": holder.value}
    row = connection.execute(_FIND, of).one_or_none()
    return None if row is None else _halves(row)


def under_key(
    connection: Connection, holder: Holder, key: str, after: tuple[str, int], limit: int
) -> list[SealedHalves]:
    """Halves that are sealed to one key of a holder, beyond (record, version)."""
    record, version = after
    is_beyond = or_(HALF.c.record > record, and_(HALF.c.record == record, HALF.c.version > version))
    found = connection.execute(
        select(HALF)
        .where(HALF.c.holder == holder.value, HALF.c.key == key, is_beyond)
        .order_by(HALF.c.record, HALF.c.version)
        .limit(limit)
    )
    return [_halves(row) for row in found]


def put(connection: Connection, halves: SealedHalves) -> None:
    """A holder's halves of a new record version."""
    held = {"holder": halves.holder.value, "key": halves.key, "sealed": halves.sealed}
    insert_row(connection, HALF, **halves.id.to_json(), **held)


def replace(connection: Connection, old_key: str, halves: Iterable[SealedHalves]) -> None:
    """Halves sealed to another key of the same holder; StateError if one is no longer under `old_key`."""
    for one in halves:
        changed = connection.execute(
            update(HALF)
            .where(*_halves_key(one.id, one.holder), HALF.c.key == old_key)
            .values(key=one.key, sealed=one.sealed)
        )
        if changed.rowcount != 1:
            raise StateError("half: not there, or under another key than was said")


def count(connection: Connection, holder: Holder, key: str) -> int:
    """How many record versions' halves are sealed to that key."""
    where = (HALF.c.holder == holder.value, HALF.c.key == key)
    return int(connection.execute(select(func.count()).select_from(HALF).where(*where)).scalar_one())


def _halves_key(record: RecordId, holder: Holder) -> Sequence[Any]:
    return (HALF.c.record == record.record, HALF.c.version == record.version, HALF.c.holder == holder.value)


def _halves(row: Row[Any]) -> SealedHalves:
    record = RecordId(row.record, row.version, row.agency, row.epoch, row.suite)
    return SealedHalves(record, Holder(row.holder), row.key, bytes(row.sealed))


_FIND: Final = select(HALF).where(
    HALF.c.record == bindparam("of"), HALF.c.version == bindparam("in"), HALF.c.holder == bindparam("by")
)
