"""Sealed batches: what their public header says, the three forms of their body, and how a body is read as a stream.

The ids bind a container to project, agency, epoch, plan and number of records; the facts repeat what the batch's own
header states, floats as text. A body is an Arrow IPC stream, a Parquet file or NDJSON (first line the header, values in
hexadecimal); each carries the whole batch header, which must agree with the ids. Memory is bounded by one record
batch, whatever the body claims. Who the sender is, is checked by `audit/crypto/container`.

May touch: disk (a Parquet body is read from a file that the caller names)
Sees:      encodings
Spec:      contracts sections 1 and 2
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from audit.canonical import JsonValue
from linkage.arrow_stream import plain_stream
from linkage.encoded import HANDLE, HANDLE_BYTES, META, VISIBLE, Header, arrow_schema, header_of
from linkage.errors import BatchError, FingerprintError
from linkage.plan import Plan

BATCH_RECORDS: Final = 4_096
"""Records that are in memory at once."""
LONGEST_PIECE: Final = 64 * 1024 * 1024
"""Bytes of one record batch, one Parquet row group or one line."""


class BodyForm(StrEnum):
    """What the sealed bytes are."""

    ARROW = "arrow-stream"
    PARQUET = "parquet"
    NDJSON = "ndjson"


def container_ids(header: Header) -> dict[str, str | int]:
    """What a batch's container is about."""
    return {
        "project": header.project,
        "agency": header.agency,
        "epoch": header.epoch,
        "fingerprint": header.fingerprint,
        "records": header.records,
    }


def container_facts(header: Header, form: BodyForm) -> dict[str, JsonValue]:
    """What whoever carries the container may read: counts and the health report's file-wide figures."""
    return {
        "form": str(form),
        "source": header.source,
        "secret": header.secret,
        "scheme": header.scheme,
        "normaliser": header.normaliser,
        "health": {name: repr(value) for name, value in header.health.items()},
    }


@dataclass(frozen=True, slots=True)
class Body:
    """An opened body: its header, and its records a few thousand at a time, once."""

    header: Header
    records: Iterator[pa.RecordBatch]
    rest: Iterator[bytes]
    """What follows the last record: nothing, in a right body."""


def read_body(form: BodyForm, chunks: Iterable[bytes], plan: Plan, spool: Path) -> Body:
    """Read a body front to back. BatchError names place and rule; `spool` is written for Parquet only."""
    chunks = iter(chunks)
    try:
        match form:
            case BodyForm.ARROW:
                pieces = _Pieces(chunks)
                schema, found = plain_stream(pa.PythonFile(pieces, mode="r"))
                rest = iter(lambda: pieces.read(1), b"")
                return Body(header_of(schema, "batch"), _checked(found, schema, plan), rest)
            case BodyForm.PARQUET:
                with spool.open("wb") as out:
                    for chunk in chunks:
                        out.write(chunk)
                file = pq.ParquetFile(spool)
                groups = (file.metadata.row_group(number) for number in range(file.metadata.num_row_groups))
                for group in groups:
                    if group.total_byte_size > LONGEST_PIECE:
                        raise BatchError("batch: a row group is too long")
                    if any(group.column(at).compression != "UNCOMPRESSED" for at in range(group.num_columns)):
                        raise BatchError("batch: a column is compressed")
                schema = file.schema_arrow
                return Body(
                    header_of(schema, "batch"), _checked(file.iter_batches(BATCH_RECORDS), schema, plan), chunks
                )
            case BodyForm.NDJSON:
                lines = _lines(chunks)
                header = header_of(pa.schema([], metadata={META: next(lines, b"")}), "batch")
                schema = arrow_schema(plan)
                return Body(header, _checked(_of_lines(lines, schema), schema, plan), chunks)
    except (pa.ArrowException, OSError) as error:
        raise BatchError("batch: its body is not of the form that it states") from error


