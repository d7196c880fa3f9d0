"""Rows of uploads. Every query but the clean-up's is filtered by project and agency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from linkage.batches import BatchKind, UploadState
from linkage.models.batches import UPLOAD


@dataclass(frozen=True, slots=True)
class Upload:
    """One container on its way; `received` bytes of it are durable in the staging file."""

    id: str
    project: str
    agency: str
    kind: BatchKind
    length: int
    sha256: str
    received: int
    state: UploadState
    rule: str | None
    expires_ms: int


_COLUMNS: Final = tuple(Upload.__dataclass_fields__)


def add(connection: Connection, upload: Upload) -> None:
    connection.execute(insert(UPLOAD).values({name: getattr(upload, name) for name in _COLUMNS}))


def find(connection: Connection, project: str, agency: str, upload: str) -> Upload | None:
    row = connection.execute(
        select(UPLOAD).where(UPLOAD.c.id == upload, UPLOAD.c.project == project, UPLOAD.c.agency == agency)
    ).one_or_none()
    return None if row is None else _upload(row)


def open_uploads(connection: Connection, agency: str) -> int:
    """How many are under way, in all projects."""
    mine = (UPLOAD.c.agency == agency, UPLOAD.c.state == UploadState.OPEN)
    return int(connection.execute(select(func.count()).select_from(UPLOAD).where(*mine)).scalar_one())


def advance(connection: Connection, upload: str, before: int, after: int) -> bool:
    """Bytes up to `after` are durable; False if somebody else advanced it meanwhile."""
    same = (UPLOAD.c.id == upload, UPLOAD.c.received == before, UPLOAD.c.state == UploadState.OPEN)
    return bool(connection.execute(update(UPLOAD).where(*same).values(received=after)).rowcount)


def end(connection: Connection, upload: str, state: UploadState, rule: str | None = None) -> bool:
    """From open to `state`; False if it was not open."""
    same = (UPLOAD.c.id == upload, UPLOAD.c.state == UploadState.OPEN)
    return bool(connection.execute(update(UPLOAD).where(*same).values(state=state, rule=rule)).rowcount)


def overdue(connection: Connection, now_ms: int) -> list[Upload]:
    rows = connection.execute(
        select(UPLOAD).where(UPLOAD.c.state == UploadState.OPEN, UPLOAD.c.expires_ms <= now_ms).order_by(UPLOAD.c.id)
    )
    return [_upload(row) for row in rows]


def open_ids(connection: Connection) -> set[str]:
    """Uploads whose staging files are to be kept."""
    return set(connection.execute(select(UPLOAD.c.id).where(UPLOAD.c.state == UploadState.OPEN)).scalars())


def _upload(row: Row[Any]) -> Upload:
    values = {name: getattr(row, name) for name in _COLUMNS}
    return Upload(**{**values, "kind": BatchKind(row.kind), "state": UploadState(row.state)})


def erase(connection: Connection, project: str) -> None:
    """All uploads of a project, whatever their state."""
    connection.execute(delete(UPLOAD).where(UPLOAD.c.project == project))
