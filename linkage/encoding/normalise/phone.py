"""Read telephone numbers: mobiles of mainland China, landlines, others by their digits.

Gives digits in one writing; numbers that stand for "none" (13800000000, 12345678) and masked ones are None.
Does not check that a number is in service.
"""

import re
from decimal import Decimal

from linkage.encoding.normalise.text import fold

_MOST_TEXT = 200
_MOST_RAW = 4000
_MOBILE = re.compile(
    r"(?<!\d)(?:(?:\+|00)?86[\s\-.)]*)?0?(1[3-9]\d[\s\-.]?\d{4}[\s\-.]?\d{4}|1[3-9]\d{2}[\s\-.]?\d{3}[\s\-.]?\d{4})(?!\d)"
)
_TWO_MOBILES = re.compile(r"(?<!\d)(1[3-9]\d{9})(?=1[3-9]\d{9}(?!\d))")
_LANDLINE = re.compile(
    r"(?<!\d)(?:(?:\+|00)?86[\s\-.(]*)?\(?(0?(?:10|2\d|[3-9]\d{2}))\)?[\s\-.]*([2-9]\d{2,3}[\s\-.]?\d{4})(?!\d)"
)
_AREA_GIVEN = re.compile(r"^\(?(?:(?:\+|00)?86[\s\-.(]*\(?[1-9]|0)|^[\s(]*\d{2,4}[)\-]")
_LOCAL = re.compile(r"(?<!\d)([2-9]\d{2,3}[\s\-.]?\d{4})(?!\d)")
_FOREIGN = re.compile(r"(?:\+|00)(\d{1,3}[\s\-.()]*\d[\d\s\-.()]{5,14})")
_EXTENSION = re.compile(r"(?:(?<=\d)\s*[-－转#*]\s*|分机|ext\.?|x)\s*:?\s*\d{1,5}\s*$", re.IGNORECASE)
_MASK = re.compile(r"\d[*xX#?●]{2,}|[*xX#?●]{2,}\d")
_SCIENTIFIC = re.compile(r"\d\.\d+[eE]\+?\d{1,2}")
_SPLIT = re.compile(r"[/、,;|\\\n\r\t&]+|或|和|(?<=\d)\s*[一-龥]+\s*[:]?\s*(?=[\d+(])")
_SPACED = re.compile(r"(?<=\d)(?<!86)\s+(?=(?:\+?86[\s-]?)?1[3-9]\d{9}(?!\d)|0\d{2,3}[-\s]?\d{7,8}(?!\d))")
_LETTERS = re.compile(r"(?<=\d)[oO]|[oO](?=\d)")
_RUNS = "01234567890123456789"


def read_phone(text: str) -> str | None:
    """The first number in a text: 11 digits of a mobile, area code and number of a landline, or None.

    A landline without its area code stays so (7 or 8 digits).
    """
    if len(text) == 11 and text.isascii() and text.isdigit() and text[0] == "1":
        return text if text[1] in "3456789" and not _is_placeholder(text) else None
    folded = fold(text[:_MOST_RAW])
    if len(folded) > _MOST_TEXT:
        return None
    folded = _LETTERS.sub("0", folded)
    if _SCIENTIFIC.fullmatch(folded):
        folded = str(int(Decimal(folded)))
    folded = re.sub(r"(?<=\d)\.0+$", "", folded)
    if _MASK.search(folded):
        return None
    return _mobile(folded) or _fixed(folded)


def split_phones(text: str) -> tuple[str, ...]:
    """Texts of the single numbers in a cell, in order, to be read one by one; () for an over-long cell."""
    folded = fold(text[:_MOST_RAW])
    if len(folded) > _MOST_TEXT:
        return ()
    folded = _TWO_MOBILES.sub(r"\1/", folded)
    pieces = (piece.strip() for part in _SPLIT.split(folded) for piece in _SPACED.split(part))
    return tuple(dict.fromkeys(piece for piece in pieces if piece and re.search(r"\d", piece)))


def _mobile(text: str) -> str | None:
    found = _MOBILE.search(text)
    if found is None:
        return None
    digits = _digits(found[1])
    return None if _is_placeholder(digits) else digits


def _fixed(text: str) -> str | None:
    bare = text.strip()
    foreign = _FOREIGN.fullmatch(_EXTENSION.sub("", bare))
    if foreign and not foreign[1].startswith("86"):
        return _checked(_digits(foreign[1]))
    if re.search(r"(?<!\d)[01]?1[3-9]\d{9}(?!\d)", bare):
        return None  # a mobile that stands for none
    start = re.search(r"[\d+(]", bare)
    if start is None:
        return None
    bare = bare[start.start() :]
    found = _LANDLINE.match(bare) if _AREA_GIVEN.match(bare) else None
    if found:
        area = _digits(found[1])
        number = _digits(found[2])
        return None if _is_placeholder(number) else f"0{area.removeprefix('0')}{number}"
    found = _LOCAL.match(bare)
    return _checked(_digits(found[1])) if found else None


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _checked(digits: str) -> str | None:
    return None if _is_placeholder(digits) else digits


def _is_placeholder(digits: str) -> bool:
    """One digit eight times at the end, a run such as 12345678, or China Mobile's specimen number."""
    tail = digits[-8:]
    return len(set(tail)) == 1 or tail in _RUNS or tail in _RUNS[::-1] or digits == "13800138000"
