"""The wire form of one encoded source: an Arrow IPC file with the plan's fingerprint, keys per slot and visible bits.

A batch says nothing of a source's row order, record ids or missing fields. Sealing a batch to the linkage unit and
authenticating its sender are not done here.

Columns: one fixed-size binary column of slots × 16 bytes per key type, and two booleans. The header is canonical JSON
under the metadata key `sealink`.
Spec: contracts section 2 (Batch).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from linkage.errors import BatchError, FingerprintError
from linkage.plan import Plan

KEY_BYTES: Final = 16
VISIBLE: Final = ("has_name", "has_id")
_META: Final = b"sealink"
_FORMAT: Final = "sealink/v1/batch"
_SOURCE: Final = re.compile(r"[\w-]{1,64}")


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
    format: str = _FORMAT


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some records: `keys` per key type uint8[n, slots, 16] (or the CLK as one "clk" column), `visible` bool[n]."""

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


def write_batch(path: Path, header: Header, plan: Plan, chunks: Iterable[Chunk]) -> None:
    """Write a batch file; it appears under its name only when it is whole."""
    widths = columns_of(plan)
    fields = [pa.field(name, pa.binary(width), nullable=False) for name, width in widths.items()]
    fields += [pa.field(name, pa.bool_(), nullable=False) for name in VISIBLE]
    text = json.dumps(asdict(header), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    schema = pa.schema(fields, metadata={_META: text.encode()})
    with (
        whole_file(path) as partial,
        pa.OSFile(str(partial), "wb") as sink,
        pa.ipc.new_file(sink, schema) as out,
    ):
        for chunk in chunks:
            out.write_batch(_record_batch(schema, widths, chunk))


def read_batch(path: Path) -> Batch:
    """Open a batch file; BatchError names the file and the rule."""
    try:
        reader = pa.ipc.open_file(pa.memory_map(str(path)))
        table = reader.read_all()
    except (OSError, pa.ArrowInvalid) as error:
        raise BatchError(f"{path}: not a batch of encoded records") from error
    try:
        header = Header(**json.loads((table.schema.metadata or {})[_META]))
    except (KeyError, TypeError, ValueError) as error:
        raise BatchError(f"{path}: the batch header is missing or damaged") from error
    if header.format != _FORMAT:
        raise BatchError(f"{path}: written by another version of the wire format")
    if not isinstance(header.source, str) or not _SOURCE.fullmatch(header.source):  # it becomes part of file names
        raise BatchError(f"{path}: the header's source is not a plain name")
    if header.records != table.num_rows:
        raise BatchError(f"{path}: the header states another number of records than the file holds")
    return Batch(path, header, table)


def check_batch(batch: Batch, plan: Plan) -> None:
    """Refuse a batch that was not made under this plan, or whose columns are not the plan's."""
    if batch.header.fingerprint != plan.fingerprint:
        raise FingerprintError(
            f"{batch.path}: encoded under other parameters than this project's plan",
            hint="encode the source again with the project's plan",
        )
    expected = {name: pa.binary(width) for name, width in columns_of(plan).items()}
    expected |= {name: pa.bool_() for name in VISIBLE}
    found = {field.name: field.type for field in batch.table.schema}
    for name, kind in expected.items():
        if found.get(name) != kind:
            raise BatchError(f"{batch.path}: column {name!r} is missing or of another width")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` that takes its place only when the block ends well."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _record_batch(schema: pa.Schema, widths: Mapping[str, int], chunk: Chunk) -> pa.RecordBatch:
    arrays: list[Any] = []
    for name, width in widths.items():
        flat = np.ascontiguousarray(chunk.keys[name]).reshape(-1, width)
        arrays.append(pa.Array.from_buffers(pa.binary(width), len(flat), [None, pa.py_buffer(flat)]))
    arrays += [pa.array(chunk.visible[name]) for name in VISIBLE]
    return pa.record_batch(arrays, schema=schema)


def _bytes_of(chunk: pa.Array, width: int) -> NDArray[np.uint8]:
    raw = np.frombuffer(chunk.buffers()[1], dtype=np.uint8)
    return raw[chunk.offset * width : (chunk.offset + len(chunk)) * width].reshape(len(chunk), width)
