"""Tails and quantiles of a few distributions, from scipy's special functions alone.

`scipy.stats` says the same and costs a process 40 MB and two seconds; the tests hold both equal.

May touch: nothing
Sees:      counts
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc, chdtri, gammaln, ndtri


def normal_quantile_above(tail: float) -> float:
    """The z above which a standard normal value lies with probability `tail`."""
    return float(-ndtri(tail))


def binomial_at_least(count: int, trials: int, chance: float) -> float:
    """P(at least `count` of `trials`)."""
    if count <= 0 or count > trials:
        return float(count <= 0)
    return float(bdtrc(count - 1, trials, chance))


def chi_square_quantile(below: float, freedom: float) -> float:
    """The value below which a chi-square value of that freedom lies with probability `below`."""
    return float(chdtri(freedom, 1 - below))


def hypergeometric_tails(total: int, good: int, drawn: int, found: int) -> tuple[float, float]:
    """(P(at most `found`), P(at least `found`)) of good ones among `drawn` out of `total`, `good` of them good."""
    counts = np.arange(max(0, drawn - (total - good)), min(good, drawn) + 1, dtype=np.float64)
    logs = _choose(good, counts) + _choose(total - good, drawn - counts) - _choose(total, np.array(float(drawn)))
    chances = np.exp(logs)
    return min(1.0, float(chances[counts <= found].sum())), min(1.0, float(chances[counts >= found].sum()))


def _choose(of: int, these: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of the binomial coefficient."""
    found: NDArray[np.float64] = gammaln(of + 1) - gammaln(these + 1) - gammaln(of - these + 1)
    return found
