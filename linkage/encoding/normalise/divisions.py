"""Find province, city and county at the head of an address and give the code in force (GB/T 2260).

Former names give today's code: 海门市, 海门县 and 海门区 are one. An ambiguous name without its province or
city is resolved only by the fixed preference below, else it has no code.
"""

import re
from typing import NamedTuple

from linkage.encoding.normalise.tables import read_table

_SUFFIX = re.compile(
    "(?:省|特别行政区|(?:壮族|回族|维吾尔)?自治区|(?:[一-龥]{2,8}族)+自治[州县旗]|自治[州县旗]|林区|特区|市辖区|地区|矿区|新区|市|区|县|盟|旗)$"
)
_PROVINCE_TAIL = re.compile("省|市|特别行政区|(?:壮族|回族|维吾尔)?自治区")
_TOWN_LIKE = re.compile(
    "[东西南北中]{0,2}(?:路|街|大道|巷|桥)|镇|乡|村|社区|小区|居委|[一-龥]{0,4}新区|[一-龥]{0,6}开发区|花园|广场|港|高新|大厦|新城|家园|公寓"
)
_TOWN_BEHIND = re.compile("[一-龥]{1,6}?(?:镇|乡|街道|[县区市旗])")
_MUNICIPALITIES = ("11", "12", "31", "50")
# Projects of this schema are made for cities of Jiangsu; a district of a municipality is written with it.
_PREFERRED = ("3206", "32")


class Found(NamedTuple):
    """The code ('' if none) and the rest of the text behind the divisions' names."""

    code: str
    rest: str


def _stem(name: str) -> str:
    stem = _SUFFIX.sub("", name)
    return stem if len(stem) >= 2 else name


def _load() -> list[tuple[str, str]]:
    rows = (line.split("\t") for line in read_table("divisions.tsv"))
    return [(code, name) for code, name in rows]


_ROWS = _load()
_TOWNS = {code: frozenset(names.split()) for code, names in (line.split("\t") for line in read_table("towns.tsv"))}
_PROVINCES = {_stem(name): code for code, name in _ROWS if code.endswith("0000")}
_FORMER = [
    (name, within, code) for name, within, code in (line.split("\t") for line in read_table("former_divisions.tsv"))
]


def _names(rows: list[tuple[str, str]]) -> dict[str, list[tuple[str, str, bool]]]:
    """First two characters → (name, code, whether it is the full name), longest first."""
    table: dict[str, list[tuple[str, str, bool]]] = {}
    for code, name in rows:
        for text in dict.fromkeys((name, _stem(name))):
            table.setdefault(text[:2], []).append((text, code, text == name))
    for entries in table.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return table


_CITIES = _names([row for row in _ROWS if row[0].endswith("00") and not row[0].endswith("0000")])
_COUNTIES = _names([row for row in _ROWS if not row[0].endswith("00")])
_FORMER_COUNTIES: dict[str, list[tuple[str, str, str]]] = {}
for _row in _FORMER:
    _FORMER_COUNTIES.setdefault(_row[0][:2], []).append(_row)


def find_division(text: str) -> Found:
    """Divisions at the head of a text without spaces; every level may be absent or shortened."""
    text = text.removeprefix("中国").removeprefix("中华人民共和国")
    province, rest = _province(text)
    city = _level(_CITIES, rest, province[:2])
    if city is not None:
        rest = city.rest.removeprefix("市辖区")
    elif province and rest.startswith(_municipality_again(province)):
        rest = rest.removeprefix(_municipality_again(province))
    rest = rest.removeprefix("市辖区")
    within = city.code[:4] if city else province[:2]
    county = _county(rest, within)
    if county is None and city is None and province == "":
        return Found("", text)
    code = county.code if county else city.code if city else province
    return Found(code, county.rest if county else rest)


def find_town(text: str, division: str) -> str:
    """The town at the head of a text whose suffix was left out (三厂丰收7组), '' if none is known.

    Without a county only the preferred city's towns are considered.
    """
    within = division.rstrip("0") if division else _PREFERRED[0]
    for size in (4, 3, 2):
        head = text[:size]
        if len(text) > size + 1 and any(head in names for code, names in _TOWNS.items() if code.startswith(within)):
            return head
    return ""


def _municipality_again(province: str) -> str:
    name = next(name for name, code in _PROVINCES.items() if code == province)
    return f"{name}市"


def _province(text: str) -> tuple[str, str]:
    for size in (3, 2):
        code = _PROVINCES.get(text[:size])
        if code is not None:
            rest = text[size:]
            tail = _PROVINCE_TAIL.match(rest)
            if tail is None and _TOWN_LIKE.match(rest):
                return "", text
            return code, rest[tail.end() :] if tail else rest
    return "", text


def _county(text: str, within: str) -> Found | None:
    found = _level(_COUNTIES, text, within) or (_level(_COUNTIES, text, within[:2]) if within else None)
    if found is not None:
        return found
    for name, inside, code in _FORMER_COUNTIES.get(text[:2], ()):
        if text.startswith(name) and (code.startswith(within) or inside.startswith(within)):
            return Found(code, text[len(name) :])
    return None


def _level(table: dict[str, list[tuple[str, str, bool]]], text: str, within: str) -> Found | None:
    """The best name of one level; a shortened name must not be the head of a town, road or estate."""
    whole: list[Found] = []
    short: list[Found] = []
    for name, code, full in table.get(text[:2], ()):
        if not code.startswith(within) or not text.startswith(name):
            continue
        rest = text[len(name) :]
        if full:
            whole.append(Found(code, rest))
        elif rest[:1] in ("市", "县", "区") and (table is _COUNTIES or rest[:1] == "市"):
            short.append(Found(code, rest[1:]))
        elif not _TOWN_LIKE.match(rest) and (within or _may_stand_alone(code, rest)):
            short.append(Found(code, rest))
    return _preferred(whole) or _preferred(short)


def _may_stand_alone(code: str, rest: str) -> bool:
    """Villages are called like counties far away: a bare name needs the preferred city or a town behind it."""
    return _TOWN_BEHIND.match(rest) is not None or (code.startswith(_PREFERRED[0]) and rest[:1] > "9")


def _preferred(found: list[Found]) -> Found | None:
    """The only one; else the one outside the municipalities and in the preferred region; else none."""
    if not found:
        return None
    longest = min(len(one.rest) for one in found)
    found = [one for one in found if len(one.rest) == longest]
    if len(found) == 1:
        return found[0]
    found = [one for one in found if one.code[:2] not in _MUNICIPALITIES]
    for prefix in _PREFERRED:
        inside = [one for one in found if one.code.startswith(prefix)]
        if len(inside) == 1:
            return inside[0]
    return found[0] if len(found) == 1 else None
