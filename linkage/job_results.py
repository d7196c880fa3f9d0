"""What a job leaves behind as files: each recipient's records with their pseudonyms, what became of earlier ones, and
all clusters for the unit's own eyes.

A recipient's file holds its own handles and names; whether a child is known elsewhere is in it only where the project
stated a basis when the job ran, and which agency knows it never.

May touch: disk
Sees:      record handles and clusters of all agencies
"""

from __future__ import annotations

import secrets
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from linkage.encoded import HANDLE_BYTES
from linkage.job_files import open_table, write_table
from linkage.job_records import JobRecords
from linkage.pseudonyms import PSEUDONYM_BYTES, Change, ChangeKind, Named, carry, nobody, rising
from linkage.records import Holder
from linkage.store.results import Result
from linkage.unit import Unit

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

CLUSTERS: Final = "clusters.arrow"
_HANDLE: Final = pa.binary(HANDLE_BYTES)
_NAME: Final = pa.binary(PSEUDONYM_BYTES)


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a recipient; `known_elsewhere` is None where nothing may be told."""

    handle: bytes
    pseudonym: bytes
    known_elsewhere: bool | None


def write_results(
    unit: Unit,
    job: str,
    project: str,
    folder: str,
    staged: JobRecords,
    clusters: Ints,
    before: dict[str, Result],
    *,
    elsewhere: bool,
) -> list[Result]:
    """Every recipient's files; `before` are their current results."""
    source = staged.source()
    spread = np.unique(np.column_stack((clusters, source)), axis=0)[:, 0] if len(source) else clusters
    is_shared = np.bincount(spread, minlength=int(clusters.max(initial=-1)) + 1) > 1
    found = []
    for number, one in enumerate(staged.standing):
        own = clusters[source == number]
        handles = one.batch.handles()
        named, changes = carry(_named(unit, before.get(one.agency)), handles, own, draw)
        columns = {"handle": _fixed(named.handles), "pseudonym": _fixed(named.pseudonyms)}
        if elsewhere:
            columns["known_elsewhere"] = pa.array(is_shared[own[rising(handles)]])
        file, changed = f"{folder}/{number}.arrow", f"{folder}/{number}.changes.arrow"
        sha256 = write_table(unit, file, pa.table(columns))
        changed_sha256 = write_table(unit, changed, _changes_table(changes))
        result = Result(job, one.agency, project, file, sha256, len(named), changed, changed_sha256, len(changes))
        found.append(result)
    return found


def write_clusters(unit: Unit, folder: str, staged: JobRecords, clusters: Ints) -> str:
    """All records with their clusters; its SHA-256."""
    agencies = pa.DictionaryArray.from_arrays(pa.array(staged.source(), pa.int32()), pa.array(staged.agencies))
    columns = {"agency": agencies, "handle": _fixed(staged.handles()), "cluster": pa.array(clusters)}
    return write_table(unit, f"{folder}/{CLUSTERS}", pa.table(columns))


def holders_of(table: pa.Table, agency: str, handle: bytes) -> list[Holder]:
    """All records of the cluster that holds this one; none if it was in no job."""
    mine = pc.and_(pc.equal(table["handle"], pa.scalar(handle, _HANDLE)), pc.equal(table["agency"], agency))
    clusters = table["cluster"].filter(mine)
    if not len(clusters):
        return []
    found = table.filter(pc.equal(table["cluster"], clusters[0]))
    pairs = zip(found["agency"].to_pylist(), found["handle"].to_pylist(), strict=True)
    return [Holder(each, bytes(one)) for each, one in pairs]


def handles_under(table: pa.Table, pseudonym: bytes) -> list[bytes]:
    """A recipient's records of that name."""
    found = table["handle"].filter(pc.equal(table["pseudonym"], pa.scalar(pseudonym, _NAME)))
    return [bytes(handle) for handle in found.to_pylist()]


def rows_after(table: pa.Table, after: bytes | None, limit: int) -> list[Row]:
    """A recipient's records in the order of handles, beginning after one of them."""
    start = 0 if after is None else bisect_right(_Handles(table), after)
    part = table.slice(start, limit)
    known = part["known_elsewhere"].to_pylist() if "known_elsewhere" in part.column_names else [None] * len(part)
    rows = zip(part["handle"].to_pylist(), part["pseudonym"].to_pylist(), known, strict=True)
    return [Row(*each) for each in rows]


def pseudonym_of(table: pa.Table, handle: bytes) -> bytes | None:
    """The name of a recipient's record."""
    at = bisect_left(_Handles(table), handle)
    if at == len(table) or bytes(table["handle"][at].as_py()) != handle:
        return None
    return bytes(table["pseudonym"][at].as_py())


def read_changes(unit: Unit, result: Result) -> list[Change]:
    """What became of a recipient's earlier names."""
    table = open_table(unit, result.changes_file, result.changes_sha256)
    rows = zip(*(table[name].to_pylist() for name in ("kind", "pseudonym", "others")), strict=True)
    return [Change(ChangeKind(kind), name, tuple(others)) for kind, name, others in rows]


def draw(count: int) -> Bytes:
    """So many names, by the operating system's randomness."""
    return np.frombuffer(secrets.token_bytes(count * PSEUDONYM_BYTES), dtype=np.uint8).reshape(-1, PSEUDONYM_BYTES)


class _Handles:
    """A recipient's handles as a sequence that can be searched without reading all of it."""

    def __init__(self, table: pa.Table) -> None:
        self._rows = fixed_bytes(table["handle"])

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, at: int) -> bytes:
        handle: bytes = self._rows[at].tobytes()
        return handle


def _named(unit: Unit, result: Result | None) -> Named:
    if result is None:
        return nobody()
    table = open_table(unit, result.file, result.sha256)
    return Named(fixed_bytes(table["handle"]), fixed_bytes(table["pseudonym"]))


def _changes_table(changes: Sequence[Change]) -> pa.Table:
    columns = {
        "kind": pa.array([str(each.kind) for each in changes], pa.string()),
        "pseudonym": pa.array([each.pseudonym for each in changes], _NAME),
        "others": pa.array([list(each.others) for each in changes], pa.list_(_NAME)),
    }
    return pa.table(columns)


def _fixed(rows: Bytes) -> pa.Array:
    flat = np.ascontiguousarray(rows)
    return pa.Array.from_buffers(pa.binary(flat.shape[1]), len(flat), [None, pa.py_buffer(flat)])


def fixed_bytes(column: pa.ChunkedArray) -> Bytes:
    """A column of fixed width as uint8[n, width], a view of the file where it lies in one piece."""
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0)
    width = array.type.byte_width
    raw = np.frombuffer(array.buffers()[1], dtype=np.uint8)
    return raw[array.offset * width : (array.offset + len(array)) * width].reshape(-1, width)
