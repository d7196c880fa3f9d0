"""Mistakes in a date of birth, one function per kind, on (year, month, day) numbers; 0 stands for an unwritten part.

Every result is a calendar date or a partial one; how it is written is the agency's habit.
"""

from bisect import bisect_right
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Final

import numpy as np
from lunar_python import LunarYear

from linkage.synthetic.strata import Stratum

Ymd = tuple[int, int, int]


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def swapped_date(born: Ymd, rng: np.random.Generator) -> Ymd:
    """Day and month exchanged, where that gives a date."""
    year, month, day = born
    return (year, day, month) if day <= 12 else born


def wrong_digit_date(born: Ymd, rng: np.random.Generator) -> Ymd:
    """One digit of the eight mistyped, the century aside."""
    for _ in range(8):
        digits = f"{born[0]:04d}{born[1]:02d}{born[2]:02d}"
        place = 2 + int(rng.random() * 6)
        digits = digits[:place] + str(int(rng.random() * 10)) + digits[place + 1 :]
        written = (int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        if written != born and _is_date(*written):
            return written
    return born


def off_by_one_date(born: Ymd, rng: np.random.Generator) -> Ymd:
    """The day, the month or the year one too high or too low."""
    year, month, day = born
    step = 1 if rng.random() < 0.5 else -1
    part = rng.random()
    if part < 0.5:
        moved = date(year, month, day) + timedelta(days=step)
        return moved.year, moved.month, moved.day
    written = (year + step, month, day) if part < 0.75 else (year, (month - 1 + step) % 12 + 1, day)
    return written if _is_date(*written) else born


@cache
def _lunar_months() -> list[tuple[int, int, int]]:
    """(ordinal of the first day, lunar year, month) of every lunar month around the children's births, in order."""
    months: set[tuple[int, int, int]] = set()
    for year in range(2004, 2026):
        for month in LunarYear.fromYear(year).getMonths():
            # The Julian day of noon on the proleptic ordinal n is n + 1721425 (wrong by one = every lunar date wrong).
            ordinal = int(month.getFirstJulianDay()) - 1721425
            months.add((ordinal, int(month.getYear()), abs(int(month.getMonth()))))
    return sorted(months)


def _lunar(year: int, month: int, day: int) -> Ymd:
    ordinal = date(year, month, day).toordinal()
    months = _lunar_months()
    start, lunar_year, lunar_month = months[bisect_right(months, (ordinal, 9999, 99)) - 1]
    return lunar_year, lunar_month, ordinal - start + 1


def lunar_date(born: Ymd, rng: np.random.Generator) -> Ymd:
    """The birthday of the lunar calendar entered as if it were solar; mostly with the solar year."""
    year, month, day = _lunar(*born)
    written = (year if rng.random() < 0.6 else born[0], month, day)
    return written if _is_date(*written) else born


def month_only(born: Ymd, rng: np.random.Generator) -> Ymd:
    """The day was not asked."""
    return born[0], born[1], 0


def first_of_year(born: Ymd, rng: np.random.Generator) -> Ymd:
    """Only the year was known; the form wanted a date."""
    return born[0], 1, 1


def estimated(born: Ymd, rng: np.random.Generator) -> Ymd:
    """The age of a found child, guessed within two years."""
    return born[0] + int(rng.integers(-2, 3)), 1, 1


KINDS: Final[dict[Stratum, Callable[[Ymd, np.random.Generator], Ymd]]] = {
    Stratum.SWAPPED_DATE: swapped_date,
    Stratum.WRONG_DIGIT_DATE: wrong_digit_date,
    Stratum.OFF_BY_ONE_DATE: off_by_one_date,
    Stratum.LUNAR_DATE: lunar_date,
    Stratum.MONTH_ONLY: month_only,
    Stratum.FIRST_OF_YEAR: first_of_year,
}
