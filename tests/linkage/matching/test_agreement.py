"""Recovering agreement levels from key equality: fast against plain, and the rules that make a level what it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linkage.matching.agreement import hide_missing, levels_fast, levels_plain
from linkage.schema import KeyType, load_schema

# Key types as a plan may have them: some of every kind, whether candidates today or not.
TYPES = ("I", "NC.I", "NX.DX", "NP.DX.V", "NP.P.S", "NC.DX.G", "NL.DY.P", "DX.P", "DX.G.S", "DL.A.S", "YM.P.S")
SCHEMA = replace(load_schema("cn-child-v1"), key_types=tuple(KeyType(tuple(name.split(".")), 4) for name in TYPES))
NAMES = [comparison.name for comparison in SCHEMA.comparisons]


def bits(*key_types: str) -> int:
    names = [key_type.name for key_type in SCHEMA.key_types]
    return sum(1 << names.index(name) for name in key_types)


@given(st.lists(st.integers(0, 2 ** len(SCHEMA.key_types) - 1), max_size=50))
def test_fast_equals_plain(agreeing: list[int]) -> None:
    """The levels of a million pairs would differ from those that a person can check by hand."""
    fast = levels_fast(SCHEMA, np.array(agreeing, dtype=np.int64))
    assert fast.tolist() == [levels_plain(SCHEMA, mask) for mask in agreeing]


def test_two_keys_give_back_three_fields() -> None:
    """Field agreement would be lost and with it the whole probabilistic model."""
    levels = dict(zip(NAMES, levels_plain(SCHEMA, bits("NX.DX", "DX.P")), strict=True))
    assert levels["name"] == 0 and levels["date of birth"] == 0
    assert levels["household"] == 0b0001


def test_more_agreement_never_lowers_a_level() -> None:
    """A further agreeing key would count against a pair."""
    few = levels_plain(SCHEMA, bits("NC.DX.G"))
    more = levels_plain(SCHEMA, bits("NC.DX.G", "NP.DX.V"))
    assert more[0] < few[0] and more[1] <= few[1]


def test_a_missing_name_is_not_held_against_a_pair() -> None:
    """Foundlings without a name would never be linked."""
    levels = levels_fast(SCHEMA, np.array([bits("DX.P"), bits("DX.P")]))
    named = np.array([True, False, True])
    visible = {"has_name": named, "has_id": np.ones(3, dtype=bool)}
    hidden = hide_missing(SCHEMA, levels, np.array([0, 0]), np.array([1, 2]), visible)
    column = NAMES.index("name")
    assert hidden[0, column] == -1
    assert hidden[1, column] == len(SCHEMA.comparisons[column].levels)
