"""What reviewers decided, laid over the evidence: pairs that belong together, and pairs that belong apart.

A decided pair outweighs whatever the keys say; apart outweighs together, so that no chain of "same" can carry a record
into a cluster from which somebody took it. It decides nothing itself and knows no reviewer.

May touch: nothing
Sees:      record numbers, weights
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.matching.clusters import Evidence

Ints = NDArray[np.int64]

TOGETHER: Final = 1e6
APART: Final = -1e9
"""Weights beyond all that evidence can add up to, in log2 odds."""


@dataclass(frozen=True, slots=True)
class Ties:
    """Records a ≠ b, int64[t], and whether the two are one child, bool[t]."""

    a: Ints
    b: Ints
    same: NDArray[np.bool_]


def tied(evidence: Evidence, ties: Ties) -> Evidence:
    """The evidence with the decided pairs in place of what it said about them; sorted by (a, b) as before."""
    if not len(ties.a):
        return evidence
    low, high = np.minimum(ties.a, ties.b), np.maximum(ties.a, ties.b)
    code = low * evidence.records + high
    free = ~np.isin(evidence.a * evidence.records + evidence.b, code)
    a, b = np.concatenate([evidence.a[free], low]), np.concatenate([evidence.b[free], high])
    weight = np.concatenate([evidence.weight[free], np.where(ties.same, TOGETHER, APART)])
    order = np.lexsort((b, a))
    return replace(evidence, a=a[order], b=b[order], weight=weight[order])
