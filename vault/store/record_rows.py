"""Record versions: what was signed of them, their state, the proof of their sealing, their index entries; and the one
place where a version is destroyed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select, update

from vault.errors import StateError
from vault.models import ENVELOPE, HALF, RECORD
from vault.store.pages import PAGE, bytes_or_none
from vault.unsealing import SealState


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record version without its contents."""

    id: str
    version: int
    agency: str
    state: str
    req: str
    data: bytes
    sealed_ms: int


@dataclass(frozen=True, slots=True)
class IndexRow:
    """A record's sealed index entry; `state` is sealed or unsealed."""

    record: str
    state: str
    entry: bytes


def find(connection: Connection, record_id: str, version: int) -> StoredRecord | None:
    """A record version; the caller checks who may see it."""
    row = connection.execute(select(RECORD).where(RECORD.c.id == record_id, RECORD.c.version == version)).one_or_none()
    if row is None:
        return None
    return StoredRecord(row.id, row.version, row.agency, row.state, row.req, bytes(row.data), row.sealed_ms)


def signed_form(connection: Connection, record: str, version: int) -> bytes | None:
    """The signed sealing form of a record version."""
    found = connection.execute(select(RECORD.c.data).where(RECORD.c.id == record, RECORD.c.version == version))
    return bytes_or_none(found.scalar_one_or_none())


def owner_of(connection: Connection, record: str) -> str | None:
    """The agency that sealed a record, whatever version; None if there is none."""
    return connection.execute(select(RECORD.c.agency).where(RECORD.c.id == record).limit(1)).scalar_one_or_none()


def index_entries(connection: Connection, agency: str, after: str) -> list[IndexRow]:
    """An agency's records that are not shredded, from `after` on, a page at most."""
    found = connection.execute(
        select(RECORD.c.id, RECORD.c.state, RECORD.c.index_entry)
        .where(RECORD.c.agency == agency, RECORD.c.id > after, RECORD.c.state != SealState.SHREDDED.value)
        .order_by(RECORD.c.id)
        .limit(PAGE)
    )
    return [IndexRow(row.id, row.state, bytes(row.index_entry)) for row in found]


def sealing_proof(connection: Connection, record: str, version: int) -> tuple[str, bytes | None] | None:
    """(request id of the entry of a sealing, its first witnessed proof if there is one)."""
    row = connection.execute(_PROOF, {"of": record, "in": version}).one_or_none()
    return None if row is None else (row.req, bytes_or_none(row.proof))


def unproven(connection: Connection, limit: int) -> list[tuple[str, int]]:
    """(record, version) of sealings that no proof is kept of yet, the oldest first."""
    return [(row.id, row.version) for row in connection.execute(_UNPROVEN, {"most": limit})]


def keep_proof(connection: Connection, record: str, version: int, proof: bytes) -> None:
    """Keep the first proof of a sealing; a later one is of a later time, and replaces nothing."""
    where = (RECORD.c.id == record, RECORD.c.version == version, RECORD.c.proof.is_(None))
    connection.execute(update(RECORD).where(*where).values(proof=proof))


def move(connection: Connection, record_id: str, version: int, old: str, new: str) -> None:
    """Change a record's state; StateError when another was quicker."""
    where = (RECORD.c.id == record_id, RECORD.c.version == version, RECORD.c.state == old)
    if connection.execute(update(RECORD).where(*where).values(state=new)).rowcount != 1:
        raise StateError("record: its state has changed meanwhile")


def shred(connection: Connection, record_id: str, version: int) -> list[str]:
    """Destroy halves, covers, index entry and sealing form; a tombstone stays. Returns the envelopes' digests."""
    digests = [
        row.digest
        for row in connection.execute(
            select(ENVELOPE.c.digest).where(ENVELOPE.c.record == record_id, ENVELOPE.c.version == version)
        )
    ]
    connection.execute(delete(HALF).where(HALF.c.record == record_id, HALF.c.version == version))
    connection.execute(delete(ENVELOPE).where(ENVELOPE.c.record == record_id, ENVELOPE.c.version == version))
    where = (RECORD.c.id == record_id, RECORD.c.version == version)
    connection.execute(update(RECORD).where(*where).values(data=b"", index_entry=b""))
    return digests


_PROOF: Final = select(RECORD.c.req, RECORD.c.proof).where(
    RECORD.c.id == bindparam("of"), RECORD.c.version == bindparam("in")
)
_UNPROVEN: Final = (
    select(RECORD.c.id, RECORD.c.version)
    .where(RECORD.c.proof.is_(None))
    .order_by(RECORD.c.sealed_ms)
    .limit(bindparam("most"))
)
