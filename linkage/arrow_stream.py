"""An Arrow IPC stream from a stranger, a record batch at a time, and none that could swell in memory.

Compressed buffers state their own length: a hundred kilobytes may claim gigabytes, which Arrow's own reader allocates
before anybody can look. So each message is looked at first; only plain record batches are read. Keys do not compress.

May touch: nothing
Sees:      encodings
Spec:      Arrow columnar format, Message.fbs; FlatBuffers, internals
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa

from linkage.errors import BatchError

_HEADER_OF_MESSAGE: Final = 2
_COMPRESSION_OF_BATCH: Final = 3


def plain_stream(source: Any) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """The stream's schema and its record batches. BatchError for anything but plain ones; ArrowException if damaged."""
    messages = pa.ipc.MessageReader.open_stream(source)
    first = next(iter(messages), None)
    if first is None or first.type != "schema":
        raise BatchError("batch: its body does not begin with a schema")
    schema = pa.ipc.read_schema(first)
    return schema, _batches(messages, schema)


def is_compressed(metadata: bytes) -> bool:
    """Does the metadata of a record batch's message name a compression?"""
    message = _at(metadata, 0)
    header = _field(metadata, message, _HEADER_OF_MESSAGE)
    return header is not None and _field(metadata, _at(metadata, header), _COMPRESSION_OF_BATCH) is not None


def _batches(messages: pa.ipc.MessageReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for message in messages:
        if message.type != "record batch":
            raise BatchError("batch: its body holds something else than record batches")
        try:
            compressed = is_compressed(message.metadata.to_pybytes())
        except struct.error:
            raise BatchError("batch: its body is damaged") from None
        if compressed:
            raise BatchError("batch: a record batch is compressed")
        yield pa.ipc.read_record_batch(message, schema)


def _at(data: bytes, place: int) -> int:
    """Where the table is that the offset at this place leads to."""
    (offset,) = struct.unpack_from("<I", data, place)
    return place + int(offset)


def _field(data: bytes, table: int, number: int) -> int | None:
    """Where a table's field is, or None when it is not there."""
    (back,) = struct.unpack_from("<i", data, table)
    names = table - back
    if names < 0:
        raise struct.error
    (size,) = struct.unpack_from("<H", data, names)
    place = 4 + 2 * number
    if place + 2 > size:
        return None
    (offset,) = struct.unpack_from("<H", data, names + place)
    return table + int(offset) if offset else None
