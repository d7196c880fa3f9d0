"""Tags of cn-child-v1: what one cell of a child's record contributes, by field.

Each function takes one cell and returns its tags, best values first; an unreadable cell yields none. The tags' letters
are explained in docs/match-keys.md: NX characters of the name, NP pinyin, NS sorted, NM look-alike, NK
surname and one character, NG given name, NC surname and one syllable, NL last syllable, SU surname, DX date, DS day and
month in rising order, DL lunar or swapped date, YM MD DY its parts, P phone, G guardian, A address, V village, S sex, I
resident ID. Nothing here knows keys, records or files.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from linkage.encoding.normalise.address import Address, read_address
from linkage.encoding.normalise.dates import Dob, lunar_to_solar, read_date
from linkage.encoding.normalise.name import Name, Newborn, Reading, read_guardian, read_name, split_names
from linkage.encoding.normalise.phone import read_phone, split_phones
from linkage.encoding.normalise.resident_id import ResidentId, read_resident_id
from linkage.encoding.normalise.sex import read_sex
from linkage.encoding.normalise.shapes import shape_classes
from linkage.encoding.tag_columns import TagValues

_SHAPES_PER_CHARACTER = 1


def name_tags(cell: str) -> TagValues:
    """Tags of a child's name; a newborn row ("张丽之女") names the mother, so it yields a guardian and a sex."""
    tags: dict[str, list[str]] = {}
    for text in split_names(cell):
        name = read_name(text)
        if isinstance(name, Newborn):
            _add(tags, "G", _pinyin(name.mother.readings))
            _add(tags, "S", [name.child_sex] if name.child_sex else [])
        elif name is not None:
            _add_name(tags, name)
    return _frozen(tags)


def guardian_tags(cell: str) -> TagValues:
    """Tags of one guardian's name, or of several in one cell."""
    tags: dict[str, list[str]] = {}
    for text in split_names(cell):
        name = read_guardian(text)
        if name is not None and "*" not in name.given:
            _add(tags, "G", _pinyin(name.readings)[:2])
    return _frozen(tags)


def date_tags(dob: Dob | None) -> TagValues:
    """Tags of a date of birth; a month or a year alone yields the parts that it has."""
    if dob is None:
        return {}
    tags: dict[str, tuple[str, ...]] = {"DY": (f"{dob.year:04}",)}
    if dob.month is not None:
        tags["YM"] = (f"{dob.year:04}-{dob.month:02}",)
    if dob.month is not None and dob.day is not None:
        tags["MD"] = (f"{dob.month:02}-{dob.day:02}",)
        tags["DX"] = (_iso(dob),)
        tags["DS"] = (_rising(dob),)
        tags["DL"] = tuple(dict.fromkeys(_date_variants(dob)))
    return tags


def written_date_tags(cell: str) -> TagValues:
    return date_tags(read_date(cell))


def resident_id_tags(number: ResidentId | None) -> TagValues:
    """A valid resident ID, and the date and sex that it states."""
    if number is None:
        return {}
    return {**date_tags(number.birth), "I": (number.number,), "S": (number.sex,)}


def written_id_tags(cell: str) -> TagValues:
    return resident_id_tags(read_resident_id(cell))


def sex_tags(cell: str) -> TagValues:
    sex = read_sex(cell)
    return {"S": (sex,)} if sex else {}


def phone_tags(cell: str) -> TagValues:
    numbers = (read_phone(text) for text in split_phones(cell))
    return _frozen({"P": [number for number in numbers if number]})


def address_tags(cell: str) -> TagValues:
    """Village (community, estate; else the road), and that place or the road with its house numbers."""
    address = read_address(cell)
    if address is None:
        return {}
    village = address.place or address.road
    return _frozen({"V": [_core(village)] if village else [], "A": list(_houses(address))})


