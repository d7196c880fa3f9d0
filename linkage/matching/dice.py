"""Every pair of CLKs whose Dice coefficient reaches a threshold: the plain reference.

Compares each record with each other in plain NumPy and is the meaning against which `kernels.py` is tested; the two
must agree exactly, to the last pair and the last bit of every score. This module knows no keys, no fields and no
blocking, and it is slow: linkages of any size go through `kernels.py`.

Dice of filters x and y is 2·|x ∧ y| / (|x| + |y|), rounded once to float64, and a pair is kept when that float64 is at
least the threshold. An empty filter pairs with nothing, not even with another empty one.

May touch: nothing
Sees:      CLKs
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Filters = NDArray[np.uint64]
"""n filters of m bits, shape (n, m / 64); bit p is bit p mod 64 of word p div 64."""


class DicePairs(NamedTuple):
    """Pairs in canonical order: by row of the first file, then by row of the second."""

    rows_a: NDArray[np.int32]
    rows_b: NDArray[np.int32]
    score: NDArray[np.float64]


def dice_pairs_plain(a: Filters, b: Filters, threshold: float) -> DicePairs:
    """Pairs (i, j) of a row of `a` and a row of `b` with Dice ≥ `threshold`.

    `a` is uint64 (n, w), `b` uint64 (k, w), 0 < threshold ≤ 1; memory is one row against all. Raises ValueError.
    """
    check_filters(a, b)
    check_threshold(threshold)
    found = [_row_pairs(a[i], b, i, 0, threshold) for i in range(len(a))]
    return _joined(found)


def dice_pairs_within_plain(a: Filters, threshold: float) -> DicePairs:
    """Pairs (i, j), i < j, of two rows of `a` with Dice ≥ `threshold`; else as `dice_pairs_plain`."""
    check_filters(a, a)
    check_threshold(threshold)
    found = [_row_pairs(a[i], a[i + 1 :], i, i + 1, threshold) for i in range(len(a))]
    return _joined(found)


def popcounts(filters: Filters) -> NDArray[np.int64]:
    """Number of set bits of each filter. (n, w) → (n,)."""
    counts: NDArray[np.int64] = np.bitwise_count(filters).sum(axis=1, dtype=np.int64)
    return counts


def dice_scores(common: NDArray[np.int64], total: NDArray[np.int64]) -> NDArray[np.float64]:
    """Dice from |x ∧ y| and |x| + |y|, both of one shape; 0 where both filters are empty."""
    scores = np.zeros(common.shape, dtype=np.float64)
    np.divide(2.0 * common, total, out=scores, where=total > 0)
    return scores


def check_filters(a: Filters, b: Filters) -> None:
    """Raise ValueError unless `a` and `b` are uint64 matrices of one width with at most 2³¹−1 rows."""
    for filters in (a, b):
        if filters.ndim != 2 or filters.dtype != np.uint64:
            raise ValueError("filters are a uint64 matrix, one row per record")
        if len(filters) > np.iinfo(np.int32).max:
            raise ValueError("more records than an int32 row number can name")
    if a.shape[1] != b.shape[1]:
        raise ValueError("both files need filters of the same length")


def check_threshold(threshold: float) -> None:
    """Raise ValueError unless 0 < threshold ≤ 1; zero would ask for every pair there is."""
    if not 0.0 < threshold <= 1.0:
        raise ValueError("a Dice threshold is above 0 and at most 1")


def _row_pairs(row: NDArray[np.uint64], others: Filters, index: int, first: int, threshold: float) -> DicePairs:
    common = popcounts(row & others)
    score = dice_scores(common, popcounts(row[None, :])[0] + popcounts(others))
    hits = np.flatnonzero(score >= threshold)
    rows_b = (hits + first).astype(np.int32)
    return DicePairs(np.full(len(hits), index, dtype=np.int32), rows_b, score[hits])


def _joined(found: list[DicePairs]) -> DicePairs:
    none = DicePairs(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float64))
    parts = [none, *found]
    return DicePairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))
