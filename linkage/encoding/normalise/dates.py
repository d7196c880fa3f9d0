"""Read a date of birth in any writing; turn a lunar date into the solar one.

Does not know today's date and does not guess which calendar was meant, unless the text says 农历 or the
day exists in the lunar calendar alone (30 February). Impossible parts are dropped, not repaired by guess.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from linkage.encoding.normalise.date_words import digits_for_words
from linkage.encoding.normalise.lunar import solar_date
from linkage.encoding.normalise.tables import words
from linkage.encoding.normalise.text import fold, is_missing

FIRST_YEAR, LAST_YEAR = 1900, 2100
_PIVOT = 30
"""Two-digit years up to here are 20xx; fixed, so that a date reads the same in every year."""
_BEIJING = timedelta(hours=8)
_EPOCH = date(1970, 1, 1)
_EXCEL_ZERO = date(1899, 12, 30)
_EXCEL_RANGE = range(30000, 60001)
_MOST_TEXT = 80
_MOST_RAW = 4000


@dataclass(frozen=True, slots=True)
class Dob:
    """A date of birth as far as it is known: `month` and `day` are None when not stated or impossible.

    `default_day`: it is 1 January, which systems fill in when they know the year alone.
    """

    year: int
    month: int | None
    day: int | None
    default_day: bool = False


_MONTHS = {
    name: number for number, name in enumerate(words("jan feb mar apr may jun jul aug sep oct nov dec"), start=1)
}
_AGE = re.compile(
    r"(?:约|大约)?\d{1,3}(?:\.\d)?(?:周?岁|个?月|天|日龄|y|yrs?|years?)(?:半|\d{1,2}(?:个?月|天))*(?:大|左右|以?[上下])?",
    re.I,
)
_NUMBER = re.compile(r"(\d+)(?:\.(\d+))?")
_LUNAR = re.compile(r"农历|阴历|旧历|夏历|lunar")
# Only the lunar calendar names months and days so; looked for before numerals become digits.
_LUNAR_WORDS = re.compile("正月|腊月|冬月|月初[一二三四五六七八九十]|廿|卅")
_ID = re.compile(r"\d{17}[\dx]")
_YEAR_FIRST = re.compile(
    r"(?:公元|阳历|公历|约|大约|生于|出生于?|出生日期:?)*(\d{4})\s*[年\-./,、·:\s_\\]+\s*(?:闰|约)?(\d{1,2})?\s*(?:[月\-./,、·\s_\\]+(?:份|初)?\s*(\d{1,2})?)?(?!\d)"
)
_YEAR_LAST = re.compile(r"(\d{1,2})\s*[\-./\s,]\s*(\d{1,2})\s*[\-./\s,]\s*(\d{4})(?!\d)")
_SHORT_YEAR = re.compile(r"(\d{1,2})\s*[年\-./]\s*(\d{1,2})\s*[月\-./]\s*(\d{1,2})(?!\d)")
_MONTH_YEAR = re.compile(r"(\d{1,2})\s*[\-./]\s*(\d{4})")
_ORACLE = re.compile(r"(\d{1,2})-(\d{1,2})月\s*-(\d{2,4})")
_ENGLISH = re.compile(
    r"(?:(?P<d1>\d{1,2})(?:st|nd|rd|th)?[\s\-./,]*(?P<m1>[a-z]{3,9})|(?P<m2>[a-z]{3,9})\.?[\s\-]*(?P<d2>\d{1,2})(?:st|nd|rd|th)?)"
    r"[\s\-./,]+(?P<y>\d{4}|\d{2})(?!\d)"
)
_YEAR_ENGLISH = re.compile(r"(\d{4})[\s\-./,]*([a-z]{3,9})[\s\-./,]*(\d{1,2})(?!\d)")
_REPUBLIC = re.compile(r"民国(\d{1,3})年?[\-./]?")
_UTC = re.compile(r"(\d{4})-(\d{2})-(\d{2})[t ](\d{2}):(\d{2})(?::\d{2}(?:\.\d+)?)?\s*(?:z|[+-]00:?00|utc|gmt)")


def read_date(text: str) -> Dob | None:
    """Read one date; None for ages, years outside 1900 to 2100 and whatever holds no year.

    Day and month change places when only that is possible; d/m/y is assumed where both are. A moment given
    in UTC is taken to Beijing time, as exports write midnight there as 16:00 of the day before.
    """
    text = fold(text[:_MOST_RAW]).lower().strip("'\"` ,;.")
    if not text or len(text) > _MOST_TEXT or is_missing(text):
        return None
    number = _NUMBER.fullmatch(text)
    if number is not None:
        return _from_number(number[1], number[2] or "")
    if _ID.fullmatch(text):
        return _eight(text[6:14])
    lunar = bool(_LUNAR.search(text) or _LUNAR_WORDS.search(text))
    text = digits_for_words(text)
    if _AGE.fullmatch(text):
        return None
    if lunar:
        return _explicitly_lunar(text)
    return _written(text)


def lunar_to_solar(dob: Dob) -> Dob | None:
    """The solar date if year, month and day are a lunar date (the ordinary month where one is doubled)."""
    if dob.month is None or dob.day is None:
        return None
    solar = solar_date(dob.year, dob.month, dob.day)
    return None if solar is None else Dob(solar.year, solar.month, solar.day)


def make_dob(year: int, month: int | None, day: int | None) -> Dob | None:
    """A Dob of possible parts: swaps day and month if only that is possible, else drops what cannot be."""
    if not FIRST_YEAR <= year <= LAST_YEAR or (year, month, day) == (FIRST_YEAR, 1, 1):
        return None
    month, day = month or None, day or None
    if month is not None and month > 12:
        if day is None or day > 12:
            return Dob(year, None, None)
        month, day = day, month
    if month is None:
        return Dob(year, None, None)
    if day is not None and day > monthrange(year, month)[1]:
        return _only_lunar(year, month, day)
    return Dob(year, month, day, default_day=(month, day) == (1, 1))


def _only_lunar(year: int, month: int, day: int) -> Dob:
    """29 or 30 February that the solar year does not have: a lunar date; any other impossible day is unknown."""
    solar = solar_date(year, month, day) if month == 2 and day <= 30 else None
    return Dob(year, month, None) if solar is None else Dob(solar.year, solar.month, solar.day)


def _written(text: str) -> Dob | None:
    found = _UTC.match(text)
    if found:
        return _moment(*(int(part) for part in found.groups()))
    found = _YEAR_ENGLISH.match(text)
    if found and found[2][:3] in _MONTHS:
        return make_dob(int(found[1]), _MONTHS[found[2][:3]], int(found[3]))
    text = _REPUBLIC.sub(lambda era: f"{int(era[1]) + 1911}年", text)
    for pattern, order in ((_ORACLE, (3, 2, 1)), (_YEAR_FIRST, (1, 2, 3)), (_YEAR_LAST, (3, 2, 1))):
        found = pattern.search(text) if pattern is _YEAR_FIRST else pattern.match(text)
        if found:
            year, month, day = (int(found[place] or 0) for place in order)
            return make_dob(_full_year(year) if pattern is _ORACLE else year, month, day)
    return _english(text) or _short(text)


def _short(text: str) -> Dob | None:
    found = _MONTH_YEAR.fullmatch(text)
    if found:
        return make_dob(int(found[2]), int(found[1]), None)
    found = _SHORT_YEAR.match(text)
    if found:
        first, second, third = (int(part) for part in found.groups())
        if len(found[1]) == 1 and len(found[3]) == 2 and "/" in text:
            return make_dob(_full_year(third), first, second)  # a spreadsheet's m/d/yy
        if second > 12 and third > 12 and first <= 12:
            return make_dob(_full_year(third), first, second)
        return make_dob(_full_year(first), second, third)
    found = re.search(r"(?<!\d)\d{8}(?!\d)", text)
    if found:
        return _eight(found[0])
    found = re.match(r"(\d{4})年?$", text)
    return make_dob(int(found[1]), None, None) if found else None


def _english(text: str) -> Dob | None:
    found = _ENGLISH.search(text)
    if found:
        month = _MONTHS.get((found["m1"] or found["m2"])[:3])
        day, year = int(found["d1"] or found["d2"]), int(found["y"])
        return make_dob(_full_year(year), month, day) if month else None
    return None


def _full_year(year: int) -> int:
    return year if year > 99 else year + (2000 if year <= _PIVOT else 1900)


def _explicitly_lunar(text: str) -> Dob | None:
    """'农历2013年八月初六' → its solar date; a solar date written beside it wins."""
    pieces = re.split(r"[()\[\];,/]", text)
    named = any(_LUNAR.search(piece) and re.search(r"\d", piece) for piece in pieces)
    for piece in pieces:
        if named and not _LUNAR.search(piece):
            solar = _written(piece)
            if solar is not None and solar.day is not None:
                return solar
    written = _written(_LUNAR.sub("", text).strip(" :()"))
    return written if written is None else lunar_to_solar(written) or written


def _moment(year: int, month: int, day: int, hour: int, minute: int) -> Dob | None:
    dob = make_dob(year, month, day)
    if dob is None or dob.month is None or dob.day is None:
        return dob
    # China kept summer time (UTC+9) from 1986 to 1991
    late = hour >= 16 or (hour == 15 and minute == 0 and 1986 <= year <= 1991)
    moved = date(dob.year, dob.month, dob.day) + timedelta(days=1 if late else 0)
    return make_dob(moved.year, moved.month, moved.day)


def _from_number(digits: str, fraction: str) -> Dob | None:
    """A number alone, told apart by its length: yyyy, serial day, yyyymm, yymmdd, yyyymmdd, times, an ID."""
    size = len(digits)
    if size == 5 and int(digits) in _EXCEL_RANGE:
        return _of_date(_EXCEL_ZERO + timedelta(days=int(digits)))
    if fraction.strip("0"):
        return make_dob(int(digits), int(fraction), None) if size == 4 and len(fraction) <= 2 else None
    if size == 4:
        return make_dob(int(digits), None, None)
    if size == 6:
        return _six(digits)
    if size == 7:
        return _seven(digits)
    if size in (8, 10, 12, 14, 17):
        return _eight(digits[:8]) or (_seconds(int(digits)) if size == 10 else None)
    if size in (12, 13):
        return _seconds(int(digits) // 1000)
    return _eight(digits[6:14]) if size == 18 else None


def _eight(digits: str) -> Dob | None:
    """yyyymmdd; else ddmmyyyy when that alone gives a year."""
    year, rest = int(digits[:4]), (int(digits[4:6]), int(digits[6:]))
    if FIRST_YEAR <= year <= LAST_YEAR:
        return make_dob(year, *rest)
    year, day, month = int(digits[4:]), int(digits[:2]), int(digits[2:4])
    return make_dob(year, month, day)


def _seven(digits: str) -> Dob | None:
    """yyyy with one short part, when only one cut is possible; else the year."""
    year, rest = int(digits[:4]), digits[4:]
    cuts = [(int(rest[:1]), int(rest[1:])), (int(rest[:2]), int(rest[2:]))]
    good = [(month, day) for month, day in cuts if 1 <= month <= 12 and 1 <= day <= 31]
    return make_dob(year, *good[0]) if len(good) == 1 else make_dob(year, None, None)


def _six(digits: str) -> Dob | None:
    """yyyymm where that is a month of a likely year, else yymmdd."""
    year, month = int(digits[:4]), int(digits[4:])
    if FIRST_YEAR <= year <= LAST_YEAR and month <= 12:
        return make_dob(year, month, None)
    month, day = int(digits[2:4]), int(digits[4:])
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return None
    return make_dob(_full_year(int(digits[:2])), month, day)


def _seconds(seconds: int) -> Dob | None:
    if seconds > 4_102_444_800:  # past the year 2100
        return None
    return _of_date(_EPOCH + timedelta(seconds=seconds + int(_BEIJING.total_seconds())))


def _of_date(day: date) -> Dob | None:
    return make_dob(day.year, day.month, day.day)
