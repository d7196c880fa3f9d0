"""The plan file: what is written is read back, and a file that does not fit is refused by name."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from linkage.errors import PlanError
from linkage.plan import Plan
from linkage.plan_file import read_plan, write_plan
from linkage.schema import load_schema

SCHEMA = load_schema("cn-child-v1")
HERE = Plan(SCHEMA, "match-keys", 2_000_000, "n-1")
MADE = HERE.with_keys(SCHEMA.key_types[1:9], 0.1234)


def test_a_plan_survives_its_file() -> None:
    """Without this custodians would encode under another plan than the operator's."""
    read = read_plan(write_plan(MADE), "plan.json", SCHEMA, HERE)
    assert read == MADE and read.fingerprint == MADE.fingerprint


def test_the_file_is_canonical() -> None:
    """Without this two runs of one plan would differ in bytes."""
    assert write_plan(MADE) == write_plan(MADE)
    assert write_plan(MADE).encode("ascii").endswith(b"}\n")


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (replace(HERE, population=1_999_999), "population"),
        (replace(HERE, normaliser="n-2"), "normaliser"),
        (replace(HERE, schema=replace(SCHEMA, name="mine")), "schema"),
        (replace(HERE, scheme="clk"), "scheme"),
    ],
)
def test_a_plan_for_something_else_is_refused(other: Plan, named: str) -> None:
    """Without this an old plan would be used for a larger population."""
    with pytest.raises(PlanError, match=f"made for another {named}"):
        read_plan(write_plan(MADE), "plan.json", other.schema, other)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format":"sealink-plan"}', "nonsense", "[" * 100_000])
def test_other_files_are_refused(text: str) -> None:
    """Without this any JSON would count as a plan."""
    with pytest.raises(PlanError, match=r"plan\.json"):
        read_plan(text, "plan.json", SCHEMA, HERE)


def test_a_touched_plan_is_refused() -> None:
    """Without this one custodian could widen the keys of its own copy."""
    content = json.loads(write_plan(MADE))
    content["plan"]["keys"]["DX.G.S"] = 4
    with pytest.raises(PlanError):
        read_plan(json.dumps(content), "plan.json", SCHEMA, HERE)
    content["plan"]["keys"] = {"NX.NX": 1}
    with pytest.raises(PlanError, match="does not have"):
        read_plan(json.dumps(content), "plan.json", SCHEMA, HERE)


def test_a_plan_above_the_floor_is_refused() -> None:
    """Without this a file could simply state that it leaks."""
    leaky = HERE.with_keys(SCHEMA.key_types[:3], 0.3)
    with pytest.raises(PlanError, match="above the entropy floor"):
        read_plan(write_plan(leaky), "plan.json", SCHEMA, HERE)