def another_persons_id(written: Dob | None, stated: Dob) -> bool:
    """Whether an ID's birth date says that the ID is a guardian's or sibling's, not this child's.

    One wrong part, swapped day and month, a lunar date or a date that is not complete may still be the child's own.
    """
    if written is None or written.month is None or written.day is None or written.default_day:
        return written is not None and abs(written.year - stated.year) > 1
    if set(_date_variants(written)) & set(_date_variants(stated)):
        return False
    same = (written.year == stated.year) + (written.month == stated.month) + (written.day == stated.day)
    return same < 2


def _add_name(tags: dict[str, list[str]], name: Name) -> None:
    whole = name.surname + name.given if name.script == "han" else "".join(name.parts)
    readable = "*" not in whole
    if readable:
        _add(tags, "NX", [whole] if whole else [])
        _add(tags, "NP", _pinyin(_full_readings(name)))
    for reading in name.readings:
        _add(tags, "SU", [reading.surname] if reading.surname else [])
        if reading.surname:
            _add(tags, "NC", [f"{reading.surname}|{syllable}" for syllable in reading.given if syllable != "*"])
        if len(reading.given) >= 2 and readable:
            _add(tags, "NG", [" ".join(reading.given)])
        if reading.given and reading.given[-1] != "*":
            _add(tags, "NL", [reading.given[-1]])
    if name.script == "han" and name.surname and readable:
        _add(tags, "NS", [name.surname + "".join(sorted(name.given))] if len(name.given) >= 2 else [])
        _add(tags, "NM", _look_alikes(name))
    if name.script == "han" and name.surname:
        _add(tags, "NK", [name.surname + character for character in name.given if character != "*"])


def _full_readings(name: Name) -> Iterable[Reading]:
    """All readings; of a dotted name only the whole one: its first part may be the clan's and shared by siblings."""
    longest = sorted(name.readings, key=lambda reading: len(reading.given), reverse=True)
    return longest[:1] if len(name.parts) >= 2 else name.readings


def _look_alikes(name: Name) -> list[str]:
    """The name with one given character replaced by the class of its shape."""
    out = []
    for place, character in enumerate(name.given):
        for shape in shape_classes(character)[:_SHAPES_PER_CHARACTER]:
            out.append(f"{name.surname}{name.given[:place]}<{shape}>{name.given[place + 1 :]}")
    return out


def _pinyin(readings: Iterable[Reading]) -> list[str]:
    return [f"{reading.surname}|{' '.join(reading.given)}" for reading in readings if "*" not in reading.given]


def _houses(address: Address) -> Iterable[str]:
    """Road with all numbers; village or estate with those that follow it, which is what clerks leave standing."""
    if address.road and address.numbers:
        yield f"{_core(address.road)}|{'-'.join(address.numbers)}"
    if address.place and address.place != address.road:
        numbers = address.numbers[address.road_numbers :] or address.numbers
        if numbers:
            yield f"{_core(address.place)}|{'-'.join(numbers)}"


def _core(place: str) -> str:
    """The last two characters: a town written without its suffix runs into the village's name before them."""
    return place[-2:]


def _date_variants(dob: Dob) -> list[str]:
    """The date, its day and month in rising order, and the solar date if what is written is lunar.

    A birthday of the last lunar months falls into the next solar year and is often written with that one.
    """
    assert dob.month is not None and dob.day is not None
    variants = [_iso(dob)]
    if dob.day <= 12:
        variants.append(_rising(dob))
    for year in (dob.year, dob.year - 1):
        solar = lunar_to_solar(replace(dob, year=year))
        if solar is not None and (year == dob.year or solar.year == dob.year):
            variants.append(_iso(solar))
    return variants


def _rising(dob: Dob) -> str:
    assert dob.month is not None and dob.day is not None
    return f"{dob.year:04}~{min(dob.month, dob.day):02}-{max(dob.month, dob.day):02}"


def _iso(dob: Dob) -> str:
    return f"{dob.year:04}-{dob.month:02}-{dob.day:02}"


def _add(tags: dict[str, list[str]], tag: str, values: Iterable[str]) -> None:
    tags.setdefault(tag, []).extend(values)


def _frozen(tags: dict[str, list[str]]) -> TagValues:
    return {tag: tuple(dict.fromkeys(values)) for tag, values in tags.items() if values}
