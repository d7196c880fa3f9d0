"""The wire form of one encoded source: an Arrow IPC file of record handles, keys per slot and visible bits.

A batch says nothing of a source's row order, record ids or missing fields. Sealing a batch to the linkage unit and
authenticating its sender are not done here.

Columns: `record`, the handle of 16 bytes (decision of 2026-11-26); one fixed-size binary column of slots × 16 bytes per
key type; two booleans. The header is canonical JSON
under the metadata key `sealink`.
Spec: contracts section 2 (Batch).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from linkage.errors import BatchError, FingerprintError
from linkage.plan import Plan
from linkage.whole_file import whole_file

KEY_BYTES: Final = 16
HANDLE_BYTES: Final = 16
HANDLE: Final = "record"
VISIBLE: Final = ("has_name", "has_id")
META: Final = b"sealink"
FORMAT: Final = "sealink/v2/batch"
_SOURCE: Final = re.compile(r"[\w-]{1,64}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a batch belongs: project, agency and key epoch. Handles are made for one place only."""

    project: str
    agency: str
    epoch: int


LOCAL: Final = Place("local", "local", 1)
"""The place of batches that never leave the machine of a rehearsal."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a batch says of itself: public parameters, counts, and rounded file-wide figures.

    `collisions`: per tag P(two random records agree), two digits, only for files of 10,000 records or more. `health`:
    the custodian's own limits on what only it can measure, one digit, under the same rule (`health/own_figures.py`).
    """

    source: str
    fingerprint: str
    secret: str  # fingerprint of the linkage secret: equal at all custodians, says nothing about it
    records: int
    scheme: str
    normaliser: str
    collisions: Mapping[str, float]
    health: Mapping[str, float] = field(default_factory=dict)
    project: str = LOCAL.project
    agency: str = LOCAL.agency
    epoch: int = LOCAL.epoch
    format: str = FORMAT

    @property
    def place(self) -> Place:
        return Place(self.project, self.agency, self.epoch)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some records: `handles` uint8[n, 16]; `keys` per key type uint8[n, slots, 16] (or the CLK as one "clk" column);
    `visible` bool[n]."""

    handles: NDArray[np.uint8]
    keys: Mapping[str, NDArray[np.uint8]]
    visible: Mapping[str, NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch opened for reading; columns are views of the file."""

    path: Path
    header: Header
    table: pa.Table

    def __len__(self) -> int:
        return self.header.records

    def handles(self) -> NDArray[np.uint8]:
        """Record handles: uint8[n, 16]."""
        return self.keys(HANDLE)

    def keys(self, name: str) -> NDArray[np.uint8]:
        """Keys of one type: uint8[n, slots × 16]."""
        parts = self.key_parts(name)
        return np.concatenate(parts) if parts else np.zeros((0, self._width(name)), dtype=np.uint8)

    def key_parts(self, name: str) -> list[NDArray[np.uint8]]:
        """The same in consecutive parts, views of the file: nothing is copied."""
        return [_bytes_of(chunk, self._width(name)) for chunk in self.table.column(name).chunks]

    def _width(self, name: str) -> int:
        return int(self.table.column(name).type.byte_width)

    def visible(self, name: str) -> NDArray[np.bool_]:
        return np.asarray(self.table.column(name).to_numpy(zero_copy_only=False)).astype(bool)


