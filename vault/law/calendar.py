"""Civil days in China: which are worked, which are free, and the milliseconds at which they begin.

Holidays and the weekend days that are worked instead are announced year by year; they are data in `holidays/`. A year
that is not there is refused, never guessed. China has had one time zone and no summer time since 1992.

May touch: this package's own files (`package_data`)
Sees:      nothing personal
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from vault.errors import LawError
from vault.law.package_data import shipped
from vault.law.terms import Mark, Words
from vault.strict_table import StrictTable

SHANGHAI: Final = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")
_DAY: Final = dt.timedelta(days=1)
_LONGEST_HOLIDAY: Final = 10


@dataclass(frozen=True, slots=True)
class Year:
    """One year's announcement."""

    year: int
    source: str
    mark: Mark
    free: Mapping[dt.date, Words]
    worked: frozenset[dt.date]
    """Saturdays and Sundays that are worked."""


def parse_year(data: bytes, place: str) -> Year:
    """Read a holiday file; LawError names the place and the rule."""
    try:
        top = StrictTable(tomllib.loads(data.decode()), place, LawError)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise LawError(f"{place}: not TOML") from None
    year = top.whole("year", 2000, 2100)
    source, mark = top.text("source"), top.word("mark", Mark)
    worked = top.days("worked")
    free: dict[dt.date, Words] = {}
    for table in top.tables("holiday"):
        words, first, last = Words(table.text("zh"), table.text("en")), table.day("first"), table.day("last")
        table.end()
        if not first <= last < first + _LONGEST_HOLIDAY * _DAY or first.year != year or last.year != year:
            table.fail("not a span of at most ten days within the year")
        days = [first + n * _DAY for n in range((last - first).days + 1)]
        if any(day in free for day in days):
            table.fail("overlaps another holiday")
        free |= dict.fromkeys(days, words)
    top.end()
    if not free:
        top.fail("a year without holidays")
    if any(day.year != year or day.weekday() < 5 or day in free for day in worked):
        top.fail("worked: Saturdays and Sundays of the year that are no holidays expected")
    return Year(year, source, mark, free, frozenset(worked))


@cache
def years() -> Mapping[int, Year]:
    """Every year that is shipped."""
    found = [parse_year(data, name) for name, data in shipped("holidays")]
    return {year.year: year for year in found}


def is_working_day(day: dt.date) -> bool:
    """Whether government offices work on that day; LawError for a year whose holidays are not shipped."""
    year = years().get(day.year)
    if year is None:
        raise LawError(f"holidays: the year {day.year} is not shipped, and working days are not guessed")
    return day in year.worked or (day.weekday() < 5 and day not in year.free)


def civil_day(ms: int) -> dt.date:
    """The civil day in China at a time in milliseconds since 1970 (UTC)."""
    return dt.datetime.fromtimestamp(ms // 1000, SHANGHAI).date()


def start_of(day: dt.date) -> int:
    """The millisecond at which a civil day in China begins."""
    return int(dt.datetime.combine(day, dt.time(), SHANGHAI).timestamp()) * 1000
