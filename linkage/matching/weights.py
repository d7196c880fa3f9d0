"""Probability, odds and match weight: the four lines of arithmetic that everything else must not repeat.

A match weight is log2 of the odds that a pair is a match (posterior); a partial weight is log2 of a Bayes factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FLOOR: Final = 1e-12  # a probability that is never quite zero


def probability(weight: Floats) -> Floats:
    """Match probability of a match weight (log2 odds)."""
    return np.asarray(1.0 / (1.0 + np.exp2(-np.clip(weight, -500, 500))))


def weight_of(match: Floats, other: Floats) -> Floats:
    """log2(match / other), finite: both arguments are intensities (expected numbers of pairs)."""
    tiny = np.finfo(np.float64).tiny
    return np.asarray(np.log2(np.maximum(match, tiny)) - np.log2(np.maximum(other, tiny)))


def random_levels(rates: Sequence[float], above: Sequence[Sequence[int]]) -> Floats:
    """u of an ordered comparison: distribution of its outcomes among random pairs, the last being no agreement.

    `rates[l]` is P(two people agree on level l's tags) and `above[l]` names the better levels that imply it: what
    agrees there agrees here too and is taken off, down to a fifth, since published rates are rounded.
    """
    u: list[float] = []
    for level, rate in enumerate(rates):
        u.append(max(rate - sum(u[better] for better in above[level]), 0.2 * rate, FLOOR))
    return np.array([*u, max(1.0 - sum(u), FLOOR)])


def random_subsets(rates: Sequence[float]) -> Floats:
    """u of a joint comparison: every subset of its fields may agree, independently of the others."""
    outcomes = np.ones(2 ** len(rates))
    for bit, rate in enumerate(rates):
        agrees = (np.arange(len(outcomes)) >> bit & 1).astype(bool)
        outcomes *= np.where(agrees, rate, 1.0 - rate)
    return np.maximum(outcomes, FLOOR)