def columns_of(plan: Plan) -> dict[str, int]:
    """Key columns that a batch of this plan has, with their width in bytes."""
    if plan.scheme == "clk":
        return {"clk": plan.clk_bits // 8}
    return {key_type.name: key_type.slots * KEY_BYTES for key_type in plan.schema.key_types}


def arrow_schema(plan: Plan, header: Header | None = None) -> pa.Schema:
    """The columns of a batch of this plan in their order, with the header if there is one."""
    schema = _schema_of(tuple(columns_of(plan).items()))
    return schema if header is None else schema.with_metadata({META: header_text(header)})


@lru_cache(maxsize=32)
def _schema_of(widths: tuple[tuple[str, int], ...]) -> pa.Schema:
    fields = [pa.field(name, pa.binary(width), nullable=False) for name, width in ((HANDLE, HANDLE_BYTES), *widths)]
    fields += [pa.field(name, pa.bool_(), nullable=False) for name in VISIBLE]
    return pa.schema(fields)


def header_text(header: Header) -> bytes:
    """The header as it stands in a file."""
    return json.dumps(asdict(header), sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()


def write_batch(path: Path, header: Header, plan: Plan, chunks: Iterable[Chunk]) -> None:
    """Write a batch file; it appears under its name only when it is whole."""
    schema = arrow_schema(plan, header)
    with (
        whole_file(path) as partial,
        pa.OSFile(str(partial), "wb") as sink,
        pa.ipc.new_file(sink, schema) as out,
    ):
        for chunk in chunks:
            out.write_batch(_record_batch(schema, chunk))


def read_batch(path: Path) -> Batch:
    """Open a batch file; BatchError names the file and the rule."""
    try:
        reader = pa.ipc.open_file(pa.memory_map(str(path)))
        table = reader.read_all()
    except (OSError, pa.ArrowInvalid) as error:
        raise BatchError(f"{path}: not a batch of encoded records") from error
    header = header_of(table.schema, str(path))
    if header.records != table.num_rows:
        raise BatchError(f"{path}: the header states another number of records than the file holds")
    return Batch(path, header, table)


def header_of(schema: pa.Schema, where: str) -> Header:
    """The header in an Arrow schema's metadata; BatchError names `where` and the rule."""
    try:
        header = Header(**json.loads((schema.metadata or {})[META]))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise BatchError(f"{where}: the batch header is missing or damaged") from error
    if not _is_sound(header):
        raise BatchError(f"{where}: an entry of the batch header is not of its kind")
    if header.format != FORMAT:
        raise BatchError(f"{where}: written by another version of the wire format")
    if not isinstance(header.source, str) or not _SOURCE.fullmatch(header.source):  # it becomes part of file names
        raise BatchError(f"{where}: the header's source is not a plain name")
    return header


def _is_sound(header: Header) -> bool:
    """Whether every entry is of its kind: a stranger wrote it, and figures without order (NaN) pass every limit."""
    words = (
        header.source, header.fingerprint, header.secret, header.scheme, header.normaliser, header.project,
        header.agency, header.format,
    )  # fmt: skip
    if not all(isinstance(word, str) for word in words):
        return False
    if not all(type(number) is int and number >= 0 for number in (header.records, header.epoch)):
        return False
    figures: tuple[Any, ...] = header.collisions, header.health
    return all(
        isinstance(each, dict) and all(type(value) in (int, float) and 0 <= value < math.inf for value in each.values())
        for each in figures
    )


def check_batch(batch: Batch, plan: Plan) -> None:
    """Refuse a batch that was not made under this plan, or whose columns are not the plan's."""
    if batch.header.fingerprint != plan.fingerprint:
        raise FingerprintError(
            f"{batch.path}: encoded under other parameters than this project's plan",
            hint="encode the source again with the project's plan",
        )
    found = {field.name: field.type for field in batch.table.schema}
    for field_ in arrow_schema(plan):
        if found.get(field_.name) != field_.type:
            raise BatchError(f"{batch.path}: column {field_.name!r} is missing or of another width")


def _record_batch(schema: pa.Schema, chunk: Chunk) -> pa.RecordBatch:
    columns = {HANDLE: chunk.handles, **chunk.keys}
    arrays: list[Any] = []
    for field_ in schema:
        if field_.name in VISIBLE:
            continue
        flat = np.ascontiguousarray(columns[field_.name]).reshape(-1, field_.type.byte_width)
        arrays.append(pa.Array.from_buffers(field_.type, len(flat), [None, pa.py_buffer(flat)]))
    arrays += [pa.array(chunk.visible[name]) for name in VISIBLE]
    return pa.record_batch(arrays, schema=schema)


def _bytes_of(chunk: pa.Array, width: int) -> NDArray[np.uint8]:
    raw = np.frombuffer(chunk.buffers()[1], dtype=np.uint8)
    return raw[chunk.offset * width : (chunk.offset + len(chunk)) * width].reshape(len(chunk), width)
