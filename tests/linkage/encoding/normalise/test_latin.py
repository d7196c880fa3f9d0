"""Latin-script normalisers: forms that must fold together, forms that must not, and words that mean "no value"."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from linkage.encoding.normalise import latin

READERS: list[Callable[[str], object]] = [
    latin.read_given,
    latin.read_surname,
    latin.read_locality,
    latin.read_street,
    latin.read_street_number,
    latin.read_postcode,
    latin.read_state,
    latin.read_identifier,
]


@pytest.mark.parametrize(
    "forms",
    [
        ("O'Brien", "OBRIEN", "O\u2019Brien", "o brien", "O Brien"),
        ("MacDonald", "McDonald", "Mc Donald", "mac donald", "MACDONALD Jr."),
        ("van der Berg", "Van Der Berg", "VANDERBERG", "van-der-berg"),
        ("Garc\u00eda", "garcia", "GARCI\u0301A"),
        ("\u0141ukasz", "Lukasz"),
        ("Stra\u00dfer", "strasser"),
        ("Smith", "sm ith", " SMITH ", "Mr Smith", "5mith"),
        ("Wang", "\uff37\uff41\uff4e\uff47"),
    ],
)
def test_one_surname_in_many_writings(forms: tuple[str, ...]) -> None:
    """Without this the same family splits over accents, apostrophes, Mac/Mc, particles, titles and stray spaces."""
    names = [latin.read_surname(form) for form in forms]
    assert len({name.full for name in names if name is not None}) == 1
    assert None not in names


@pytest.mark.parametrize("text", ["Mack", "Macey", "Mace", "Maclin"])
def test_short_mac_names_keep_apart(text: str) -> None:
    """Without this a Mack would become a Mc of another family, or a name would fold to nothing."""
    name = latin.read_surname(text)
    assert name is not None
    assert len(name.full) >= 4


def test_double_names_offer_their_parts() -> None:
    """Without this Mary-Anne in one file never meets Mary in the other."""
    double = latin.read_given("Mary-Anne")
    assert double is not None
    assert (double.full, double.parts) == ("maryanne", ("mary", "anne"))
    initial = latin.read_given("Mary J.")
    assert initial is not None
    assert initial.parts == ("mary",)
    stray = latin.read_surname("Smi th")
    assert stray is not None
    assert stray.parts == ()


@pytest.mark.parametrize(
    "text", ["", " ", "-", "?", "N/A", "n.a.", "Unknown", "NOT STATED", "null", "XXX", "no name", "\u3000", "()"]
)
@pytest.mark.parametrize("reader", READERS)
def test_placeholders_are_missing(reader: Callable[[str], object], text: str) -> None:
    """Without this everybody whose name is "unknown" becomes one person."""
    assert reader(text) is None


@pytest.mark.parametrize("text", ["Baby", "baby of Jane", "Baby Boy", "INFANT", "Newborn", "Twin 1"])
def test_unnamed_children_have_no_given_name(text: str) -> None:
    """Without this all newborns of one ward agree exactly on their given name."""
    assert latin.read_given(text) is None


@pytest.mark.parametrize(
    ("text", "locality"),
    [
        ("Mt. Druitt", "mountdruitt"),
        ("North Ryde (NSW)", "northryde"),
        ("NTH RYDE", "northryde"),
        ("St Kilda", "saintkilda"),
        ("Ryde 2112", "ryde"),
        ("Mt", "mt"),
    ],
)
def test_localities_write_out_their_abbreviations(text: str, locality: str) -> None:
    """Without this usual abbreviations count as a move."""
    assert latin.read_locality(text) == locality


@pytest.mark.parametrize(
    ("text", "name", "numbers"),
    [
        ("12 High St", "high", ("12",)),
        ("High Street", "high", ()),
        ("Unit 3, 12 St Johns Road", "stjohns", ("3", "12")),
        ("3/012A Avenue Rd", "avenue", ("3", "12a")),
        ("The Avenue", "the", ()),
        ("7", "", ("7",)),
    ],
)
def test_streets_drop_type_words_only_after_the_name(text: str, name: str, numbers: tuple[str, ...]) -> None:
    """Without this "St Johns Road" loses its saint, or "High St" differs from "High Street"."""
    street = latin.read_street(text)
    assert street is not None
    assert (street.name, street.numbers) == (name, numbers)


@pytest.mark.parametrize(
    ("text", "postcode"),
    [
        ("0800", "800"),
        ("800.0", "800"),
        ("SW1A 1AA", "sw1a1aa"),
        ("12345-6789", "12345"),
        ("123456789", "12345"),
        ("0000", None),
        ("9999", None),
    ],
)
def test_postcodes_survive_spreadsheets(text: str, postcode: str | None) -> None:
    """Without this a lost leading zero or a ZIP+4 makes two places out of one."""
    assert latin.read_postcode(text) == postcode


@pytest.mark.parametrize(("text", "number"), [("12", "12"), ("3/12", "12"), ("Unit 3, 012B", "12b"), ("none", None)])
def test_house_number_is_the_last_one(text: str, number: str | None) -> None:
    """Without this a flat's number is taken for the house's."""
    assert latin.read_street_number(text) == number


@pytest.mark.parametrize("text", ["000000", "1234567", "12", "xxxxxx", "9999999"])
def test_made_up_identifiers_are_missing(text: str) -> None:
    """Without this a placeholder number links strangers by the strongest key of all."""
    assert latin.read_identifier(text) is None


def test_identifiers_ignore_grouping() -> None:
    """Without this "530 4218" and "5304218" are two people."""
    assert latin.read_identifier("530 4218") == latin.read_identifier("5304218.0") == "5304218"


@given(st.text(max_size=40))
@example("\u0130")
@example("\udcff")
def test_readers_are_total(text: str) -> None:
    """Without this one odd cell stops a whole file."""
    for reader in READERS:
        reader(text)


WORDS = st.text(alphabet="abcdeimnorstyMcOE' -.\u00e9", max_size=24)


@given(WORDS)
def test_folded_forms_read_as_themselves(text: str) -> None:
    """Without this a file that was folded once before differs from one that was not."""
    for reader in (latin.read_given, latin.read_surname):
        name = reader(text)
        again = reader(name.full) if name is not None else None
        assert name is None or (again is not None and again.full == name.full)
    locality = latin.read_locality(text)
    assert locality is None or latin.read_locality(locality) == locality


def test_repr_hides_values() -> None:
    """Without this a name reaches a log through an error's repr."""
    assert "jane" not in repr(latin.read_given("Jane"))
    assert "high" not in repr(latin.read_street("12 High St"))


@pytest.mark.parametrize(
    "text",
    ["(02) 9555 0123", "02 9555 0123", "+61 2 9555 0123", "0061-2-9555-0123", "9555 0123 ext. 12", "295550123.0"],
)
def test_phones_of_one_line_read_alike(text: str) -> None:
    """Without this an area or country prefix makes two numbers of one."""
    assert latin.read_phones(text) == ("95550123",)


@pytest.mark.parametrize("text", ["", "n/a", "00000000", "0400 000 000", "12345", "87654321", "none"])
def test_phones_that_stand_for_none_are_missing(text: str) -> None:
    """Without this everybody without a telephone shares one."""
    assert latin.read_phones(text) == ()


def test_two_numbers_in_a_cell_are_two() -> None:
    """Without this a home and a work number in one cell match neither."""
    assert latin.read_phones("0400 123 456 / 9555 0123 or 0400123456") == ("00123456", "95550123")
