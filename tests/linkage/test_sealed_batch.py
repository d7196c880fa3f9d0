"""Sealed batches: every form comes back whole, and what is foreign, damaged or doubled is refused."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.crypto.container_header import Purpose
from audit.crypto.errors import UnknownSenderError, WrongPurposeError
from audit.crypto.hpke import OpeningKey
from audit.crypto.sealed_file import opened_file
from audit.crypto.signatures import SigningKey
from linkage.arrow_stream import plain_stream
from linkage.encoded import META, Batch, Chunk, Header, header_text, read_batch, write_batch
from linkage.encoding.sealed_batch import body_of, seal_batch
from linkage.errors import BatchError, FingerprintError
from linkage.plan import Plan
from linkage.schema import load_schema
from linkage.sealed_batch import BodyForm, check_header, container_ids, drain, read_body

SCHEMA = load_schema("cn-child-v1")
PLAN = Plan(replace(SCHEMA, key_types=SCHEMA.key_types[:3]), "match-keys", 1000, "test")
UNIT, AGENCY = OpeningKey.generate(), SigningKey.generate()


def batch_of(folder: Path, records: int = 5_000, *, twins: bool = False, plan: Plan = PLAN) -> Batch:
    rng = np.random.default_rng(1)
    handles = rng.integers(0, 256, (records, 16), dtype=np.uint8)
    if twins:
        handles[-1] = handles[0]
    keys = {k.name: rng.integers(0, 256, (records, k.slots, 16), dtype=np.uint8) for k in plan.schema.key_types}
    visible = {"has_name": rng.random(records) < 0.9, "has_id": rng.random(records) < 0.5}
    header = Header("s", plan.fingerprint, "f" * 16, records, "match-keys", "test", {}, {}, "p-one", "school", 2)
    write_batch(folder / "a.batch", header, plan, [Chunk(handles, keys, visible)])
    return read_batch(folder / "a.batch")


def opened(path: Path, ids: dict[str, str | int], form: BodyForm, spool: Path, plan: Plan = PLAN) -> pa.Table:
    parts: list[pa.RecordBatch] = []
    with opened_file(path, UNIT, senders=[AGENCY.verifying_key], purpose=Purpose.BATCH, ids=ids) as container:
        body = read_body(form, container.chunks(), plan, spool)
        check_header(body.header, plan, ids)
        drain(body, parts.append)
    return pa.Table.from_batches(parts)


@pytest.mark.parametrize("form", BodyForm)
def test_every_form_comes_back_whole(tmp_path: Path, form: BodyForm) -> None:
    """A key, a bit or a handle would reach the matcher changed."""
    batch = batch_of(tmp_path)
    seal_batch(batch, tmp_path / "sealed", UNIT.sealing_key, AGENCY, form)
    found = opened(tmp_path / "sealed", container_ids(batch.header), form, tmp_path / "spool")
    assert found.equals(batch.table.replace_schema_metadata(None))


@pytest.mark.parametrize("form", BodyForm)
def test_a_record_that_stands_twice_is_refused(tmp_path: Path, form: BodyForm) -> None:
    """A correction would not know which of the two it replaces."""
    batch = batch_of(tmp_path, 40, twins=True)
    seal_batch(batch, tmp_path / "sealed", UNIT.sealing_key, AGENCY, form)
    with pytest.raises(BatchError, match="twice"):
        opened(tmp_path / "sealed", container_ids(batch.header), form, tmp_path / "spool")


def test_another_plan_project_or_sender_is_refused(tmp_path: Path) -> None:
    """Encodings of one project would be matched in another, or a stranger's taken for an agency's."""
    batch = batch_of(tmp_path, 40)
    seal_batch(batch, tmp_path / "sealed", UNIT.sealing_key, AGENCY)
    ids = container_ids(batch.header)
    with pytest.raises(WrongPurposeError):
        opened(tmp_path / "sealed", {**ids, "epoch": 3}, BodyForm.ARROW, tmp_path / "spool")
    with pytest.raises(FingerprintError):
        check_header(batch.header, replace(PLAN, population=2000), ids)
    with pytest.raises(BatchError, match="container"):
        check_header(replace(batch.header, agency="police"), PLAN, ids)
    stranger = [SigningKey.generate().verifying_key]
    with (
        pytest.raises(UnknownSenderError),
        opened_file(tmp_path / "sealed", UNIT, senders=stranger, purpose=Purpose.BATCH, ids=ids),
    ):
        pass


@pytest.mark.parametrize("form", BodyForm)
@pytest.mark.parametrize("damage", ["cut", "longer", "fewer", "empty"])
def test_damage_is_one_clear_refusal(tmp_path: Path, form: BodyForm, damage: str) -> None:
    """A body that is cut, longer than stated or of another form would stand half, or end in a traceback."""
    whole = b"".join(body_of(batch_of(tmp_path, 40), form))
    if damage == "fewer":
        whole = b"".join(body_of(replaced(batch_of(tmp_path, 40), records=41), form))
    changed = {"cut": whole[: len(whole) // 2], "longer": whole + b"x", "fewer": whole, "empty": b""}[damage]
    with pytest.raises(BatchError):
        drain(read_body(form, [changed], PLAN, tmp_path / "spool"), lambda part: None)


@pytest.mark.parametrize("kind", ["lz4", "zstd"])
def test_a_body_that_swells_in_memory_is_refused(tmp_path: Path, kind: str) -> None:
    """A hundred kilobytes of an agency could become gigabytes in a process that all agencies share."""
    table = batch_of(tmp_path, 40).table
    arrow, parquet = io.BytesIO(), io.BytesIO()
    with pa.ipc.new_stream(arrow, table.schema, options=pa.ipc.IpcWriteOptions(compression=kind)) as out:
        out.write_table(table)
    pq.write_table(table, parquet, compression=kind)
    for form, data in ((BodyForm.ARROW, arrow.getvalue()), (BodyForm.PARQUET, parquet.getvalue())):
        with pytest.raises(BatchError, match="compressed"):
            drain(read_body(form, [data], PLAN, tmp_path / "spool"), lambda part: None)


@given(st.data())
def test_bytes_that_were_changed_are_refused_or_plain(data: st.DataObject) -> None:
    """A stream that somebody made by hand would end in a traceback, or pass the look at its messages."""
    table = pa.table({"a": pa.array([b"x" * 16] * 9, pa.binary(16))})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as out:
        out.write_table(table)
    held = bytearray(sink.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        held[data.draw(st.integers(0, len(held) - 1))] = data.draw(st.integers(0, 255))
    try:
        for each in plain_stream(pa.PythonFile(io.BytesIO(bytes(held)), mode="r"))[1]:
            each.validate(full=True)
    except (BatchError, pa.ArrowException, OSError, ValueError):
        return


def replaced(batch: Batch, **change: int) -> Batch:
    header = replace(batch.header, **change)  # type: ignore[arg-type]
    return Batch(batch.path, header, batch.table.replace_schema_metadata({META: header_text(header)}))
