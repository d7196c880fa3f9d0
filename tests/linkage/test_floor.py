"""Rates of key types from a reference table."""

from __future__ import annotations

from itertools import permutations
from math import isclose, log2

import pytest

from linkage.floor import Rate, Reference, key_rate, leaks, total
from linkage.reference import load_reference
from linkage.schema import KeyType, load_schema

SCHEMA = load_schema("cn-child-v1")
REFERENCE = load_reference("cn-child-v1", SCHEMA)


def rate(name: str, population: float = 2e6, reference: Reference = REFERENCE) -> float:
    return key_rate(name.split("."), SCHEMA, reference, population)


def test_independent_fields_multiply() -> None:
    """Without this H2 of a composite would not follow from its tags."""
    assert isclose(rate("DX.P"), rate("DX") * rate("P"))


def test_fields_that_agree_together_do_so_more_often() -> None:
    """Without this a child's surname and its father's would count as two coincidences."""
    assert rate("SU.DX.G") > 5 * rate("SU") * rate("DX") * rate("G")
    assert rate("NX.DX.G") > 5 * rate("NX") * rate("DX") * rate("G")


def test_a_lift_never_makes_a_key_likelier_than_what_it_holds() -> None:
    """Without this a third tag could seem to widen a key."""
    for key_type in SCHEMA.key_types:
        whole = rate(key_type.name)
        assert all(whole <= rate(tag) * 1.0001 for tag in key_type.tags)
    assert rate("NP.DX.S") <= rate("NP.DX")


def test_the_order_of_tags_does_not_matter() -> None:
    """Without this two ways to write one key type would leak differently."""
    for key_type in SCHEMA.key_types:
        written = {key_rate(tags, SCHEMA, REFERENCE, 2e6) for tags in permutations(key_type.tags)}
        assert max(written) <= min(written) * (1 + 1e-9)


def test_tags_of_one_group_are_nested() -> None:
    """Without this year-month and year would count as two fields."""
    assert rate("YM.DY") == rate("YM")
    assert rate("YM.MD") == REFERENCE.rates["YM.MD"].at(2e6)


def test_leakage_grows_linearly_in_children_except_for_what_is_local() -> None:
    """Without this an audit on few children would be taken for one on many."""
    keys = [KeyType(("NP", "DX"), 2)]
    assert isclose(total(leaks(keys, SCHEMA, REFERENCE, 2e6)), 200 * total(leaks(keys, SCHEMA, REFERENCE, 1e4)))
    assert Rate(0.0, 3.0).at(1000) * 1000 == Rate(0.0, 3.0).at(50_000) * 50_000 == 3.0


def test_bits_are_collision_entropy() -> None:
    """Without this the report's H2 would not be the exponent of the floor."""
    (leak,) = leaks([KeyType(("NP", "DX"), 2)], SCHEMA, REFERENCE, 1e6)
    assert isclose(leak.bits, -log2(leak.rate)) and isclose(leak.strangers, 1e6 * 2**-leak.bits)


def test_own_data_only_raise() -> None:
    """Without this an agency with few namesakes would lower everybody's estimate."""
    lower = REFERENCE.raised({"DX": Rate(1e-9)})
    higher = REFERENCE.raised({"DX": Rate(6e-4)})
    assert rate("NP.DX", reference=lower) == rate("NP.DX")
    assert isclose(rate("NP.DX", reference=higher), 2 * rate("NP.DX"))


@pytest.mark.parametrize("name", ["cn-child-v1", "person-v1"])
def test_every_key_type_of_a_shipped_schema_has_a_rate(name: str) -> None:
    """Without this a candidate could enter a plan for free."""
    schema = load_schema(name)
    found = leaks(schema.key_types, schema, load_reference(name, schema), 1e6)
    assert all(0 < leak.rate < 0.01 for leak in found)
