"""Families of the synthetic city as arrays: adults, phones, homes and what changes in them with time. No children.

What makes linkage hard is made here: brothers' families share grandparents, surname and the old home; a village has its
few clans; phones are handed on; left-behind and divorced children have other guardians.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from linkage.synthetic import ethnic_names, given_names
from linkage.synthetic.divisions import CODES, NEIGHBOURS, OLD_CODE, draw_divisions
from linkage.synthetic.drawing import words
from linkage.synthetic.ethnic_names import Tradition
from linkage.synthetic.places import Addresses, Kind, Map, draw_elsewhere, draw_in_city
from linkage.synthetic.profiles import Population
from linkage.synthetic.resident_ids import issue
from linkage.synthetic.surnames import draw_surnames

Strings = NDArray[np.object_]
Flags = NDArray[np.bool_]
Days = NDArray[np.datetime64]
NEVER: Final = np.datetime64("2100-01-01", "D")
ALWAYS: Final = np.datetime64("1970-01-01", "D")
_PREFIXES: Final = words(
    "130 131 132 133 135 136 137 138 139 147 150 151 152 153 155 156 157 158 159 166 173 176 177 178 180 "
    "181 182 183 185 186 187 188 189 191 198 199"
).astype(np.int64)


class Role(IntEnum):
    """Who may speak for a child; row of the two-dimensional arrays of `Families`."""

    FATHER = 0
    MOTHER = 1
    ELDER = 2
    STEPFATHER = 3


@dataclass(frozen=True, slots=True)
class Families:
    """F families side by side. Arrays of shape (4, F) have one row per `Role`; dates are numpy days.

    `before` and `old_phones` hold until `moved_on` and `phone_changed_on`; `split_on` is the divorce (NEVER without),
    after which `custodian` speaks for the children, and the stepfather too where `remarried`.
    """

    tradition: NDArray[np.int8]
    ethnicity: Strings
    line: Strings
    surname: Strings
    mothers_surname: Strings
    generation: Strings
    names: Strings
    ids: Strings
    phones: Strings
    old_phones: Strings
    phone_changed_on: Days
    landline: Strings
    home: Addresses
    before: Addresses
    moved_on: Days
    hukou: Addresses
    region: Strings
    migrant: Flags
    left_behind: Flags
    split_on: Days
    custodian: NDArray[np.int8]
    remarried: Flags


def draw_families(count: int, city: Map, mix: Population, rng: np.random.Generator) -> Families:
    """`count` families living in the city, as of the end of 2023 and with their past."""
    tradition = _draw_tradition(count, mix, rng)
    migrant = (rng.random(count) < mix.migrants) | ((tradition != Tradition.HAN) & (rng.random(count) < 0.7))
    brother = _draw_brothers(tradition, migrant, mix, rng)
    home, before, moved_on, hukou = _draw_homes(city, migrant, tradition, brother, mix, rng)
    surname = _with_clans(hukou, migrant, rng)
    surname = _copied(surname, brother)
    names, mothers_surname = _draw_adults(tradition, surname, brother, rng)
    line, father, mother = ethnic_names.draw_families(tradition, rng)
    dotted = tradition != Tradition.HAN
    names[Role.FATHER] = np.where(dotted, father, names[Role.FATHER])
    names[Role.MOTHER] = np.where(dotted, mother, names[Role.MOTHER])
    region = _draw_regions(hukou, rng)
    phones, old_phones, changed = _draw_phones(count, brother, mix, rng)
    split_on = np.where(rng.random(count) < mix.divorced, _some_day("2009-01-01", "2024-06-01", count, rng), NEVER)
    generation = given_names.draw_children(np.ones(count, np.int8), np.full(count, 2012), rng).first
    return Families(
        tradition, _ethnicities(tradition, surname, mix, rng), line, surname, mothers_surname,
        np.where(rng.random(count) < mix.generation_character, _copied(generation, brother), ""),
        names, _draw_ids(region, rng), phones, old_phones, changed, _draw_landlines(count, rng),
        home, before, moved_on, hukou, region, migrant, rng.random(count) < mix.left_behind, split_on,
        np.where(rng.random(count) < 0.45, Role.FATHER, Role.MOTHER).astype(np.int8), rng.random(count) < 0.4,
    )  # fmt: skip


def _draw_tradition(count: int, mix: Population, rng: np.random.Generator) -> NDArray[np.int8]:
    kinds = rng.choice(len(Tradition), count, p=np.asarray(ethnic_names.SHARES))
    return np.where(rng.random(count) < mix.dotted_names, kinds, Tradition.HAN).astype(np.int8)


def _ethnicities(tradition: NDArray[np.int8], surname: Strings, mix: Population, rng: np.random.Generator) -> Strings:
    count = len(tradition)
    han_style = ethnic_names.HAN_STYLE[rng.integers(0, len(ethnic_names.HAN_STYLE), count)]
    result = np.where(rng.random(count) < mix.han_style_minorities, han_style, "汉族")
    result = np.where((surname == "马") & (rng.random(count) < 0.2), "回族", result)
    for kind, name in ethnic_names.ETHNICITY.items():
        result = np.where(tradition == kind, name, result)
    return np.asarray(result, dtype=object)


def _draw_brothers(tradition: NDArray[np.int8], migrant: Flags, mix: Population, rng: np.random.Generator) -> Flags:
    """True where a family's father is the brother of the father one position before; never two in a row."""
    fits = (rng.random(len(tradition)) < mix.cousins * 0.75) & (tradition == Tradition.HAN) & ~migrant
    fits &= np.roll((tradition == Tradition.HAN) & ~migrant, 1)
    fits[:1] = False
    return np.asarray(fits & ~np.roll(fits, 1))


