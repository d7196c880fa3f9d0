"""Verb: upload a batch, in parts that survive a cut connection. Nothing counts before `commit_upload`.

1. Declare length, SHA-256 and kind. 2. Send parts at the offset that the unit states, each with its digest.
A part is durable in the staging file before its offset is stored; two connections never write one upload.

May touch: database, disk
Sees:      sealed bytes
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from audit.request_id import new_request_id
from linkage.batches import LARGEST_PART, LARGEST_UPLOAD, UPLOAD_LIFE_MS, BatchKind, UploadState
from linkage.caller import Caller
from linkage.flows.manage_projects import find_project, joined_member
from linkage.refusals import Refused, Why
from linkage.staging import Part, sole_writer, staging_path
from linkage.store import uploads as store
from linkage.store.uploads import Upload
from linkage.unit import Unit

MOST_OPEN: Final = 8
"""Uploads that one agency may have under way."""


def begin_upload(unit: Unit, caller: Caller, project: str, kind: BatchKind, length: int, sha256: str) -> Upload:
    """A new upload; its staging file begins empty."""
    if not 0 < length <= LARGEST_UPLOAD:
        raise Refused(Why.TOO_LARGE, "length: nothing, or more than an upload may have")
    now, agency = unit.now_ms(), caller.agency or ""
    expires = now + UPLOAD_LIFE_MS
    made = Upload(new_request_id(now), project, agency, kind, length, sha256, 0, UploadState.OPEN, None, expires)
    with unit.database.writing() as connection:
        joined_member(connection, caller, find_project(connection, caller, project))
        if store.open_uploads(connection, agency) >= MOST_OPEN:
            raise Refused(Why.QUOTA_SPENT, "uploads: too many are under way", hint="commit them or let them expire")
        store.add(connection, made)
    return made


def read_upload(unit: Unit, caller: Caller, project: str, upload: str) -> Upload:
    with unit.database.reading() as connection:
        found = store.find(connection, project, caller.agency or "", upload)
    if found is None:
        raise Refused(Why.NOT_FOUND, "upload: none with this id")
    return found


@contextmanager
def receiving_part(unit: Unit, caller: Caller, project: str, upload: str, offset: int, sha256: bytes) -> Iterator[Part]:
    """Write a part inside the block; when it ends well the part is durable and counts, else nothing changed."""
    read_upload(unit, caller, project, upload)
    with sole_writer(staging_path(unit, upload)) as file:
        found = read_upload(unit, caller, project, upload)
        if found.state is not UploadState.OPEN or found.expires_ms <= unit.now_ms():
            raise Refused(Why.WRONG_STATE, "upload: not open")
        if offset != found.received:
            raise Refused(Why.WRONG_OFFSET, "Upload-Offset: not where the unit stands", hint="read the upload again")
        part = Part(file, offset, min(LARGEST_PART, found.length - offset))
        yield part
        part.close(sha256)
        with unit.database.writing() as connection:
            if not store.advance(connection, upload, offset, offset + part.size):
                raise Refused(Why.WRONG_STATE, "upload: not open")


def clean_up(unit: Unit) -> int:
    """End what expired, and remove staging files that no open upload has; how many files went."""
    with unit.database.writing() as connection:
        for each in store.overdue(connection, unit.now_ms()):
            store.end(connection, each.id, UploadState.EXPIRED)
        kept = store.open_ids(connection)
    gone = [path for path in (unit.folder / "uploads").glob("*.part") if path.stem not in kept]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)
