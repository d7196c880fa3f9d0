"""The records of one job: each member's standing records, numbered one after the other, found again by their handles.

What is staged is one moment's; whatever agencies send or delete while the job runs belongs to the next one, and
`moved` says whose records that concerns.

May touch: database, disk
Sees:      encodings of all agencies
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlalchemy import Connection

from linkage.encoded import HANDLE, HANDLE_BYTES, Batch
from linkage.standing import Standing, standing
from linkage.store import batches, projects
from linkage.unit import Unit

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class JobRecords:
    """`standing` in the order of agencies; `deleted` are each agency's deletions when it was staged."""

    standing: tuple[Standing, ...]
    deleted: Mapping[str, Mapping[bytes, int]]

    def __len__(self) -> int:
        return sum(len(one.batch) for one in self.standing)

    @property
    def agencies(self) -> list[str]:
        return [one.agency for one in self.standing]

    @property
    def batches(self) -> list[Batch]:
        return [one.batch for one in self.standing]

    @property
    def digests(self) -> list[str]:
        """Of the containers that the records came in, in the order of arrival."""
        return [digest for one in self.standing for digest in one.digests]

    def source(self) -> Ints:
        """Number of each record's agency."""
        return np.repeat(np.arange(len(self.standing)), [len(one.batch) for one in self.standing])

    def handles(self) -> NDArray[np.uint8]:
        """Of all records: uint8[n, 16]."""
        parts = [one.batch.handles() for one in self.standing]
        return np.concatenate(parts) if parts else np.zeros((0, HANDLE_BYTES), dtype=np.uint8)

    def rows_of(self, named: Sequence[tuple[str, bytes]]) -> Ints:
        """Numbers of the records of these (agency, handle); −1 for what does not stand."""
        found = np.full(len(named), -1, dtype=np.int64)
        first = 0
        for one in self.standing:
            mine = [at for at, (agency, _) in enumerate(named) if agency == one.agency]
            wanted = pa.array([named[at][1] for at in mine], pa.binary(HANDLE_BYTES))
            column = one.batch.table.column(HANDLE)
            held = pc.index_in(wanted, value_set=column.combine_chunks()) if mine else []
            for at, row in zip(mine, held, strict=True):
                found[at] = -1 if row.as_py() is None else first + row.as_py()
            first += len(one.batch)
        return found


@dataclass(frozen=True, slots=True)
class Moved:
    """What agencies did since: whose batches are other ones now, and which records were deleted."""

    agencies: frozenset[str]
    deleted: Mapping[str, frozenset[bytes]]

    def touches(self, agency: str, handle: bytes) -> bool:
        return agency in self.agencies or handle in self.deleted.get(agency, ())


def stage(unit: Unit, project: str) -> JobRecords:
    """The standing records of all agencies that are in the project."""
    with unit.database.reading() as connection:
        members = {one.agency for one in projects.members(connection, project)}
        deleted = {agency: batches.deleted(connection, project, agency) for agency in members}
    return JobRecords(tuple(one for one in standing(unit, project) if one.agency in members), deleted)


def moved(connection: Connection, project: str, staged: JobRecords) -> Moved:
    """What is different now; in the transaction of the job's end."""
    now: dict[str, tuple[str, ...]] = {}
    for row in batches.standing(connection, project):
        now[row.agency] = (*now.get(row.agency, ()), row.id)
    others = frozenset(one.agency for one in staged.standing if now.get(one.agency, ()) != one.batches)
    deleted = {
        one.agency: frozenset(
            handle
            for handle, number in batches.deleted(connection, project, one.agency).items()
            if staged.deleted.get(one.agency, {}).get(handle) != number
        )
        for one in staged.standing
    }
    return Moved(others, deleted)
