"""How an address is written down: which parts and suffixes, which number style, which name of the district that year.

Abbreviations and old names are habits, not mistakes; wrong numbers, lost parts and typos are, and they are marked here
because they strike parts and not text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.synthetic.divisions import DIVISIONS, NEW_NAME, OLD_NAME, RENAMED_ON
from linkage.synthetic.places import Addresses, Kind
from linkage.synthetic.spoil_household import place_typo, wrong_number
from linkage.synthetic.strata import Marks, Stratum
from linkage.synthetic.striking import strike

Strings = NDArray[np.object_]
_DIGITS: Final = "〇一二三四五六七八九"
ADDRESS_KINDS: Final = (Stratum.ADDRESS_NUMBER, Stratum.ADDRESS_CUT, Stratum.ADDRESS_TYPO)


@dataclass(frozen=True, slots=True)
class AddressHabit:
    """An agency's way: shares of addresses with the province, from the prefecture, from the county, from the town (the
    rest begins with the village); and shares of dropped suffixes, Han numerals and old district names.
    """

    starts: tuple[float, float, float, float]
    bare_suffix: float = 0.12
    han_numerals: float = 0.04
    old_district: float = 0.12


@dataclass(frozen=True, slots=True)
class _Parts:
    """One address in hand and the draws that decide its style."""

    kind: int
    town: str
    place: str
    road: str
    numbers: tuple[int, int, int]
    style: float
    bare: bool
    han: bool


def write_addresses(
    addresses: Addresses,
    day: NDArray[np.datetime64],
    badness: NDArray[np.float64],
    rates: Sequence[float],
    habit: AddressHabit,
    marks: Marks,
    rng: np.random.Generator,
) -> Strings:
    """The written addresses; `rates` are those of a wrong number, a lost part and a typo, in this order."""
    count = len(day)
    struck = strike(rates, badness, rng).tolist()
    start = np.searchsorted(np.cumsum(habit.starts), rng.random(count)).tolist()
    old = ((day < RENAMED_ON) | (rng.random(count) < habit.old_district)).tolist()
    style, bare, han = (rng.random(count).tolist() for _ in range(3))
    rows = zip(
        addresses.kind.tolist(), addresses.division.tolist(), addresses.town, addresses.place, addresses.road,
        addresses.n1.tolist(), addresses.n2.tolist(), addresses.n3.tolist(), strict=True,
    )  # fmt: skip
    written = np.empty(count, dtype=object)
    for i, (kind, division, town, place, road, n1, n2, n3) in enumerate(rows):
        lost = False
        if struck[i] >= 0:
            marks[ADDRESS_KINDS[struck[i]]][i] = True
            lost = struck[i] == 1
            if struck[i] == 0:
                n1, n2, n3 = (wrong_number(n1, rng), n2, n3) if kind == Kind.ROAD else (n1, wrong_number(n2, rng), n3)
            elif struck[i] == 2:
                place = place_typo(place, rng)
        parts = _Parts(
            kind,
            town,
            place,
            road,
            (n1, n2, n3),
            style[i],
            bare[i] < habit.bare_suffix,
            han[i] < habit.han_numerals,
        )
        tail = _without_numbers(parts) if lost else _local(parts)
        written[i] = _head(division, start[i], old[i], parts) + tail
    return written


def _head(division: int, start: int, old: bool, parts: _Parts) -> str:
    """The administrative parts before the village, estate or road."""
    where = DIVISIONS[division]
    county = (OLD_NAME if old else NEW_NAME) if division == 0 else where.county
    town = parts.town.removesuffix("街道").removesuffix("镇").removesuffix("乡") if parts.bare else parts.town
    if division and start >= 3:
        start = 2
    if start == 0:
        return (where.province.removesuffix("省") if parts.bare else where.province) + where.prefecture + county + town
    if start == 1:
        return where.prefecture + county + town
    if start == 2:
        return (county[:-1] if parts.bare and len(county) > 2 else county) + town
    return town if start == 3 else ""


def _local(parts: _Parts) -> str:
    n1, n2, n3 = parts.numbers
    if parts.kind in (Kind.VILLAGE, Kind.ELSEWHERE):
        return _village(parts, n1, n2)
    if parts.kind == Kind.ROAD:
        community = "" if parts.style < 0.5 else parts.place + ("" if parts.bare else "社区")
        return community + parts.road + _road_numbers(parts, n1, n2, n3)
    return parts.place + _estate_numbers(parts, n1, n2, n3)


def _village(parts: _Parts, group: int, house: int) -> str:
    name = parts.place + ("" if parts.bare else "村")
    groups = _han(group) if parts.han else str(group)
    if parts.style < 0.62:
        return f"{name}{groups}组{house}号"
    if parts.style < 0.74:
        return f"{name}第{groups}村民小组{house}号"
    if parts.style < 0.82:
        return f"{name}{groups}队{house}号"
    return f"{name}{group}-{house}" if parts.style < 0.9 else f"{name}{groups}组{house}"


def _road_numbers(parts: _Parts, house: int, building: int, room: int) -> str:
    fraction = (parts.style * 2) % 1
    if fraction < 0.5:
        return f"{house}号{_han(building) if parts.han else building}幢{room}室"
    if fraction < 0.7:
        return f"{house}号{building}-{room}"
    return f"{house}-{building}-{room}" if fraction < 0.85 else f"{house}号{building}号楼{room}"


def _estate_numbers(parts: _Parts, building: int, unit: int, room: int) -> str:
    if parts.style < 0.35:
        return f"{building}幢{unit}单元{room}室"
    if parts.style < 0.6:
        return f"{_han(building) if parts.han else building}号楼{unit}单元{room}室"
    if parts.style < 0.75:
        return f"{building}#{unit}-{room}"
    return f"{building}-{unit}-{room}" if parts.style < 0.9 else f"{building}栋{unit}单元{room}"


def _without_numbers(parts: _Parts) -> str:
    """A lost part: no numbers, or the village group alone."""
    if parts.kind in (Kind.VILLAGE, Kind.ELSEWHERE):
        return f"{parts.place}村" + (f"{parts.numbers[0]}组" if parts.style < 0.5 else "")
    return parts.road or parts.place


def _han(number: int) -> str:
    """A number below 100 in Han numerals; larger ones digit by digit."""
    if number >= 100:
        return "".join(_DIGITS[int(d)] for d in str(number))
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else _DIGITS[tens] + "十"
    return head + (_DIGITS[ones] if ones else "") or _DIGITS[0]
