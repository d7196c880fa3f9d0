"""An encoded batch → a sealed container for the linkage unit, signed by the agency: what leaves the custodian.

Only the unit's key opens it; the unit knows the sender by the agency's signing key. The body is written a few thousand
records at a time, so memory does not grow with the file. Whether the batch may leave, the health report has said
before; sending it is the client's.

May touch: disk
Sees:      encodings, signing key
Spec:      contracts sections 1 and 2
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audit.crypto.container_header import Purpose
from audit.crypto.hpke import SealingKey
from audit.crypto.sealed_file import seal_file
from audit.crypto.signatures import SigningKey
from linkage.encoded import VISIBLE, Batch, header_text
from linkage.sealed_batch import BATCH_RECORDS, BodyForm, container_facts, container_ids


def seal_batch(
    batch: Batch, path: Path, unit: SealingKey, agency: SigningKey, form: BodyForm = BodyForm.ARROW
) -> bytes:
    """Write `path`, whole or not at all; returns the container's digest, by which the log names it."""
    return seal_file(
        path,
        body_of(batch, form),
        purpose=Purpose.BATCH,
        ids=container_ids(batch.header),
        facts=container_facts(batch.header, form),
        sender=agency,
        recipients=[unit],
    )


def body_of(batch: Batch, form: BodyForm) -> Iterator[bytes]:
    """What is sealed, in pieces."""
    parts = batch.table.to_batches(max_chunksize=BATCH_RECORDS)
    if form is BodyForm.NDJSON:
        yield header_text(batch.header) + b"\n"
        for part in parts:
            yield _lines(part)
        return
    sink = io.BytesIO()
    writer: Any = (
        pa.ipc.new_stream(sink, batch.table.schema)
        if form is BodyForm.ARROW
        else pq.ParquetWriter(sink, batch.table.schema, compression="none", use_dictionary=False)
    )
    with writer:
        for part in parts:
            writer.write_batch(part)
            if form is BodyForm.ARROW:
                yield _taken(sink)
    yield _taken(sink)


def _taken(sink: io.BytesIO) -> bytes:
    """What was written since the last time; the sink is empty again."""
    data = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return data


def _lines(part: pa.RecordBatch) -> bytes:
    rows = part.to_pylist()
    values = ({name: row[name] if name in VISIBLE else row[name].hex() for name in row} for row in rows)
    return b"".join(json.dumps(value, separators=(",", ":")).encode() + b"\n" for value in values)
