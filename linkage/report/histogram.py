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
    low, high = np.floor(every.min()), np.floor(every.max())
    width = 1
    while high - low >= MOST_BINS * width:
        width *= 2
    first = int(low) // width
    bins = []
    for outcome in OUTCOMES:
        values = np.nan_to_num(weights.get(outcome, np.empty(0)), nan=low, posinf=high, neginf=low)
        # Whole weights first: dividing by the width before rounding would lift a tiny negative weight to zero.
        counts = np.bincount(np.floor(values).astype(np.int64) // width - first)
        for number in np.flatnonzero(counts):
            left = float((first + int(number)) * width)
            bins.append(HistogramBin(left, left + width, outcome, int(counts[number])))
    return tuple(bins)