def _copied(values: NDArray[Any], brother: Flags) -> NDArray[Any]:
    """The values with each brother's taken from the family before."""
    return np.where(brother, np.roll(values, 1, axis=-1), values)


def _draw_homes(
    city: Map,
    migrant: Flags,
    tradition: NDArray[np.int8],
    brother: Flags,
    mix: Population,
    rng: np.random.Generator,
) -> tuple[Addresses, Addresses, Days, Addresses]:
    count = len(migrant)
    village = rng.random(count) < np.where(migrant, 0.35, 0.55)
    home, _ = draw_in_city(city, village, rng)
    before, _ = draw_in_city(city, village | (rng.random(count) < 0.4), rng)
    old_home, _ = draw_in_city(city, rng.random(count) < 0.9, rng)
    moved = rng.random(count) < mix.moved
    moved_on = np.where(moved, _some_day("2008-01-01", "2023-12-31", count, rng), ALWAYS)
    where = rng.random(count)
    hukou = old_home.where(where < 0.58, home).where(moved & (where > 0.7), before)
    rows = np.arange(count)
    hukou = hukou.where(brother, hukou.take(np.where(rows > 0, rows - 1, 0)))
    hukou = hukou.where(migrant, draw_elsewhere(tradition != Tradition.HAN, rng))
    return home, before, moved_on, hukou


def _with_clans(hukou: Addresses, migrant: Flags, rng: np.random.Generator) -> Strings:
    """Father's surnames: in a village of the city a third belong to one of its three clans."""
    count = len(migrant)
    keys = np.asarray([f"{town}/{place}" for town, place in zip(hukou.town, hukou.place, strict=True)])
    villages, which = np.unique(keys, return_inverse=True)
    clans = draw_surnames(3 * len(villages), rng).reshape(-1, 3)
    own = clans[which, rng.integers(0, 3, count)]
    clannish = (hukou.kind == Kind.VILLAGE) & ~migrant & (rng.random(count) < 0.35)
    return np.asarray(np.where(clannish, own, draw_surnames(count, rng)), dtype=object)