def _checked(batches: Iterable[pa.RecordBatch], schema: pa.Schema, plan: Plan) -> Iterator[pa.RecordBatch]:
    """The same records in the plan's columns; refuses other columns, widths, nulls and a handle that stands twice."""
    expected = arrow_schema(plan)
    is_same = schema.equals(expected)
    if not is_same and (schema.names != expected.names or schema.types != expected.types):
        raise BatchError("batch: its columns are not the plan's")
    handles = bytearray()
    found = iter(batches)
    while True:
        try:
            batch = next(found, None)
            if batch is None:
                break
            batch.validate(full=True)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise BatchError("batch: its body is damaged") from error
        if batch.get_total_buffer_size() > LONGEST_PIECE:
            raise BatchError("batch: a record batch is too long")
        columns = batch.columns
        if any(column.null_count for column in columns):
            raise BatchError("batch: a cell is empty")
        is_whole = is_same and batch.schema.equals(expected)
        whole = batch.replace_schema_metadata() if is_whole else pa.RecordBatch.from_arrays(columns, schema=expected)
        handles += handles_of(whole).data
        yield whole
    if handles and has_twins(handles):
        raise BatchError("batch: a record stands in it twice")


def check_header(header: Header, plan: Plan, ids: dict[str, str | int]) -> None:
    """The body's own header must say what the container's public ids say, and be of the project's plan."""
    if header.fingerprint != plan.fingerprint or header.normaliser != plan.normaliser or header.scheme != plan.scheme:
        raise FingerprintError(
            "batch: encoded under other parameters than this project's plan",
            hint="encode the source again with the project's plan",
        )
    if container_ids(header) != ids:
        raise BatchError("batch: its header says something else than its container")


def handles_of(batch: pa.RecordBatch) -> NDArray[np.uint8]:
    """Record handles, copied out: uint8[n, 16]."""
    column = batch.column(HANDLE)
    raw = np.frombuffer(column.buffers()[1] or b"", dtype=np.uint8)
    start = column.offset * HANDLE_BYTES
    return raw[start : start + len(column) * HANDLE_BYTES].reshape(-1, HANDLE_BYTES).copy()


def has_twins(handles: bytearray) -> bool:
    """Does a handle stand twice? Leaves them in another order: a million are 16 MB, and are held once."""
    order = np.frombuffer(handles, dtype=np.dtype((np.void, HANDLE_BYTES)))
    order.sort()
    return bool((order[1:] == order[:-1]).any())


class _Pieces:
    """A readable stream over pieces of bytes, for Arrow; what one read may ask for is bounded."""

    closed = False

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks, self._held = iter(chunks), bytearray()

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= LONGEST_PIECE:
            raise BatchError("batch: a record batch is too long")
        while len(self._held) < size:
            piece = next(self._chunks, None)
            if piece is None:
                break
            self._held += piece
        out = bytes(memoryview(self._held)[:size])
        del self._held[:size]
        return out

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for chunk in chunks:
        held += chunk
        *whole, rest = held.split(b"\n")
        yield from (bytes(line) for line in whole)
        held = bytearray(rest)
        if len(held) > LONGEST_PIECE:
            raise BatchError("batch: a line is too long")
    if held:
        yield bytes(held)


def _of_lines(lines: Iterator[bytes], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    rows: list[dict[str, object]] = []
    for line in lines:
        rows.append(_row(line, schema))
        if len(rows) == BATCH_RECORDS:
            yield pa.RecordBatch.from_pylist(rows, schema=schema)
            rows = []
    if rows:
        yield pa.RecordBatch.from_pylist(rows, schema=schema)


def _row(line: bytes, schema: pa.Schema) -> dict[str, object]:
    try:
        value = json.loads(line)
        if not isinstance(value, dict) or set(value) != set(schema.names):
            raise ValueError
        if any(type(value[name]) is not bool for name in VISIBLE):
            raise ValueError
        return {name: value[name] if name in VISIBLE else bytes.fromhex(value[name]) for name in schema.names}
    except (TypeError, ValueError):
        raise BatchError("batch: a line does not hold the plan's columns") from None


def drain(body: Body, keep: Callable[[pa.RecordBatch], object]) -> None:
    """Hand every record batch to `keep` and read to the end; BatchError for more or fewer records, or further bytes."""
    records = 0
    for batch in body.records:
        records += len(batch)
        if records > body.header.records:
            break
        keep(batch)
    if records != body.header.records:
        raise BatchError("batch: holds another number of records than its header states")
    if next(body.rest, None) is not None:
        raise BatchError("batch: bytes after its last record")
