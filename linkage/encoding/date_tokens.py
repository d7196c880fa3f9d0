"""Dates of birth → tokens of the CLK scheme: the parts of a date and pairs of parts, for both schemas.

`date_tokens` takes one date and is the meaning; `date_table` takes all distinct dates of a column and must give the
same tokens. Neither reads text (`normalise/dates.py`).

Letters: Y year, B two neighbouring years, M month, D day, YM MD YD pairs, X the year with month and day in rising order
(so that a swap of both still meets).

May touch: nothing
Sees:      dates of birth
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.encoding.normalise.dates import Dob, lunar_to_solar
from linkage.encoding.qgrams import TokenTable, numbered

_ABSENT: Final = -1
_RADIX: Final = 32  # above any month or day


def date_tokens(dob: Dob | None, *, lunar: bool) -> list[str]:
    """Tokens of one date, none for None. `lunar`: add the day that it would be if it were a lunar date.

    1 January stands for an unknown day in many systems, so it says the year alone.
    """
    if dob is None:
        return []
    out = [f"Y:{dob.year}", f"B:{dob.year - 1}-{dob.year}", f"B:{dob.year}-{dob.year + 1}"]
    if dob.default_day or dob.month is None:
        return out
    out += [f"M:{dob.month}", f"YM:{dob.year}-{dob.month}"]
    if dob.day is None:
        return out
    low, high = sorted((dob.month, dob.day))
    out += [f"D:{dob.day}", f"MD:{dob.month}-{dob.day}", f"YD:{dob.year}-{dob.day}", f"X:{dob.year}-{low}-{high}"]
    solar = lunar_to_solar(dob) if lunar else None
    return out if solar is None else [*out, f"MD:{solar.month}-{solar.day}"]


def date_table(dobs: Sequence[Dob | None], *, lunar: bool) -> TokenTable:
    """`date_tokens` of every date, in the same order; the vocabulary may name a token twice."""
    if not dobs:
        return TokenTable.of([])
    parts = np.array([_parts(dob, lunar) for dob in dobs], dtype=np.int64)
    columns: list[NDArray[np.int64]] = []
    vocabulary: list[str] = []
    for keys, spell in _features(parts.T):
        present = keys >= 0
        distinct, numbers = numbered(keys[present], int(keys.max()) + 1)
        column = np.full(len(keys), _ABSENT, dtype=np.int64)
        column[present] = numbers + len(vocabulary)
        columns.append(column)
        vocabulary += map(spell, distinct.tolist())
    grid = np.stack(columns, axis=1)
    ends = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum((grid >= 0).sum(axis=1))))
    return TokenTable(ends, grid[grid >= 0].astype(np.int32), vocabulary)


def _parts(dob: Dob | None, lunar: bool) -> tuple[int, int, int, int, int]:
    """Year, month, day, and month and day of the lunar reading; −1 where there is none."""
    if dob is None:
        return (_ABSENT,) * 5
    if dob.default_day or dob.month is None:
        return (dob.year, _ABSENT, _ABSENT, _ABSENT, _ABSENT)
    if dob.day is None:
        return (dob.year, dob.month, _ABSENT, _ABSENT, _ABSENT)
    solar = lunar_to_solar(dob) if lunar else None
    if solar is None or solar.month is None or solar.day is None:
        return (dob.year, dob.month, dob.day, _ABSENT, _ABSENT)
    return (dob.year, dob.month, dob.day, solar.month, solar.day)


def _features(parts: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], Callable[[int], str]]]:
    """Each kind of token as numbers (−1: none) and the spelling of such a number, in the order of `date_tokens`."""
    year, month, day, solar_month, solar_day = parts
    low, high = np.minimum(month, day), np.maximum(month, day)
    yield year, lambda key: f"Y:{key}"
    yield year, lambda key: f"B:{key - 1}-{key}"
    yield year, lambda key: f"B:{key}-{key + 1}"
    yield month, lambda key: f"M:{key}"
    yield _joined(year, month), lambda key: f"YM:{key // _RADIX}-{key % _RADIX}"
    yield day, lambda key: f"D:{key}"
    yield _joined(month, day), lambda key: f"MD:{key // _RADIX}-{key % _RADIX}"
    yield _joined(year, day), lambda key: f"YD:{key // _RADIX}-{key % _RADIX}"
    yield (
        _joined(_joined(year, low), high),
        lambda key: f"X:{key // _RADIX**2}-{key // _RADIX % _RADIX}-{key % _RADIX}",
    )
    yield _joined(solar_month, solar_day), lambda key: f"MD:{key // _RADIX}-{key % _RADIX}"


def _joined(major: NDArray[np.int64], minor: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where((major >= 0) & (minor >= 0), major * _RADIX + minor, _ABSENT)
