"""CLK scheme: similar pairs and their levels, so that the mixture, the thresholds and the clusters serve both schemes.

A CLK carries no fields, only one similarity. Pairs from a floor upwards are found by the kernel and put into levels of
equal width. What chance alone would put there is read off the levels just above the floor, where chance rules, and
carried on upwards along a straight line in the logarithm: similarity of strangers falls at least as fast as that.
Twins and siblings cannot be told apart by this scheme.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.matching.dice import dice_scores, popcounts
from linkage.matching.kernels import dice_pairs_within
from linkage.matching.weights import Floats
from linkage.schema import Comparison, Level, LevelPrior, PairClass

Filters = NDArray[np.uint64]
Ints = NDArray[np.int64]

LEVELS: Final = 24
NEIGHBOURS: Final = 10.0  # pairs per record that the floor lets through
_SAMPLE: Final = 400
_CHANCE_LEVELS: Final = 8  # levels above the floor where chance rules


@dataclass(frozen=True, slots=True)
class SimilarPairs:
    """Records a < b, int64[p], their `level` int16[p] (0 = most alike) and the Dice value at which levels end."""

    a: Ints
    b: Ints
    level: NDArray[np.int16]
    edges: Floats  # LEVELS + 1 values, falling from 1 to the floor


def find_similar(filters: Filters, threads: int = 2) -> SimilarPairs:
    """All pairs of uint64[n, 16] filters from a floor upwards, the floor chosen so that about 10 a record come."""
    floor = similarity_floor(filters)
    pairs = dice_pairs_within(filters, floor, threads)
    edges = np.linspace(1.0, floor, LEVELS + 1)
    level = np.clip(((1.0 - pairs.score) / (1.0 - floor) * LEVELS).astype(np.int16), 0, LEVELS - 1)
    a, b = np.asarray(pairs.rows_a, dtype=np.int64), np.asarray(pairs.rows_b, dtype=np.int64)
    return SimilarPairs(a, b, level, edges)


def similarity_floor(filters: Filters) -> float:
    """Dice value that a record's tenth neighbour reaches on average, from an evenly spaced sample of records."""
    n = len(filters)
    if n < 3:
        return 0.5
    sizes = popcounts(filters)
    rows = np.unique(np.linspace(0, n - 1, min(_SAMPLE, n)).astype(np.int64))
    kept: list[Floats] = []
    most = int(min(2 * NEIGHBOURS, n - 1))
    for row in rows:
        common = np.bitwise_count(filters & filters[row]).sum(axis=1).astype(np.int64)
        score = dice_scores(common, sizes + sizes[row])
        score[row] = 0.0
        kept.append(np.sort(score)[-most:])
    every = np.sort(np.concatenate(kept))[::-1]
    place = min(int(NEIGHBOURS * len(rows)), len(every) - 1)
    return float(np.clip(every[place], 0.05, 0.99))


def comparison(edges: Floats) -> Comparison:
    """The one comparison of this scheme, its levels named by their Dice values."""
    levels = tuple(Level(f"Dice {low:.2f}–{high:.2f}", ()) for high, low in pairwise(edges))
    return Comparison("similarity", "ordered", levels, None)


def match_class() -> PairClass:
    """Prior of the match class: alike pairs are likelier matches; 20 pseudo-pairs."""
    weights = np.linspace(2.0, 0.2, LEVELS + 1)
    prior = LevelPrior("prior", tuple(float(w) for w in weights / weights.sum()), 20.0)
    return PairClass("match", 0.1, False, {"similarity": prior})


def chance(level: NDArray[np.int16], possible: float) -> Floats:
    """u per level: the count that chance would put there, as a share of the possible pairs; float[LEVELS + 1]."""
    count = np.bincount(level, minlength=LEVELS).astype(np.float64)
    lowest = np.arange(LEVELS - _CHANCE_LEVELS, LEVELS)
    slope, offset = np.polyfit(lowest, np.log(count[lowest] + 0.5), 1, w=np.sqrt(count[lowest] + 0.5))
    expected = np.minimum(np.exp(offset + max(slope, 0.0) * np.arange(LEVELS)), np.maximum(count, 0.01))
    expected[lowest] = count[lowest]
    shares = expected / max(possible, 1.0)
    return np.append(shares, max(1.0 - shares.sum(), 1e-12))
