"""Counting strangers by group sizes gives what comparing all pairs gives."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.encoding.strangers import find_strangers, group_sizes
from linkage.encoding.tag_columns import TagColumn
from linkage.floor import Rate, Reference

TAGS = ("NP", "DX", "P", "I")
REFERENCE = Reference(
    ("P",), {tag: tag for tag in TAGS}, {tag: Rate(0.01) for tag in TAGS}, {}, one_child=("I", "NP.DX"), identifier="I"
)
Values = Mapping[str, list[set[int]]]


def column(values: list[set[int]]) -> TagColumn:
    indptr = np.concatenate(([0], np.cumsum([len(each) for each in values]))).astype(np.int64)
    codes = np.array([code for each in values for code in sorted(each)], dtype=np.int32)
    return TagColumn(indptr, codes, [str(code) for code in range(9)])


def columns(values: Values) -> dict[str, TagColumn]:
    return {tag: column(each) for tag, each in values.items()}


def is_kin(values: Values, a: int, b: int, *, phone_counts: bool) -> bool:
    ids = values["I"][a], values["I"][b]
    alike = bool(values["NP"][a] & values["NP"][b]) and bool(values["DX"][a] & values["DX"][b])
    contradicted = bool(ids[0]) and bool(ids[1]) and not ids[0] & ids[1]
    return (
        (phone_counts and bool(values["P"][a] & values["P"][b]))
        or bool(ids[0] & ids[1])
        or (alike and not contradicted)
    )


@st.composite
def files(draw: st.DrawFn) -> Values:
    records = draw(st.integers(2, 11))  # so few that no group is too large for a family
    cell = st.sets(st.integers(0, 4), max_size=2)
    return {tag: draw(st.lists(cell, min_size=records, max_size=records)) for tag in TAGS}


@given(files(), st.sampled_from([["NP"], ["DX"], ["P"], ["NP", "DX"], ["DX", "P"]]))
@settings(max_examples=150)
def test_counting_equals_comparing(values: Values, tags: list[str]) -> None:
    """Without this the shortcut over group sizes could count other pairs than it says."""
    people = find_strangers(columns(values), REFERENCE)
    expected = 0
    for a, b in combinations(range(len(values["NP"])), 2):
        if not is_kin(values, a, b, phone_counts="P" not in tags):
            shared = 1
            for tag in tags:
                shared *= len(values[tag][a] & values[tag][b])
            expected += shared
    assert people.count(tags).pairs == expected


def test_a_value_of_everybody_is_no_evidence_of_kin() -> None:
    """Without this a school's phone would make all its children one family, and none of them strangers."""
    values = {"NP": [{0}] * 200, "DX": [set()] * 200, "P": [{1}] * 200, "I": [set()] * 200}
    people = find_strangers(columns(values), REFERENCE)
    assert people.count(["NP"]).pairs == 200 * 199 / 2


def test_group_sizes_count_combinations() -> None:
    """Without this two values in one record would count as one key."""
    values = columns({"NP": [{0, 1}, {0}], "DX": [{2}, {2, 3}], "P": [set(), set()], "I": [set(), set()]})
    assert sorted(group_sizes(values, ["NP", "DX"])) == [1, 1, 2]
    assert len(group_sizes(values, ["NP", "P"])) == 0


def test_an_empty_file_has_no_strangers() -> None:
    """Without this a file without records would crash the encoder."""
    people = find_strangers(columns({tag: [] for tag in TAGS}), REFERENCE)
    assert people.count(["NP"]).pairs == 0
