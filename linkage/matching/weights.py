"""Probability, odds and match weight: the four lines of arithmetic that everything else must not repeat.

A match weight is log2 of the odds that a pair is a match (posterior); a partial weight is log2 of a Bayes factor.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def probability(weight: Floats) -> Floats:
    """Match probability of a match weight (log2 odds)."""
    return np.asarray(1.0 / (1.0 + np.exp2(-np.clip(weight, -500, 500))))


def weight_of(match: Floats, other: Floats) -> Floats:
    """log2(match / other), finite: both arguments are intensities (expected numbers of pairs)."""
    tiny = np.finfo(np.float64).tiny
    return np.asarray(np.log2(np.maximum(match, tiny)) - np.log2(np.maximum(other, tiny)))


def random_levels(collisions: list[float], kind: str) -> Floats:
    """u: distribution of a comparison's outcomes among random pairs, from P(two people agree) per level.

    For an ordered comparison a level holds what agrees there and not above (the best level wins); for a joint one the
    fields are taken as independent.
    """
    floor = 1e-12
    if kind == "joint":
        outcomes = np.ones(2 ** len(collisions))
        for bit, rate in enumerate(collisions):
            agrees = (np.arange(len(outcomes)) >> bit & 1).astype(bool)
            outcomes *= np.where(agrees, rate, 1.0 - rate)
        return np.maximum(outcomes, floor)
    reached = np.maximum.accumulate(np.array([*collisions, 1.0]))
    return np.maximum(np.diff(reached, prepend=0.0), floor)
