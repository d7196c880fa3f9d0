"""Lunar year, month, day → solar date, from a table of lunar years 1900 to 2100.

The table was made with lunar_python, and a test holds the two together; leap months are skipped over,
never meant.
"""

from datetime import date, timedelta
from typing import NamedTuple

from linkage.encoding.normalise.tables import read_table


class _Year(NamedTuple):
    start: date
    month_starts: tuple[int, ...]  # days from the start, ordinary months only
    month_lengths: tuple[int, ...]


def _load() -> dict[int, _Year]:
    return dict(_parse(line) for line in read_table("lunar.tsv"))


def _parse(line: str) -> tuple[int, _Year]:
    year, start, leap, sizes = line.split("\t")
    starts, lengths, day = [], [], 0
    for place, size in enumerate(sizes):
        length = 29 + int(size)
        if int(leap) == 0 or place != int(leap):  # the leap month follows the month it repeats
            starts.append(day)
            lengths.append(length)
        day += length
    return int(year), _Year(date.fromisoformat(start), tuple(starts), tuple(lengths))


_YEARS = _load()


def solar_date(year: int, month: int, day: int) -> date | None:
    """The solar date of a lunar one; None outside the table or when the month has no such day."""
    found = _YEARS.get(year)
    if found is None or not 1 <= month <= 12 or not 1 <= day <= found.month_lengths[month - 1]:
        return None
    return found.start + timedelta(days=found.month_starts[month - 1] + day - 1)
