"""Covers of envelopes, by digest and by record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, select

from vault.halves import RecordId
from vault.models import ENVELOPE
from vault.store.pages import PAGE, bytes_or_none
from vault.vocabulary import View


def cover(connection: Connection, digest: str) -> bytes | None:
    """The cover of an envelope."""
    return bytes_or_none(connection.execute(_COVER, {"of": digest}).scalar_one_or_none())


def named(connection: Connection, digests: Sequence[str]) -> set[str]:
    """Those of the digests that a sealing has named."""
    found: set[str] = set()
    for at in range(0, len(digests), PAGE):
        where = ENVELOPE.c.digest.in_(digests[at : at + PAGE])
        found.update(row.digest for row in connection.execute(select(ENVELOPE.c.digest).where(where)))
    return found


def covers(connection: Connection, record: str, version: int) -> dict[View, bytes]:
    """The covers of a record version's envelopes."""
    where = (ENVELOPE.c.record == record, ENVELOPE.c.version == version)
    rows = connection.execute(select(ENVELOPE.c.view, ENVELOPE.c.cover).where(*where))
    return {View(row.view): bytes(row.cover) for row in rows}


def covers_of_all(connection: Connection, records: Sequence[RecordId]) -> dict[RecordId, dict[View, bytes]]:
    """The covers of all views of a page of record versions."""
    found: dict[RecordId, dict[View, bytes]] = {one: {} for one in records}
    by_name = {(one.record, one.version): one for one in records}
    names = [one.record for one in records]
    rows = select(ENVELOPE.c.record, ENVELOPE.c.version, ENVELOPE.c.view, ENVELOPE.c.cover)
    for row in connection.execute(rows.where(ENVELOPE.c.record.in_(names))):
        if (row.record, row.version) in by_name:
            found[by_name[row.record, row.version]][View(row.view)] = bytes(row.cover)
    return found


_COVER: Final = select(ENVELOPE.c.cover).where(ENVELOPE.c.digest == bindparam("of"))
