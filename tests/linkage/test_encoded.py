"""The wire form: what is written is read back, and whatever is damaged or foreign is refused by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from linkage.encoded import Chunk, Header, check_batch, read_batch, write_batch
from linkage.errors import BatchError, FingerprintError
from linkage.plan import Plan
from linkage.schema import load_schema

PLAN = Plan(load_schema("cn-child-v1"), "match-keys", 1000, "test")


def chunk(records: int, seed: int) -> Chunk:
    rng = np.random.default_rng(seed)
    keys = {k.name: rng.integers(0, 256, (records, k.slots, 16), dtype=np.uint8) for k in PLAN.schema.key_types}
    handles = rng.integers(0, 256, (records, 16), dtype=np.uint8)
    return Chunk(handles, keys, {"has_name": rng.random(records) < 0.9, "has_id": rng.random(records) < 0.5})


def header(records: int) -> Header:
    return Header("school", PLAN.fingerprint, "f" * 16, records, "match-keys", "test", {})


def test_a_batch_comes_back_as_written(tmp_path: Path) -> None:
    """Keys would reach the linkage unit in another order or with other bytes."""
    chunks = [chunk(7, 1), chunk(5, 2)]
    write_batch(tmp_path / "a.batch", header(12), PLAN, chunks)
    batch = read_batch(tmp_path / "a.batch")
    check_batch(batch, PLAN)
    for key_type in PLAN.schema.key_types:
        written = np.concatenate([c.keys[key_type.name] for c in chunks]).reshape(12, -1)
        assert np.array_equal(batch.keys(key_type.name), written)
    assert np.array_equal(batch.handles(), np.concatenate([c.handles for c in chunks]))
    for bit in ("has_name", "has_id"):
        assert np.array_equal(batch.visible(bit), np.concatenate([c.visible[bit] for c in chunks]))


def test_another_plan_is_refused(tmp_path: Path) -> None:
    """Encodings under different parameters would be compared and give nonsense."""
    write_batch(tmp_path / "a.batch", header(3), PLAN, [chunk(3, 1)])
    with pytest.raises(FingerprintError, match="other parameters"):
        check_batch(read_batch(tmp_path / "a.batch"), replace(PLAN, population=2000))


def test_every_parameter_moves_the_fingerprint() -> None:
    """Two plans that encode differently would look the same."""
    fewer = PLAN.with_keys(PLAN.schema.key_types[:-1])
    plans = [
        PLAN,
        replace(PLAN, population=2),
        replace(PLAN, normaliser="n2"),
        replace(PLAN, scheme="clk"),
        fewer,
    ]
    assert len({plan.fingerprint for plan in plans}) == len(plans)


@pytest.mark.parametrize("damage", ["cut", "garbage", "empty", "missing"])
def test_damage_is_one_clear_refusal(tmp_path: Path, damage: str) -> None:
    """A damaged upload would end in a traceback of the Arrow library."""
    path = tmp_path / "a.batch"
    write_batch(path, header(40), PLAN, [chunk(40, 1)])
    raw = path.read_bytes()
    changed = {"cut": raw[: len(raw) // 2], "garbage": b"name,id\n1,2\n", "empty": b""}
    path.unlink() if damage == "missing" else path.write_bytes(changed[damage])
    with pytest.raises(BatchError, match="not a batch"):
        read_batch(path)


def test_an_interrupted_write_leaves_nothing(tmp_path: Path) -> None:
    """A half-written batch would be taken for a whole one."""

    def broken() -> object:
        yield chunk(4, 1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_batch(tmp_path / "a.batch", header(8), PLAN, broken())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
