"""Tokens of cn-child-v1 for the CLK scheme: what one cell of a child's record puts into its filter, by group.

Each `read` function takes one cell and returns tokens by group; a group has one position key. An unreadable cell
yields nothing: missing is never encoded. Sex is absent on purpose: two values would mark every filter, so it enters
only together with the year of birth (`clk_tokens.py`). Nothing here knows keys, records or files.

Tokens are prefixed with their kind, and kinds have weights (`WEIGHTS`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from linkage.encoding.normalise.address import read_address
from linkage.encoding.normalise.name import Name, Newborn, Reading, read_guardian, read_name, split_names
from linkage.encoding.normalise.phone import read_phone, split_phones
from linkage.encoding.normalise.resident_id import explain_resident_id, read_resident_id
from linkage.encoding.normalise.shapes import shape_classes
from linkage.encoding.normalise.syllables import fold_syllable
from linkage.encoding.normalise.text import fold
from linkage.encoding.qgrams import padded_bigrams, positional

Tokens = Mapping[str, list[str]]

WEIGHTS: Final[Mapping[str, Mapping[str, int]]] = {
    "name": {"S": 28, "Sc": 28, "G": 14, "Gc": 14, "Sh": 14, "Gh": 14, "E": 14, "P": 14,
             "Si": 8, "Sf": 8, "Gi": 8, "Gf": 8, "W": 2, "Wc": 2},
    "guardian": {"Si": 1, "Sf": 1, "Gi": 1, "Gf": 1, "W": 2, "Wc": 2},
    "date_of_birth": {"YM": 22, "MD": 20, "YD": 20, "X": 20, "B": 9, "Y": 6, "M": 6, "D": 6},
    "sex_with_year": {"M": 36, "F": 36},
    "resident_id": {"W": 14, "12": 14, "13": 14, "14": 14},
    "resident_id_unsound": {"12": 5, "13": 5, "14": 5},
    "address": {"V": 24, "R": 24, "TV": 24, "N": 7},
    "phone": {"W": 1},
}  # fmt: skip
"""Group → kind of token (its letters before the colon) → positions per token; a kind that is not listed stays out.

Chosen by a search over generated cities of two profiles for the best F1 under the margin rule from 5,000 to 2,000,000
children, and confirmed on others. What many strangers share (region, initial of a syllable, birth year) weighs little
or nothing: it costs margin. What a sibling shares or often is missing (guardian, phone) weighs little: diffusion
multiplies what differs. Only the end of a resident ID enters, because its other digits repeat region and date.
"""

FILL_TO: Final = 0.33
"""Thin filters are filled up to this share of bits; together with the weights the mean is about 0.41 of 1,024."""

_INITIAL: Final = re.compile("zh|ch|sh|[bpmfdtnlgkhjqxzcsryw]")
_MASK: Final = "*"
_LAST: Final = 12  # first place whose triple holds no more than one digit of the date


def read_name_cell(cell: str) -> Tokens:
    """A child's name; a newborn entered under the mother ("张丽之女") has none and yields a guardian."""
    own: list[str] = []
    mothers: list[str] = []
    for text in split_names(cell):
        name = read_name(text)
        if isinstance(name, Newborn):
            mothers += name_tokens(name.mother)
        elif name is not None:
            own += name_tokens(name)
    return _found(name=own, guardian=mothers)


def read_guardian_cell(cell: str) -> Tokens:
    """A guardian's name, or several; which of them it is stays out, so that fathers and mothers may swap columns."""
    names = (read_guardian(text) for text in split_names(cell))
    return _found(guardian=[token for name in names if name is not None for token in name_tokens(name)])


def read_id_cell(cell: str) -> Tokens:
    """A resident ID; one whose check digit fails, or that was cut, keeps its last digits at less weight."""
    number = read_resident_id(cell)
    if number is not None:
        return _found(resident_id=[*_last_digits(number.number[:17]), f"W:{number.number}"])
    if explain_resident_id(cell) not in ("checksum", "truncated"):
        return {}
    digits = re.sub("[^0-9]", "", fold(cell))[:17]
    return _found(resident_id_unsound=_last_digits(digits))


def read_phone_cell(cell: str) -> Tokens:
    """Phone numbers, each as a whole."""
    numbers = [number for number in map(read_phone, split_phones(cell)) if number is not None]
    return _found(phone=[f"W:{number}" for number in numbers])


def read_address_cell(cell: str) -> Tokens:
    """Village or estate, road, town with village, and either with its house numbers."""
    address = read_address(cell)
    if address is None:
        return {}
    places = [f"{kind}:{value}" for kind, value in (("V", address.place), ("R", address.road)) if value]
    if address.town and address.place:
        places.append(f"TV:{address.town}|{address.place}")
    if address.numbers and (address.place or address.road):
        places.append(f"N:{address.place or address.road}|{'-'.join(address.numbers)}")
    return _found(address=places)


def _last_digits(digits: str) -> list[str]:
    """Triples of the digits that neither region nor date of birth determines, by place."""
    return positional(digits, 3)[_LAST:]


def name_tokens(name: Name) -> list[str]:
    """Sounds, confusable sounds, characters and shapes of a name, the surname (S) apart from the given name (G)."""
    out = [token for reading in name.readings for token in _sound_tokens(reading)]
    if name.script == "ethnic":
        syllables = name.readings[0].given if name.readings else ()
        out += [f"E:{gram}" for gram in padded_bigrams("".join(syllables))]
        out += [f"P:{name.parts[0]}"] if name.parts else []
    elif name.script == "han":
        out += _character_tokens(name)
    return out


def _sound_tokens(reading: Reading) -> list[str]:
    out: list[str] = []
    if reading.surname:
        out += [f"S:{reading.surname}", *_confusable("S", reading.surname)]
    for place, syllable in enumerate(reading.given):
        if syllable != _MASK:
            out += [f"G:{syllable}", f"G{place}:{syllable}", *_confusable("G", syllable)]
    if _MASK not in reading.given:
        out.append(f"W:{reading.surname}|{' '.join(reading.given)}")
    return out


def _confusable(part: str, syllable: str) -> Iterable[str]:
    """Initial and final of a syllable as those hear it who confuse zh and z, n and l, in and ing."""
    heard = fold_syllable(syllable)
    initial = _INITIAL.match(heard)
    cut = initial.end() if initial else 0
    return [f"{part}i:{heard[:cut]}", f"{part}f:{heard[cut:]}"]


def _character_tokens(name: Name) -> list[str]:
    out: list[str] = []
    for part, characters in (("S", name.surname), ("G", name.given)):
        for character in characters:
            if character != _MASK:
                out += [f"{part}c:{character}", f"{part}h:{shape_classes(character)[0]}"]
    whole = name.surname + name.given
    return out if _MASK in whole else [*out, f"Wc:{whole}"]


def _found(**groups: list[str]) -> Tokens:
    """Groups that hold something, each token once."""
    return {group: list(dict.fromkeys(tokens)) for group, tokens in groups.items() if tokens}
