"""u of the comparisons: which published rates are believed beside the schema's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from linkage.encoded import Batch, Header
from linkage.flows.match_batches import random_rates
from linkage.plan import Plan
from linkage.schema import load_schema

PLAN = Plan(load_schema("cn-child-v1"), "match-keys", 100_000, "test")
HEADER = Header("school", "f", "s", 20_000, "match-keys", "test", {})
NAME = [comparison.name for comparison in PLAN.schema.comparisons].index("name")
ID = [comparison.name for comparison in PLAN.schema.comparisons].index("resident ID")


def rates(**published: float) -> list[list[float]]:
    batch = Batch(Path("x"), replace(HEADER, collisions=published), pa.table({}))
    return [u.tolist() for u in random_rates([batch], PLAN)]


def test_a_rate_that_strangers_explain_is_believed() -> None:
    """An agency of one region would be matched with another region's surnames."""
    assert rates(SU=0.2)[NAME] != rates()[NAME]


def test_a_rate_that_the_files_own_repeats_explain_is_not() -> None:
    """Children whom a file holds twice would make equal IDs look like chance, and pairs with nothing else be lost."""
    assert rates(I=2e-6)[ID] == rates()[ID]
