"""The planner keeps the floor at every population, chooses the same every time, and finds what it can."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from linkage.errors import PlanError
from linkage.floor import FLOOR
from linkage.planner import MOST_KEY_TYPES, MOST_SLOTS, PLANNED, Worth, WorthRow, choose
from linkage.reference import load_reference, load_worth
from linkage.schema import KeyType, load_schema

SCHEMA = load_schema("cn-child-v1")
REFERENCE = load_reference("cn-child-v1", SCHEMA)
WORTH = load_worth("cn-child-v1")
POPULATIONS = (1, 10_000, 100_000, 1_000_000, 2_000_000, 10_000_000, 100_000_000)


@pytest.mark.parametrize("name", ["cn-child-v1", "person-v1"])
@pytest.mark.parametrize("population", POPULATIONS)
def test_the_floor_holds_at_every_population(name: str, population: int) -> None:
    """Without this the key graph of a large project would grow a giant component."""
    schema = load_schema(name)
    choice = choose(schema, load_reference(name, schema), load_worth(name), population)
    assert 0 < choice.leakage <= PLANNED < FLOOR
    assert len(choice.used) <= MOST_KEY_TYPES
    assert sum(key_type.slots for key_type in choice.key_types) <= MOST_SLOTS


def test_the_same_question_has_the_same_answer() -> None:
    """Without this two custodians would make batches that may not be compared."""
    assert choose(SCHEMA, REFERENCE, WORTH, 2_000_000) == choose(SCHEMA, REFERENCE, WORTH, 2_000_000)


def test_the_order_of_candidates_hardly_matters() -> None:
    """Without this the schema's order would be a hidden parameter of quality."""
    turned = replace(SCHEMA, key_types=SCHEMA.key_types[::-1])
    one, other = (choose(schema, REFERENCE, WORTH, 2_000_000).recall for schema in (SCHEMA, turned))
    assert one is not None and other is not None
    assert abs(one - other) < 0.005


def test_more_children_find_less_but_never_little() -> None:
    """Without this the planner could keep the floor by choosing nothing."""
    recalls = [choose(SCHEMA, REFERENCE, WORTH, population).recall or 0.0 for population in POPULATIONS[1:]]
    assert recalls[0] > 0.92 and recalls[3] > 0.88 and recalls[-1] > 0.75
    assert all(later < earlier + 0.002 for earlier, later in pairwise(recalls))


def test_used_and_left_out_are_all_candidates_once() -> None:
    """Without this a candidate could vanish without a reason."""
    choice = choose(SCHEMA, REFERENCE, WORTH, 1_000_000)
    names = [leak.key_type.name for leak in (*choice.used, *(each.leak for each in choice.left_out))]
    assert sorted(names) == sorted(key_type.name for key_type in SCHEMA.key_types)
    assert [t for t in SCHEMA.key_types if t in choice.key_types] == list(choice.key_types)


def test_a_key_type_that_shows_nothing_new_is_not_used() -> None:
    """Without this every plan would be as large as the slots allow."""
    worth = Worth((WorthRow("match", ("has_name",), ("NX", "DX", "P"), 1.0),))
    schema = replace(SCHEMA, key_types=(KeyType(("NX", "DX"), 1), KeyType(("NP", "DX"), 1)))
    assert len(choose(schema, REFERENCE, worth, 10_000).used) == 1


def test_twins_are_told_apart_by_what_is_chosen() -> None:
    """Without this keys that show twins and one child alike would count as gain."""
    rows = (
        WorthRow("match", (), ("NX", "DX", "P"), 1.0),
        WorthRow("twin", (), ("SU", "DX", "P"), 3.0),
    )
    schema = replace(SCHEMA, key_types=(KeyType(("SU", "DX", "P"), 1), KeyType(("NX", "P"), 1)))
    choice = choose(schema, REFERENCE, Worth(rows), 10_000)
    assert [key_type.name for key_type in choice.key_types] == ["NX.P"]
    assert choice.recall == 1.0


def test_without_a_table_of_worth_the_least_leaky_are_taken() -> None:
    """Without this a schema of one's own could not be planned at all."""
    few = replace(SCHEMA, key_types=SCHEMA.key_types[:30])
    choice = choose(few, REFERENCE, None, 2_000_000)
    worst = max(leak.strangers for leak in choice.used)
    assert choice.recall is None and choice.leakage <= PLANNED
    assert choice.left_out and all(each.leak.strangers >= worst for each in choice.left_out)


def test_tags_that_the_table_does_not_know_are_still_used_when_they_leak_a_trifle() -> None:
    """Without this a field that the measured data lack would never be linked on."""
    schema = load_schema("person-v1")
    choice = choose(schema, load_reference("person-v1", schema), load_worth("person-v1"), 10_000)
    assert any("T" in key_type.tags for key_type in choice.key_types)


def test_an_impossible_population_is_refused() -> None:
    """Without this a plan without keys would link nothing and say nothing."""
    schema = replace(SCHEMA, key_types=(KeyType(("SU", "DY"), 1),))
    with pytest.raises(PlanError, match="no key type keeps the entropy floor"):
        choose(schema, REFERENCE, WORTH, 1_000_000)
