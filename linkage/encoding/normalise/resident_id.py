"""Resident identity numbers (GB 11643): read, check, expand; say what is wrong with the rest.

Does not decide whose number it is: a guardian's number in a child's column is valid, and its birth date
tells. Nothing here repairs a wrong check digit.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Literal

from linkage.encoding.normalise.dates import Dob
from linkage.encoding.normalise.tables import words
from linkage.encoding.normalise.text import fold, is_missing

Explanation = Literal["valid", "expanded", "checksum", "truncated", "placeholder", "masked", "other", "missing"]


@dataclass(frozen=True, slots=True)
class ResidentId:
    """A number of 18 characters whose check digit holds, with what it states.

    `region`: six digits, as they were at issue. `status`: 'expanded' when it was written with 15 digits.
    """

    number: str
    birth: Dob
    sex: Literal["M", "F"]
    region: str
    status: Literal["valid", "expanded"]


_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_PROVINCES = frozenset(
    words(
        "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 "
        "90 91 92 93 94 95 96 97 98 99"  # 9x: foreigners' permanent residence cards since 2023
    )
)
_LOOK_LIKE = str.maketrans({"О": "0", "O": "0", "Х": "X", "Χ": "X", "×": "X", "✕": "X", "I": "1", "L": "1"})
_SEPARATORS = re.compile(r"[\s'\"`,;:.·_/\\()\[\]\-#]+")
_LABEL = re.compile(r"^(?:(?:居民)?身份证(?:号码?|件号)?|证件号码?|公民身份号码|身份号码|ID(?:NO|CARD)?|SFZH?)+", re.I)
_DECIMAL = re.compile(r"\d+\.0+")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?E\+?\d{1,2}", re.I)
_EIGHTEEN = re.compile(r"\d{17}[\dX]")
_MASKED = re.compile(r"\d{1,17}[*X●○?]{2,}[\dX]{0,10}")
_FOURTEEN = re.compile(r"\d{3,17}")
_MOST_TEXT = 64
_MOST_RAW = 4000


def read_resident_id(text: str) -> ResidentId | None:
    """The number in a cell, expanded to 18 characters; None unless region, birth date and check digit hold."""
    number, status = _sound(_compact(text))
    if not number or status is None:
        return None
    birth = Dob(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    return ResidentId(number, birth, "M" if int(number[16]) % 2 else "F", number[:6], status)


def explain_resident_id(text: str) -> Explanation:
    """What a cell in an ID column holds; 'other' are documents of another kind and noise."""
    compact = _compact(text)
    status = _sound(compact)[1]
    if status is not None:
        return status
    if _is_placeholder(compact):
        return "placeholder"
    if is_missing(text[:_MOST_RAW]):
        return "missing"
    if _MASKED.fullmatch(compact):
        return "masked"
    if _SCIENTIFIC.fullmatch(compact):
        return "truncated"
    if _EIGHTEEN.fullmatch(compact):
        return "truncated" if compact.endswith("000") else "checksum"  # spreadsheets zero the last digits
    if (
        compact.isascii()
        and compact.isdigit()
        and 10 <= len(compact) < 18
        and (compact[:2] in _PROVINCES or len(compact) >= 14)
    ):
        return "truncated"
    return "other"


def check_digit(body: str) -> str:
    """The eighteenth character for 17 digits (GB 11643, ISO 7064 MOD 11-2); ValueError for anything else."""
    if len(body) != 17 or not body.isascii() or not body.isdigit():
        raise ValueError("a resident ID's body has 17 digits")
    return _CHECKS[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, body, strict=True)) % 11]


def _compact(text: str) -> str:
    """Upper case without labels, separators and a spreadsheet's traces; '' when far too long."""
    if len(text) == 18 and text.isascii() and text.isalnum():
        return text.upper()
    text = fold(text[:_MOST_RAW]).upper()
    if len(text) > _MOST_TEXT:
        return ""
    if not text.isascii():
        text = text.translate(_LOOK_LIKE)
    if _DECIMAL.fullmatch(text):
        text = text.partition(".")[0]
    if _SCIENTIFIC.fullmatch(text):
        return _plain_number(text)
    text = _LABEL.sub("", _SEPARATORS.sub("", text))
    text = re.sub("[\u4e00-\u9fff]+$", "", text)
    if len(text) == 18 and text[-1] == "*" and text[:17].isdigit():
        return text[:17] + "X"  # old registers print the check character X so
    if len(text) in (15, 18) and not text.isdigit():
        digits = text[:-1].translate(_LOOK_LIKE) + text[-1:]
        return digits if digits[:-1].isdigit() else text
    return text


def _plain_number(text: str) -> str:
    """A number in scientific notation when all its digits are there, else as it stands."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    digits = len(number.as_tuple().digits)
    return str(int(number)) if digits >= 15 and number == number.to_integral_value() else text


def _sound(compact: str) -> tuple[str, Literal["valid", "expanded"] | None]:
    if _EIGHTEEN.fullmatch(compact) and compact.isascii():
        good = (
            compact[:2] in _PROVINCES
            and compact[14:17] != "000"
            and _is_date(compact[6:14])
            and check_digit(compact[:17]) == compact[17]
        )
        return (compact, "valid") if good else ("", None)
    if len(compact) == 15 and compact.isascii() and compact.isdigit():
        return _expand(compact)
    return "", None


def _expand(digits: str) -> tuple[str, Literal["expanded"] | None]:
    """15 digits → 18. Those that begin like a cut 18-digit number of 19xx or 20xx are not old numbers."""
    body = f"{digits[:6]}19{digits[6:]}"
    cut = digits[6:8] in ("19", "20") and 1 <= int(digits[10:12]) <= 12
    good = digits[:2] in _PROVINCES and digits[12:] != "000" and _is_date(body[6:14]) and not cut
    return (body + check_digit(body), "expanded") if good else ("", None)


def _is_date(digits: str) -> bool:
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    if not 1900 <= year <= 2100:
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _is_placeholder(compact: str) -> bool:
    body = compact[:-1] if compact.endswith("X") else compact
    if len(body) < 6 or not body.isascii() or not body.isdigit():
        return len(compact) > 5 and set(compact) == {"X"}
    runs = "12345678901234567890"
    few = len(set(body)) <= 1 or body in runs or body in runs[::-1]
    return few or body[:6] in ("000000", "111111", "999999", "123456") or body[6:].strip("0") == ""
