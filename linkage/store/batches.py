"""Rows of batches and deletions. Every query is filtered by project, and by agency but for the matcher's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from linkage.batches import BatchKind, BatchState
from linkage.models.batches import BATCH, DELETED


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """One received batch; its records lie in `batches/ID.arrow` of the unit's folder."""

    id: str
    project: str
    agency: str
    number: int
    kind: BatchKind
    epoch: int
    digest: str
    file_sha256: str
    records: int
    state: BatchState
    received_ms: int


_COLUMNS: Final = tuple(StoredBatch.__dataclass_fields__)


def add(connection: Connection, batch: StoredBatch) -> None:
    connection.execute(insert(BATCH).values({name: getattr(batch, name) for name in _COLUMNS}))


def next_number(connection: Connection, project: str, agency: str) -> int:
    """The place of the agency's next batch or deletion in its order."""
    tables = ((BATCH, BATCH.c), (DELETED, DELETED.c))
    found = [
        connection.execute(select(func.max(c.number)).where(c.project == project, c.agency == agency)).scalar() or 0
        for _, c in tables
    ]
    return max(found) + 1


def supersede(connection: Connection, project: str, agency: str) -> None:
    """A new whole file takes the place of all that stood. Deletions stay: the last job's index may hold the records."""
    mine = (BATCH.c.project == project, BATCH.c.agency == agency, BATCH.c.state == BatchState.STANDING)
    connection.execute(update(BATCH).where(*mine).values(state=BatchState.SUPERSEDED))


def forget_deletions(connection: Connection, project: str, agency: str, last: int) -> None:
    """Those up to the number `last`, which a job knew, that no standing batch is older than."""
    standing = (BATCH.c.project == project, BATCH.c.agency == agency, BATCH.c.state == BatchState.STANDING)
    first = connection.execute(select(func.min(BATCH.c.number)).where(*standing)).scalar()
    mine = (DELETED.c.project == project, DELETED.c.agency == agency)
    bound = last if first is None else min(last, first)
    connection.execute(delete(DELETED).where(*mine, DELETED.c.number <= bound))


def standing(connection: Connection, project: str, agency: str | None = None) -> list[StoredBatch]:
    """Of one agency, or of all in the order of agency and number: for the matcher's eyes."""
    query = select(BATCH).where(BATCH.c.project == project, BATCH.c.state == BatchState.STANDING)
    if agency is not None:
        query = query.where(BATCH.c.agency == agency)
    rows = connection.execute(query.order_by(BATCH.c.agency, BATCH.c.number))
    return [_batch(row) for row in rows]


def deleted(connection: Connection, project: str, agency: str) -> dict[bytes, int]:
    """Deleted handles with the number of the deletion."""
    rows = connection.execute(
        select(DELETED.c.handle, DELETED.c.number).where(DELETED.c.project == project, DELETED.c.agency == agency)
    )
    return {bytes(row.handle): row.number for row in rows}


def note_deleted(connection: Connection, project: str, agency: str, handle: bytes, number: int) -> None:
    mine = (DELETED.c.project == project, DELETED.c.agency == agency, DELETED.c.handle == handle)
    connection.execute(delete(DELETED).where(*mine))
    connection.execute(insert(DELETED).values(project=project, agency=agency, handle=handle, number=number))


def of_agency(connection: Connection, project: str, agency: str, after: str, limit: int) -> list[StoredBatch]:
    rows = connection.execute(
        select(BATCH)
        .where(BATCH.c.project == project, BATCH.c.agency == agency, BATCH.c.id > after)
        .order_by(BATCH.c.id)
        .limit(limit)
    )
    return [_batch(row) for row in rows]


def find(connection: Connection, project: str, agency: str, batch: str) -> StoredBatch | None:
    row = connection.execute(
        select(BATCH).where(BATCH.c.id == batch, BATCH.c.project == project, BATCH.c.agency == agency)
    ).one_or_none()
    return None if row is None else _batch(row)


def is_known(connection: Connection, project: str, digest: str) -> bool:
    """Was this very container received before?"""
    found = select(BATCH.c.id).where(BATCH.c.project == project, BATCH.c.digest == digest)
    return connection.execute(found).first() is not None


def _batch(row: Row[Any]) -> StoredBatch:
    values = {name: getattr(row, name) for name in _COLUMNS}
    return StoredBatch(**{**values, "kind": BatchKind(row.kind), "state": BatchState(row.state)})


def all_ids(connection: Connection) -> set[str]:
    """Batches of all projects whose files are to be kept."""
    return set(connection.execute(select(BATCH.c.id)).scalars())


def records_held(connection: Connection, project: str) -> int:
    """Records in all batches of a project, standing or not."""
    found = connection.execute(select(func.sum(BATCH.c.records)).where(BATCH.c.project == project)).scalar()
    return int(found or 0)


def erase(connection: Connection, project: str) -> None:
    """All batches and deletions of a project."""
    connection.execute(delete(BATCH).where(BATCH.c.project == project))
    connection.execute(delete(DELETED).where(DELETED.c.project == project))
