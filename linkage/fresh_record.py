"""One freshly encoded record, sealed to the unit like any batch: opened in memory, and nothing of it is kept.

It is a sealed batch of one record, so a custodian makes it with the same code, and project, agency, epoch and plan are
bound to it by the sender's signature.

May touch: nothing (bytes in memory)
Sees:      keys of one record
Spec:      contracts sections 1 and 2
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from audit.crypto.container import verify_container
from audit.crypto.container_header import Purpose
from audit.crypto.errors import CryptoError
from audit.crypto.hpke import OpeningKey
from audit.crypto.signatures import VerifyingKey
from linkage.encoded import VISIBLE
from linkage.errors import BatchError, FingerprintError
from linkage.matching.index import halves
from linkage.plan import Plan
from linkage.refusals import Refused, Why
from linkage.sealed_batch import BodyForm, check_header, drain, handles_of, read_body

_FORMS: Final = (BodyForm.ARROW, BodyForm.NDJSON)


@dataclass(frozen=True, slots=True)
class FreshRecord:
    """Its handle, first halves of its keys per key type, visible bits; `digest` names the container."""

    handle: bytes
    keys: list[NDArray[np.uint64]] = field(repr=False)
    visible: int
    secret: str
    digest: str


def open_record(
    sealed: bytes, expected: dict[str, str | int], sender: str, opening: OpeningKey, plan: Plan
) -> FreshRecord:
    """Refused when it is not one record, from this sender, with these ids (project, agency, epoch, fingerprint)."""
    try:
        container = verify_container(io.BytesIO(sealed), senders=[VerifyingKey.parse(sender)], purpose=Purpose.BATCH)
        ids = dict(container.header.ids)
        if {name: ids.get(name) for name in expected} != expected:
            raise Refused(Why.PARAMETERS_DIFFER, "record: of another project, agency, epoch or plan")
        form = container.header.facts.get("form")
        if form not in _FORMS:
            raise Refused(Why.MALFORMED, "record: a body of another form than Arrow or NDJSON")
        opened = container.open(opening)
        body = read_body(BodyForm(str(form)), opened.chunks(), plan, Path())
        check_header(body.header, plan, ids)
        kept: list[pa.RecordBatch] = []
        drain(body, kept.append)
        if not opened.is_complete:
            raise BatchError("record: bytes after it")
    except CryptoError as error:
        raise Refused(Why.UNSEALED, f"record: {error}") from error
    except FingerprintError as error:
        raise Refused(Why.PARAMETERS_DIFFER, str(error)) from error
    except BatchError as error:
        raise Refused(Why.MALFORMED, str(error)) from error
    if sum(map(len, kept)) != 1:
        raise Refused(Why.MALFORMED, "record: exactly one is asked about at a time")
    (row,) = [each for each in kept if len(each)]
    keys = _keys(row, plan)
    visible = sum(int(row.column(name)[0].as_py()) << bit for bit, name in enumerate(VISIBLE))
    return FreshRecord(handles_of(row)[0].tobytes(), keys, visible, body.header.secret, container.digest.hex())


def _keys(row: pa.RecordBatch, plan: Plan) -> list[NDArray[np.uint64]]:
    """First halves per key type; the columns between handle and visible bits are the plan's key types in its order."""
    columns = row.columns[1 : -len(VISIBLE)]
    found = halves(np.frombuffer(b"".join(column[0].as_py() for column in columns), dtype=np.uint8))
    ends = list(accumulate((key_type.slots for key_type in plan.schema.key_types), initial=0))
    return [found[start:end] for start, end in pairwise(ends)]
