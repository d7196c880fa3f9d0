"""Valid resident IDs after GB 11643: region, date of birth, sequence (parity = sex), check digit (MOD 11-2).

Gives distinct numbers for distinct people of one call; makes no invalid ones (mistakes are in `spoil_ids`).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS: Final = "10X98765432"
_SLOTS: Final = 499  # sequence numbers 002 to 999, two per slot: even for girls, odd for boys


def check_digit(body: str) -> str:
    """The eighteenth character for seventeen digits (GB 11643-1999, 6.1)."""
    return CHECK_DIGITS[sum(w * int(d) for w, d in zip(WEIGHTS, body, strict=True)) % 11]


def is_valid(number: str) -> bool:
    """Whether eighteen characters carry the right check digit; says nothing about region or date."""
    return len(number) == 18 and number[:17].isdigit() and check_digit(number[:17]) == number[17]


def issue(
    region: NDArray[np.object_],
    born: NDArray[np.datetime64],
    male: NDArray[np.bool_],
    twin_of_previous: NDArray[np.bool_],
    rng: np.random.Generator,
) -> NDArray[np.object_]:
    """One number per person. People of one region and day get distinct sequence numbers; a twin gets the next slot.

    At most 499 people per region and day (an ordinary county has a dozen).
    """
    _, codes = np.unique(region.astype("U6"), return_inverse=True)
    group = codes.astype(np.int64) * 100_000 + born.astype("datetime64[D]").astype(np.int64) + 20_000
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    sizes = np.diff(np.append(starts, len(order)))
    gap = max(1, min(7, _SLOTS // int(sizes.max(initial=1))))
    steps = np.where(twin_of_previous[order], 1, gap)
    walked = np.cumsum(steps) if len(steps) else steps
    base = np.repeat(walked[starts] - rng.integers(0, _SLOTS, len(starts)), sizes)
    slot = np.empty(len(order), dtype=np.int64)
    slot[order] = (walked - base) % _SLOTS
    return _write(region, born, 2 * (slot + 1) + male)


def _write(
    region: NDArray[np.object_], born: NDArray[np.datetime64], sequence: NDArray[np.int64]
) -> NDArray[np.object_]:
    date = written_days(born)
    body = region.astype("U6").astype(np.int64) * 10**11 + date * 1000 + sequence
    total = np.zeros(len(body), dtype=np.int64)
    rest = body.copy()
    for weight in reversed(WEIGHTS):
        total += weight * (rest % 10)
        rest //= 10
    check = np.asarray(list(CHECK_DIGITS), dtype=object)[total % 11]
    return np.asarray(body.astype("U17").astype(object) + check, dtype=object)


def written_days(born: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Dates as the number yyyymmdd."""
    days = born.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    year = days.astype("datetime64[Y]").astype(np.int64) + 1970
    return np.asarray(year * 10_000 + (months.astype(np.int64) % 12 + 1) * 100 + (days - months).astype(np.int64) + 1)
