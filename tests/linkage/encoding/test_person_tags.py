"""Tags of person-v1: which errors a tag survives, and that what agrees tightly also agrees loosely."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.encoding import person_tags
from linkage.encoding.nicknames import ROOTS
from linkage.encoding.normalise import latin
from linkage.encoding.normalise.dates import Dob
from linkage.encoding.tag_columns import TagValues
from linkage.schema import load_schema

WORDS = st.text(st.sampled_from("abcdefgh -'é"), max_size=12)


def agreeing(a: TagValues, b: TagValues) -> set[str]:
    """Tags on which two records share a value."""
    return {tag for tag in a.keys() & b.keys() if set(a[tag]) & set(b[tag])}


def given_name(text: str) -> TagValues:
    return person_tags.given_tags(latin.read_given(text))


def surname(text: str) -> TagValues:
    return person_tags.surname_tags(latin.read_surname(text))


def both(given_text: str, surname_text: str) -> TagValues:
    return person_tags.both_names_tags(latin.read_given(given_text), latin.read_surname(surname_text))


def place(locality: str, postcode: str) -> TagValues:
    return person_tags.place_tags(latin.read_locality(locality), latin.read_postcode(postcode))


@pytest.mark.parametrize("other", ["Macphersen", "Macpherso", "Mcpherson", "Xacpherson", "Macpehrson", "Macpherxon"])
def test_one_typing_error_leaves_a_name_class(other: str) -> None:
    """Without this a single typing error costs the whole name."""
    assert "SE" in agreeing(surname("Macpherson"), surname(other))


@pytest.mark.parametrize(
    ("one", "other"), [("Bill", "William"), ("Kate", "Catherine"), ("Bob", "Robbie"), ("Liz", "Elizabeth")]
)
def test_nicknames_sound_like_their_root(one: str, other: str) -> None:
    """Without this everyday diminutives count as another person."""
    assert "GP" in agreeing(given_name(one), given_name(other))


def test_no_diminutive_stands_for_itself() -> None:
    """Without this a slip in the table would spend a slot on nothing."""
    assert all(word not in roots for word, roots in ROOTS.items())


def test_swapped_names_agree_only_together() -> None:
    """Without this given name and surname in each other's column are two different people."""
    assert agreeing(both("Thomas", "Campbell"), both("Campbell", "Thomas")) == {"NX", "NE"}
    assert agreeing(both("Thomas", "Campbell"), both("Campbel", "Thomsa")) == {"NE"}
    assert not agreeing(given_name("Thomas"), given_name("Campbell"))


def test_one_name_alone_is_not_both() -> None:
    """Without this two records that lack a surname would agree on both names."""
    assert both("Thomas", "") == {}
    assert both("", "Campbell") == {}


@pytest.mark.parametrize(
    ("other", "tags"),
    [
        (Dob(2011, 3, 7), {"DX", "DP"}),
        (Dob(2011, 7, 3), {"DP"}),
        (Dob(2012, 3, 7), {"DP"}),
        (Dob(2011, 4, 7), {"DP"}),
        (Dob(2011, 3, 1), {"DP"}),
        (Dob(2011, 3, None), {"DP"}),
        (Dob(2011, None, None), set()),
        (Dob(2001, 12, 30), set()),
        (None, set()),
    ],
)
def test_dates_survive_one_wrong_part(other: Dob | None, tags: set[str]) -> None:
    """Without this one wrong digit, a swap or a month-only date loses the strongest field."""
    assert agreeing(person_tags.date_tags(Dob(2011, 3, 7)), person_tags.date_tags(other)) == tags


@pytest.mark.parametrize(
    ("locality", "postcode", "best"),
    [
        ("North Ryde", "2113", "LPC"),
        ("North Ryed", "2113", "LFP"),
        ("North Ryed", "2131", "LFPF"),
        ("North Ryde", "2112", "LFPF"),
        ("North Ryde", "1113", "LFPF"),
        ("North Ryde", "", "PE"),
        ("Epping", "2113", "PE"),
        ("Epping", "2000", None),
        ("", "", None),
    ],
)
def test_places_survive_errors_in_either_half(locality: str, postcode: str, best: str | None) -> None:
    """Without this an exchanged digit or a misspelt suburb counts as a move."""
    shared = agreeing(place("North Ryde", "2113"), place(locality, postcode))
    assert next((tag for tag in ("LPC", "LFP", "LFPF", "PE") if tag in shared), None) == best


def test_the_house_number_may_stand_in_the_address_line() -> None:
    """Without this a file without its own number column never agrees on a house."""
    apart = person_tags.house_tags("12", latin.read_street("High Street"))
    assert agreeing(apart, person_tags.house_tags(None, latin.read_street("12 High St"))) == {"AN"}
    assert person_tags.house_tags("12", None) == {}


@pytest.mark.parametrize(
    ("one", "other"), [("philipps", "filips"), ("knight", "night"), ("catherine", "kathryn"), ("meier", "meyer")]
)
def test_skeletons_join_what_sounds_alike(one: str, other: str) -> None:
    """Without this spelling by ear separates families."""
    assert person_tags.skeleton(one) == person_tags.skeleton(other)


@given(st.text(max_size=20), st.text(max_size=20))
def test_tags_are_total_and_never_empty(one: str, other: str) -> None:
    """Without this one odd cell stops a whole file, or two empty values agree with each other."""
    tags = {**given_name(one), **surname(other), **both(one, other), **place(one, other)}
    assert all(values and all(values) for values in tags.values())


@given(WORDS, WORDS, WORDS, WORDS)
def test_tight_agreement_is_loose_agreement(a: str, b: str, c: str, d: str) -> None:
    """Without this the schema's [implied] table would be false, and the mixture would explain pairs by what is not so.

    Checked on every value; the schema's limits cut only what a name with many parts has to spare.
    """
    schema = load_schema("person-v1")
    for one, other in ((given_name(a), given_name(b)), (surname(a), surname(b)), (place(a, b), place(c, d))):
        shared = agreeing(one, other)
        for tag in shared:
            assert set(schema.implied.get(tag, ())) <= shared
