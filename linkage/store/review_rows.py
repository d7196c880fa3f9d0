"""What rows of clerical review look like outside the database.

May touch: nothing
Sees:      record handles, codes of agencies and reviewers
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from linkage.review import State, Verdict


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison of a pair: its name, the level's word, the level's match weight (log2)."""

    comparison: str
    level: str
    weight: float


@dataclass(frozen=True, slots=True)
class UnsurePair:
    """A pair between the thresholds, as a job found it. `weight` is the pair's match weight, prior included.

    `cluster_*` name the clusters of that job, `size_*` count their records.
    """

    agency_a: str
    handle_a: bytes
    cluster_a: str
    size_a: int
    agency_b: str
    handle_b: bytes
    cluster_b: str
    size_b: int
    pattern: tuple[Compared, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Item:
    """A pair in review. Its agencies and handles are for jobs and checks alone."""

    id: str
    project: str
    job: str
    agency_a: str
    handle_a: bytes
    agency_b: str
    handle_b: bytes
    size_a: int
    size_b: int
    pattern: tuple[Compared, ...]
    weight: float
    missing: int
    round: int
    state: State
    verdict: Verdict | None
    version: int


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as it was given; `id` is the request id of its entry."""

    id: str
    item: str
    round: int
    reviewer: str
    verdict: Verdict
    at_ms: int
    undone_ms: int | None


@dataclass(frozen=True, slots=True)
class DecidedPair:
    """What clustering must respect: the two records belong together, or apart."""

    agency_a: str
    handle_a: bytes
    agency_b: str
    handle_b: bytes
    same: bool


def item_of(row: Row[Any]) -> Item:
    return Item(
        id=row.id,
        project=row.project,
        job=row.job,
        agency_a=row.agency_a,
        handle_a=bytes(row.handle_a),
        agency_b=row.agency_b,
        handle_b=bytes(row.handle_b),
        size_a=row.size_a,
        size_b=row.size_b,
        pattern=tuple(Compared(*each) for each in json.loads(row.pattern)),
        weight=row.weight,
        missing=row.missing,
        round=row.round,
        state=State(row.state),
        verdict=None if row.verdict is None else Verdict(row.verdict),
        version=row.version,
    )


def decision_of(row: Row[Any]) -> Decision:
    return Decision(row.id, row.item, row.round, row.reviewer, Verdict(row.verdict), row.at_ms, row.undone_ms)
