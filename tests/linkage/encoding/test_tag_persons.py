"""Records of person-v1 → tag columns: whatever is mapped, and each record as if it stood alone."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.encoding.mapping import Records
from linkage.encoding.person_fields import GROUPS, READERS
from linkage.encoding.tags import FieldCount, TaggedRecords, tag_records
from linkage.encoding.value_columns import combine, read_values
from linkage.schema import load_schema

SCHEMA = load_schema("person-v1")
FULL = {
    "given_name": "Jane", "surname": "Macpherson", "date_of_birth": "2011-03-07", "sex": "F", "street_number": "12",
    "address": "High Street", "locality": "North Ryde", "postcode": "2113", "state": "NSW", "identifier": "5304218",
    "phone": "(02) 9555 0123", "other_names": "Janie",
}  # fmt: skip
EVERYTHING = {
    "GX", "GP", "GE", "SX", "SP", "SE", "NX", "NE", "DX", "DP", "LPC", "LFP", "LFPF", "PE", "AN", "T", "I", "X",
}  # fmt: skip


def column(cells: list[str]) -> pa.DictionaryArray:
    return pa.array(cells, pa.string()).dictionary_encode()


def tagged(rows: list[dict[str, str]], fields: list[str]) -> TaggedRecords:
    columns = {name: (column([row.get(name, "") for row in rows]),) for name in fields}
    return tag_records(Records(pa.array([str(i) for i in range(len(rows))]), columns), SCHEMA)


def values(tags: TaggedRecords, tag: str, row: int) -> list[str]:
    cut = tags.tags[tag]
    return [cut.vocabulary[code] for code in cut.codes[cut.indptr[row] : cut.indptr[row + 1]]]


def filled(tags: TaggedRecords, row: int) -> set[str]:
    return {tag for tag in tags.tags if values(tags, tag, row)}


def test_a_full_record_fills_every_tag() -> None:
    """Without this a tag of the schema could stay silent for everybody."""
    assert set(SCHEMA.tags) == EVERYTHING
    assert filled(tagged([FULL], list(FULL)), 0) == EVERYTHING


@pytest.mark.parametrize(
    ("fields", "tags"),
    [
        (["given_name"], {"GX", "GP", "GE"}),
        (["given_name", "surname", "date_of_birth"], EVERYTHING - {"LPC", "LFP", "LFPF", "PE", "AN", "T", "I", "X"}),
        (["postcode", "date_of_birth"], {"PE", "DX", "DP"}),
        (["locality"], {"PE"}),
        (["street_number"], set()),
        (["state"], set()),
        (["identifier", "phone", "sex"], {"I", "T", "X"}),
    ],
)
def test_unmapped_fields_mean_fewer_tags(fields: list[str], tags: set[str]) -> None:
    """Without this a file that lacks a field could not be encoded, or would agree on what it does not have."""
    assert filled(tagged([FULL], fields), 0) == tags


@given(st.lists(st.dictionaries(st.sampled_from(list(FULL)), st.sampled_from(["", "Ann", "2113", "1 High St", "?"]))))
def test_a_record_is_tagged_as_if_alone(rows: list[dict[str, str]]) -> None:
    """Without this combinations of distinct cells could be paired with the wrong record."""
    together = tagged(rows, list(FULL))
    for number, row in enumerate(rows):
        alone = tagged([row], list(FULL))
        for tag in SCHEMA.tags:
            assert values(together, tag, number) == values(alone, tag, 0)


def test_limits_hold_and_the_name_itself_comes_first() -> None:
    """Without this other names would push the name out of the slots, or overflow them."""
    rows = {"given_name": (column(["Jane"]),), "other_names": tuple(column([n]) for n in ("Una", "Vera", "Wilma"))}
    tags = tag_records(Records(pa.array(["1"]), rows), SCHEMA)
    assert values(tags, "GX", 0) == ["jane", "una", "vera"]
    assert all(len(values(tags, tag, 0)) <= spec.limit for tag, spec in SCHEMA.tags.items())


def test_fields_are_counted_as_present_unreadable_or_missing() -> None:
    """Without this the report hides that a custodian's dates could not be read."""
    rows = [{"date_of_birth": cell} for cell in ("2011-03-07", "soon", "", "  ")]
    assert tagged(rows, ["date_of_birth"]).fields == {"date_of_birth": FieldCount(1, 1, 2)}


def test_visible_bits_say_name_and_identifier_only() -> None:
    """Without this the model would hold a missing name against a pair."""
    visible = tagged([FULL, {"surname": "Lee"}, {"phone": "0400 123 456"}], list(FULL)).visible
    assert visible["has_name"].tolist() == [True, True, False]
    assert visible["has_id"].tolist() == [True, False, False]


def test_every_field_of_the_schema_is_read() -> None:
    """Without this a mapped field would be dropped without a word."""
    assert set(READERS) == set(SCHEMA.fields)
    assert {name for group in GROUPS for name in group.fields} == set(READERS) - {"state"}


def test_each_distinct_combination_is_derived_once() -> None:
    """Without this encoding would slow down with the number of records."""
    calls: list[tuple[object, ...]] = []
    cells = column(["a", "b", "a", ""])
    read = read_values(cells, str.upper)

    def derive(*given_values: object) -> dict[str, tuple[str, ...]]:
        calls.append(given_values)
        return {}

    found = combine([read, None, read], 4, derive)
    assert sorted(calls, key=str) == [("A", None, "A"), ("B", None, "B"), (None, None, None)]
    assert found.codes[0] == found.codes[2]
    assert len(np.unique(found.codes)) == 3
