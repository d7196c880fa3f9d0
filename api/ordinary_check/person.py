"""Who is asked about: a name and an 18-digit resident ID of right form, and how index tables may spell them.

Form alone is checked, the check digit included; whether such a person exists is nobody's question here.

May touch: nothing
Sees:      a name, a resident ID
Spec:      GB 11643-1999 (check digit: ISO 7064, MOD 11-2)
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Final

LONGEST_NAME: Final = 100
_WEIGHTS: Final = tuple(2 ** (17 - place) % 11 for place in range(17))
_DIGITS: Final = "10X98765432"


class PersonError(ValueError):
    """A field breaks its form; `field` names it, the message the rule."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field


@dataclass(frozen=True, slots=True)
class Person:
    """A person of right form; made by `person_of`."""

    name: str = field(repr=False)
    resident_id: str = field(repr=False)


def person_of(name: str, resident_id: str) -> Person:
    """Name and resident ID as typed at a counter; PersonError names the field."""
    plain = plain_name(name)
    if not plain or len(plain) > LONGEST_NAME or not plain.isprintable():
        raise PersonError("name", f"1 to {LONGEST_NAME} printable characters")
    digits = plain_id(resident_id)
    if len(digits) != 18 or not (digits[:17].isascii() and digits[:17].isdecimal()):
        raise PersonError("resident_id", "17 digits and a check digit")
    if check_digit(digits[:17]) != digits[17]:
        raise PersonError("resident_id", "its check digit does not fit")
    return Person(plain, digits)


def plain_name(text: str) -> str:
    """A name as it is compared: one form of every character, no space, one kind of dot, no letter case."""
    normal = unicodedata.normalize("NFKC", text).casefold()
    return "".join("·" if char in "•・‧∙⋅." else char for char in normal if not char.isspace())


def plain_id(text: str) -> str:
    """A resident ID as it is compared."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def check_digit(first: str) -> str:
    """The check digit of 17 digits."""
    return _DIGITS[sum(int(digit) * weight for digit, weight in zip(first, _WEIGHTS, strict=True)) % 11]


def spellings(resident_id: str) -> tuple[str, ...]:
    """How a table may hold it: as it is, with a small x, or as the 15 digits of people born before 2000."""
    found = [resident_id]
    if resident_id.endswith("X"):
        found.append(resident_id[:-1] + "x")
    if resident_id[6:8] == "19":
        found.append(resident_id[:6] + resident_id[8:17])
    return tuple(found)
