"""The shapes that a value inside a log entry may have: hashes, request ids, counts, codes, closed choices.

There is deliberately no shape for free text. A code is short ASCII without a run of eight digits, so a name in Han
characters, a resident ID, a phone number or a date of birth has no field that would take it. This is a fence against
accidents, not a proof: a code could still spell a name in pinyin, which is why callers draw codes from lists.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

Fact = bool | int | str | tuple[int, ...] | tuple[str, ...]
"""What a field holds in Python; tuples are JSON arrays."""

LARGEST_COUNT = 2**53 - 1
"""Integers above this lose digits in a reader that stores JSON numbers as doubles (RFC 8785, section 3.2.2.3)."""
LONGEST_LIST = 1_024

_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}").fullmatch
_SHA256 = re.compile(r"[0-9a-f]{64}").fullmatch
_CODE = re.compile(r"(?=.{1,64}\Z)(?!.*[0-9]{8})[a-z0-9]+(?:[._:/-][a-z0-9]+)*").fullmatch
_ORIGIN = re.compile(r"(?=.{1,128}\Z)(?!.*[0-9]{8})[a-z0-9]+(?:[._:/-][a-z0-9]+)*").fullmatch


@dataclass(frozen=True, slots=True)
class Shape:
    """A closed set of values: `says` completes the sentence "must be …", `holds` tests one value."""

    says: str
    holds: Callable[[object], bool]
    many: bool = False


def is_ulid(value: object) -> bool:
    """Is it a ULID in its canonical spelling (26 Crockford base32 characters, upper case)?"""
    return type(value) is str and _ULID(value) is not None


def is_sha256(value: object) -> bool:
    """Is it a SHA-256 value in lower-case hexadecimal?"""
    return type(value) is str and _SHA256(value) is not None


def is_code(value: object) -> bool:
    """Is it a code: lower-case ASCII words joined by ``. _ : / -``, at most 64 long, no run of eight digits?"""
    return type(value) is str and _CODE(value) is not None


def is_count(value: object) -> bool:
    """Is it an integer from 0 to 2^53 - 1 (and not a boolean)?"""
    return type(value) is int and 0 <= value <= LARGEST_COUNT


ULID = Shape("a ULID", is_ulid)
SHA256 = Shape("64 lower-case hexadecimal digits", is_sha256)
CODE = Shape("a code (lower-case ASCII, at most 64, no run of eight digits)", is_code)
COUNT = Shape("an integer from 0 to 2^53 - 1", is_count)
FLAG = Shape("true or false", lambda value: type(value) is bool)
ORIGIN = Shape("a log's origin", lambda value: type(value) is str and _ORIGIN(value) is not None)


def choice(*values: str) -> Shape:
    """The shape of a closed list of words."""
    allowed = frozenset(values)
    return Shape(f"one of {', '.join(values)}", lambda value: type(value) is str and value in allowed)


def many(shape: Shape) -> Shape:
    """The shape of a tuple of at most `LONGEST_LIST` values of one shape."""

    def holds(value: object) -> bool:
        return type(value) is tuple and len(value) <= LONGEST_LIST and all(map(shape.holds, value))

    return Shape(f"at most {LONGEST_LIST} values, each {shape.says}", holds, many=True)
