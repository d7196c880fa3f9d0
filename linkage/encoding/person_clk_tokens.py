"""Tokens of person-v1 for the CLK scheme: what the cells of a Latin-script record put into its filter, by group.

Names and places are cut into padded bigrams, numbers into digits by place. Each function takes the distinct values of a
column and returns one table. Otherwise as `cn_clk_tokens.py`: one position key and one k per group, an unreadable
cell yields nothing, sex enters only together with the year of birth, and a state (a handful of values) not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from linkage.encoding.normalise.latin import (
    LatinName,
    read_given,
    read_identifier,
    read_locality,
    read_postcode,
    read_street,
    read_street_number,
    read_surname,
)
from linkage.encoding.normalise.phone import read_phone, split_phones
from linkage.encoding.qgrams import TokenTable, bigram_table, character_table, padded_bigrams, positional, words_table

POSITIONS: Final[Mapping[str, int]] = {
    "given_name": 13,
    "surname": 13,
    "street": 3,
    "locality": 9,
    "postcode": 13,
    "identifier": 3,
    "phone": 2,
}
"""Group → positions per token. Names, locality and postcode were tried on FEBRL4; the others are low, so that a file
that has them too stays below the fill that the margin rule allows."""

WEIGHTS: Final[Mapping[str, Mapping[str, int]]] = {
    "date_of_birth": dict.fromkeys(("Y", "B", "M", "D", "YM", "MD", "YD", "X"), 18),
    "sex_with_year": {"M": 8, "F": 8},
}
"""The same by kind of token, for what has kinds."""

FILL_TO: Final = 0.30
"""Thin filters are filled up to this share of bits; with names, date and place the mean is about 0.38 of 1,024."""


def given_names(values: Sequence[str]) -> TokenTable:
    return _names(values, read_given)


def surnames(values: Sequence[str]) -> TokenTable:
    return _names(values, read_surname)


def streets(values: Sequence[str]) -> TokenTable:
    """Street name and, when the line holds one, the house number."""
    return TokenTable.of([_street(value) for value in values])


def street_numbers(values: Sequence[str]) -> TokenTable:
    numbers = [read_street_number(value) for value in values]
    return TokenTable.of([[f"#{number}"] if number else [] for number in numbers])


def localities(values: Sequence[str]) -> TokenTable:
    return bigram_table([read_locality(value) or "" for value in values])


def postcodes(values: Sequence[str]) -> TokenTable:
    return character_table([read_postcode(value) or "" for value in values])


def identifiers(values: Sequence[str]) -> TokenTable:
    numbers = [read_identifier(value) for value in values]
    return TokenTable.of([[*positional(number, 3), f"W:{number}"] if number else [] for number in numbers])


def phones(values: Sequence[str]) -> TokenTable:
    return TokenTable.of([_phones(value) for value in values])


def _names(values: Sequence[str], read: Callable[[str], LatinName | None]) -> TokenTable:
    """Bigrams of the whole name and of each part that stands alone, so that "Mary-Anne" keeps part of "Mary"."""
    names = [read(value) for value in values]
    return words_table([(name.full, *name.parts) if name is not None else () for name in names])


def _street(value: str) -> list[str]:
    street = read_street(value)
    if street is None:
        return []
    return padded_bigrams(street.name) + [f"#{number}" for number in street.numbers[-1:]]


def _phones(value: str) -> list[str]:
    numbers = [number for number in map(read_phone, split_phones(value)) if number is not None]
    return [token for number in numbers for token in [*positional(number[-8:], 3), f"W:{number}"]]