def _draw_adults(
    tradition: NDArray[np.int8], surname: Strings, brother: Flags, rng: np.random.Generator
) -> tuple[Strings, Strings]:
    count = len(surname)
    mothers = draw_surnames(count, rng)
    father = given_names.draw_parents(False, count, rng)
    older = np.roll(father, 1)
    shared = brother & (rng.random(count) < 0.6)
    father = np.asarray(
        [o[0] + f[-1] if s and len(o) == 2 else f for f, o, s in zip(father, older, shared, strict=True)],
        dtype=object,
    )
    woman = rng.random(count) < 0.45
    elder = np.where(woman, draw_surnames(count, rng), np.where(rng.random(count) < 0.75, surname, mothers))
    elder = _copied(elder + given_names.draw_elders(woman, rng), brother)
    step = draw_surnames(count, rng) + given_names.draw_parents(False, count, rng)
    names = np.empty((4, count), dtype=object)
    names[Role.FATHER], names[Role.MOTHER] = (
        surname + father,
        mothers + given_names.draw_parents(True, count, rng),
    )
    names[Role.ELDER], names[Role.STEPFATHER] = elder, step
    return names, mothers


def _draw_regions(hukou: Addresses, rng: np.random.Generator) -> Strings:
    """Division of birth registration: the hukou's, for the city's own sometimes a neighbouring county."""
    count = len(hukou.kind)
    local = np.where(rng.random(count) < 0.12, CODES[draw_divisions(NEIGHBOURS, count, rng)], OLD_CODE)
    return np.asarray(np.where(hukou.division > 0, CODES[hukou.division], local), dtype=object)


def _draw_ids(region: Strings, rng: np.random.Generator) -> Strings:
    count = len(region)
    born = [_some_day(*span, count, rng) for span in (("1972-01-01", "1996-12-31"), ("1975-01-01", "1998-12-31"))]
    alone = np.zeros(count, dtype=np.bool_)
    mothers_region = np.where(rng.random(count) < 0.6, region, CODES[rng.integers(1, len(CODES), count)])
    ids = np.empty((2, count), dtype=object)
    ids[Role.FATHER] = issue(region, born[0], ~alone, alone, rng)
    ids[Role.MOTHER] = issue(mothers_region, born[1], alone, alone, rng)
    return ids


def _draw_phones(
    count: int, brother: Flags, mix: Population, rng: np.random.Generator
) -> tuple[Strings, Strings, Days]:
    phones, old = (_mobile_numbers((4, count), rng) for _ in range(2))
    phones[Role.ELDER] = _copied(phones[Role.ELDER], brother)
    old[Role.ELDER] = _copied(old[Role.ELDER], brother)
    handed_on = rng.random((4, count)) < mix.recycled_phone
    old = np.where(handed_on, phones[:, rng.permutation(count)], old)
    one_phone = rng.random(count) < 0.04
    phones[Role.MOTHER] = np.where(one_phone, phones[Role.FATHER], phones[Role.MOTHER])
    changed = rng.random((4, count)) < mix.changed_phone
    days = _some_day("2010-01-01", "2024-06-01", 4 * count, rng).reshape(4, count)
    return phones, old, np.where(changed, days, ALWAYS)


def _mobile_numbers(shape: tuple[int, int], rng: np.random.Generator) -> Strings:
    numbers = _PREFIXES[rng.integers(0, len(_PREFIXES), shape)] * 10**8 + rng.integers(0, 10**8, shape)
    return np.asarray(numbers.astype("U11").astype(object), dtype=object)


def _draw_landlines(count: int, rng: np.random.Generator) -> Strings:
    return (8 * 10**7 + rng.integers(10**6, 10**7, count)).astype("U8").astype(object)


def _some_day(first: str, last: str, count: int, rng: np.random.Generator) -> Days:
    start = np.datetime64(first, "D")
    span = int((np.datetime64(last, "D") - start).astype(np.int64))
    return np.asarray(start + rng.integers(0, span + 1, count).astype("timedelta64[D]"))
