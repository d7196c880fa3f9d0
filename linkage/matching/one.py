"""One fresh record against standing ones: the last job's model weighs each pair, clusters are judged as a job would.

1. A pair's pattern (levels, visible bits, the two agencies) gets the match weight that the job's model gives it.
2. A cluster's evidence is the sum over all its records; one without a common key counts as in a job.
3. The record belongs to the cluster with the most evidence, if that is above zero; if there is none, its likeliest pair
   may still be one that a person would have to look at.
For a pair of agencies that the job never saw together, all pairs of agencies are taken as one.

May touch: nothing
Sees:      levels, weights, numbers of clusters
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.matching.agreement import Observable
from linkage.matching.decide import APART_NAMED, APART_NAMELESS, thresholds
from linkage.matching.em import Model, is_match
from linkage.matching.weights import Floats, weight_of

Ints = NDArray[np.int64]

KINDS: Final = 4
"""Combinations of visible bits that both records have."""


@dataclass(frozen=True)
class Weigher:
    """The model of a job, ready for single patterns. `observables` by visible bits; `sources` is how many agencies."""

    model: Model
    possible: Floats
    observables: Sequence[Observable]
    sources: int
    _known: dict[tuple[int, ...], float] = field(default_factory=dict)

    def weights(self, levels: NDArray[np.int16], cells: Ints) -> Floats:
        """Match weight (log2 odds) of every pattern: levels int16[p, comparisons], cells int64[p]."""
        found = np.empty(len(cells))
        for at, (row, cell) in enumerate(zip(levels.tolist(), cells.tolist(), strict=True)):
            key = (cell, *row)
            if key not in self._known:
                self._known[key] = self._weight(np.array(row), cell)
            found[at] = self._known[key]
        return found

    def cells(self, source: int | None, others: Ints, flags: Ints) -> Ints:
        """Cells of pairs with records of these agencies; −1 − flags where the job saw no such pair."""
        if source is None:
            return -1 - flags
        low, high = np.minimum(source, others), np.maximum(source, others)
        cells = (low * self.sources + high) * KINDS + flags
        matches = self.model.shares[self.model.matching][:, cells].sum(axis=0)
        return np.where((self.possible[cells] > 0) & (matches > 0), cells, -1 - flags)

    def _weight(self, levels: Ints, cell: int) -> float:
        kind = cell % KINDS if cell >= 0 else -1 - cell
        each = self.observables[kind]
        states = each.true[each.shows & (each.seen == levels).all(axis=1)].astype(np.int64)
        states = states if len(states) else levels[None, :]
        if cell >= 0:
            stratum, shares, possible = cell // KINDS, self.model.shares[:, cell], float(self.possible[cell])
        else:
            stratum = None
            shares = self.model.shares[:, kind::KINDS].sum(axis=1)
            possible = float(self.possible[kind::KINDS].sum())
        match = other = 0.0
        for number, name in enumerate(self.model.classes):
            expected = float(shares[number]) * self._likelihood(number, stratum, states)
            match, other = (match + expected, other) if is_match(name) else (match, other + expected)
        random = _product(list(self.model.u), states)
        other += self.model.scale * possible * random
        return float(weight_of(np.array([match]), np.array([other]))[0])

    def _likelihood(self, pair_class: int, stratum: int | None, states: Ints) -> float:
        tables = self.model.levels[pair_class]
        if stratum is None:
            return _product([self.model.mean_levels(pair_class, each) for each in range(len(tables))], states)
        return _product([table[stratum if len(table) > 1 else 0] for table in tables], states)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The likeliest cluster and pair. `is_match`: the record belongs to it; `is_unsure`: a person would have to look.

    `weight` is the evidence for it in log2 odds.
    """

    cluster: int
    is_match: bool
    is_unsure: bool
    weight: float


def judge(
    weights: Floats, clusters: Ints, named: NDArray[np.bool_], is_named: bool, sizes: Mapping[int, tuple[int, int]]
) -> Verdict | None:
    """Steps 2 and 3 for candidates with these weights, clusters and names. None without a candidate.

    `is_named`: has the fresh record a name? `sizes`: records and records with a name of every cluster that occurs.
    """
    if not len(weights):
        return None
    best: tuple[float, int] | None = None
    for cluster in np.unique(clusters):
        mine = clusters == cluster
        records, with_name = sizes[int(cluster)]
        both = with_name - int(named[mine].sum()) if is_named else 0
        apart = records - int(mine.sum()) - both
        total = float(weights[mine].sum()) + both * APART_NAMED + apart * APART_NAMELESS
        best = max(best or (total, -int(cluster)), (total, -int(cluster)))
    assert best is not None
    if best[0] > 0:
        return Verdict(-best[1], True, False, best[0])
    at = int(np.argmax(weights))
    return Verdict(int(clusters[at]), False, bool(weights[at] >= thresholds().review), float(weights[at]))


def _product(tables: Sequence[Floats], states: Ints) -> float:
    """Sum over states of the product of their levels' probabilities; a missing level counts as one."""
    likelihood = np.ones(len(states))
    for column, table in enumerate(tables):
        level = states[:, column]
        likelihood *= np.where(level >= 0, table[np.maximum(level, 0)], 1.0)
    return float(likelihood.sum())
