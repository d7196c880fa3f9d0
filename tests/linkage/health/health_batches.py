"""Batches for the health tests: keys of a small plan made at will, written and read as the product does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from linkage.encoded import Batch, Chunk, Header, read_batch, write_batch
from linkage.health.examine import examine
from linkage.health.report import HealthReport
from linkage.plan import Plan
from linkage.schema import load_schema

Keys = dict[str, NDArray[np.uint8]]
Real = Mapping[str, Iterable[tuple[int, str]]]

TYPES = ("I", "NX.DX", "NP.DX", "NX.P", "NP.P", "DX.P", "YM.P", "NP.YM.V")


def small_plan(population: int = 100_000) -> Plan:
    """Eight key types of cn-child-v1, two slots each."""
    schema = load_schema("cn-child-v1")
    known = {one.name: one for one in schema.key_types}
    types = tuple(replace(known.get(name, schema.key_types[0]), tags=tuple(name.split(".")), slots=2) for name in TYPES)
    return Plan(replace(schema, key_types=types), "match-keys", population, "test/1")


def padded(records: int, seed: int = 1) -> Keys:
    """Keys of records that share nothing: random bytes in every slot."""
    rng = np.random.default_rng(seed)
    return {name: rng.integers(0, 256, (records, 2, 16), dtype=np.uint8) for name in TYPES}


def key(*parts: object) -> NDArray[np.uint8]:
    """A key that looks random and depends on the parts alone."""
    return np.frombuffer(hashlib.sha256(repr(parts).encode()).digest()[:16], dtype=np.uint8)


def share(keys: Keys, rows: Iterable[int], types: Iterable[str], what: object, slot: int | None = None) -> Keys:
    """Let `rows` hold one key in common of each of the types, in a slot that depends on the row unless one is named."""
    for name in types:
        for row in rows:
            place = int(key(row, name)[0]) % 2 if slot is None else slot
            keys[name][row, place] = key(name, what)
    return keys


def handles(records: int) -> NDArray[np.uint8]:
    return np.random.default_rng(3).integers(0, 256, (records, 16), dtype=np.uint8)


def bits(records: int, seed: int = 2) -> dict[str, NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    return {"has_name": rng.random(records) < 0.9, "has_id": rng.random(records) < 0.6}


def make_batch(
    folder: Path,
    keys: Keys,
    plan: Plan | None = None,
    visible: dict[str, NDArray[np.bool_]] | None = None,
    change: Callable[[Header], Header] = lambda header: header,
) -> Batch:
    """Write the keys as a batch of the plan and read it again."""
    plan = plan or small_plan()
    n = len(next(iter(keys.values())))
    header = change(Header("school", plan.fingerprint, "0" * 16, n, plan.scheme, plan.normaliser, {}))
    path = folder / "school.batch"
    write_batch(path, header, plan, [Chunk(handles(n), keys, visible or bits(n))])
    return read_batch(path)


def report_of(folder: Path, keys: Keys, plan: Plan | None = None, **more: object) -> HealthReport:
    """The unit's report of such a batch."""
    plan = plan or small_plan()
    return examine(make_batch(folder, keys, plan, **more), plan, "2026-11-24")  # type: ignore[arg-type]


def outcome(report: HealthReport, name: str) -> str:
    """Outcome of one check."""
    return next(check.outcome for check in report.checks if check.name == name)


def failures(report: HealthReport) -> set[str]:
    """Names of the failed checks."""
    return {check.name for check in report.checks if check.outcome == "failed"}
