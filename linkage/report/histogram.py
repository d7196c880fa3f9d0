"""Count match weights into bins of equal width, apart for links, review pairs and pairs left alone.

Which pair belongs to which outcome is decided elsewhere (clustering has a say, so a weight alone does not tell).

May touch: nothing
Sees:      match weights
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Outcome = Literal["link", "review", "no_link"]
OUTCOMES: tuple[Outcome, ...] = ("no_link", "review", "link")
"""In drawing order: links lie on top."""

MOST_BINS = 120


@dataclass(frozen=True, slots=True)
class HistogramBin:
    """`count` pairs of one outcome with left ≤ match weight < right (log2 odds)."""

    left: float
    right: float
    outcome: Outcome
    count: int


def weight_histogram(weights: Mapping[Outcome, npt.NDArray[np.float64]]) -> tuple[HistogramBin, ...]:
    """Bin the match weights of each outcome, float64[pairs] each; empty bins are left out.

    Bins start at multiples of their width (1, or the next power of two that needs at most `MOST_BINS`), so that a
    threshold at a whole weight is a border between two bars. A weight without bound counts into the outermost bin.
    """
    finite = [values[np.isfinite(values)] for values in weights.values()]
    every = np.concatenate([*finite, np.empty(0)])
    if not len(every):
        every = np.zeros(1)
    low, high = float(every.min()), float(every.max())
    width = 1.0
    while (high - low) / width >= MOST_BINS:
        width *= 2
    start = int(np.floor(low / width))
    last = int(np.floor(high / width)) - start
    bins = []
    for outcome in OUTCOMES:
        values = np.nan_to_num(weights.get(outcome, np.empty(0)), nan=low, posinf=high, neginf=low)
        counts = np.bincount(np.clip(np.floor(values / width).astype(np.int64) - start, 0, last))
        for number in np.flatnonzero(counts):
            left = (start + int(number)) * width
            bins.append(HistogramBin(left, left + width, outcome, int(counts[number])))
    return tuple(bins)
