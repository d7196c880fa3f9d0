"""The standing records of a project: each agency's current ones, as a batch for the matcher.

A whole file that nothing was laid over is handed out as it lies on disk; only where single records were corrected or
deleted are rows copied. One batch per agency, in the order of the agencies' codes; the header states the records that
stand. It decides nothing about who may look.

May touch: database, disk
Sees:      encodings of all agencies
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from linkage.batches import BatchKind, standing_rows
from linkage.encoded import HANDLE, HANDLE_BYTES, META, Batch, Header, header_text, read_batch
from linkage.health.own_figures import PUBLISH_FROM
from linkage.store import batches as store
from linkage.unit import Unit


@dataclass(frozen=True, slots=True)
class Standing:
    """One agency's standing records, the ids of their batches and the digests of the containers they came in.

    `was_examined`: they are a whole file, whose health report was within the limits when it was received.
    """

    agency: str
    batch: Batch
    batches: tuple[str, ...]
    digests: tuple[str, ...]
    was_examined: bool


def batch_path(unit: Unit, batch: str) -> Path:
    """Where a batch's records lie."""
    return unit.folder / "batches" / f"{batch}.arrow"


def standing_batches(unit: Unit, project: str) -> list[Batch]:
    """The current records of all agencies, one batch each; agencies without a record are left out."""
    return [one.batch for one in standing(unit, project)]


def standing(unit: Unit, project: str, agency: str | None = None) -> list[Standing]:
    """The same with agency and digests; of one agency alone if it is named."""
    with unit.database.reading() as connection:
        rows = store.standing(connection, project, agency)
        gone = {one: store.deleted(connection, project, one) for one in {row.agency for row in rows}}
    found = []
    for one, group in groupby(rows, key=lambda row: row.agency):
        mine = list(group)
        opened = [read_batch(batch_path(unit, row.id)) for row in mine]
        batch = _laid_over([row.number for row in mine], opened, gone[one])
        if len(batch):
            ids, digests = tuple(row.id for row in mine), tuple(row.digest for row in mine)
            whole = all(row.kind is BatchKind.WHOLE for row in mine)
            found.append(Standing(one, batch, ids, digests, whole))
    return found


def _laid_over(numbers: list[int], opened: list[Batch], deleted: dict[bytes, int]) -> Batch:
    if len(opened) == 1 and not deleted:
        return opened[0]
    handles = [batch.handles().reshape(-1, HANDLE_BYTES) for batch in opened]
    masks = standing_rows(list(zip(numbers, handles, strict=True)), deleted)
    parts = [
        batch.table if mask.all() else batch.table.filter(pa.array(mask))
        for batch, mask in zip(opened, masks, strict=True)
    ]
    whole = pa.concat_tables([part.replace_schema_metadata(None) for part in parts])
    filled = [each for each in whole.to_batches() if len(each)]
    header = header_of_all([batch.header for batch in opened], whole.num_rows)
    schema = whole.schema.with_metadata({META: header_text(header)})
    table = pa.Table.from_batches([pa.RecordBatch.from_arrays(each.columns, schema=schema) for each in filled], schema)
    return Batch(opened[0].path, header, table)


def header_of_all(headers: list[Header], records: int) -> Header:
    """The first one's, for so many records; of what each states of itself, the worst, and nothing of a small file."""
    first = headers[0]
    if records < PUBLISH_FROM:
        return replace(first, records=records, collisions={}, health={})
    health: dict[str, float] = {}
    for header in headers:
        for name, value in header.health.items():
            health[name] = max(value, health.get(name, 0.0))
    return replace(first, records=records, health=health)


def has_handle(batch: Batch, handle: bytes) -> bool:
    """Does a record of this handle stand in it?"""
    wanted = pa.scalar(handle, pa.binary(HANDLE_BYTES))
    return bool(pc.index(batch.table.column(HANDLE), wanted).as_py() >= 0)
