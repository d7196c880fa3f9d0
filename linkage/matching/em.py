"""Fellegi–Sunter without labels: a mixture of match, twin, sibling and random pairs, fitted by EM on pattern counts.

Each candidate pair has a pattern: one level per comparison. Given its class, comparisons are taken as independent. The
random class is not fitted: its expected count of a pattern is (pairs of records) · Π u, an intensity, so that no
constant is needed for "shares at least one key" (match-keys.md section 4). The other classes follow the schema's
priors; a missing level contributes nothing for or against. Match shares are fitted per *cell* (two sources and their
visible bits), match levels per pair of sources, each drawn towards the file-wide estimate.

This module sees counts of patterns only: no record, no key, no name.
Spec: Fellegi & Sunter 1969; Dempster, Laird & Rubin 1977; match-keys.md section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.matching.weights import Floats, weight_of
from linkage.schema import Comparison, LevelPrior, PairClass

Ints = NDArray[np.int64]

STRATUM_STRENGTH = 100.0  # pseudo-pairs that draw a pair of sources towards the file-wide match levels
CELL_STRENGTH = 30.0  # pseudo-pairs that draw a cell's class shares towards the file-wide ones


@dataclass(frozen=True, slots=True)
class Patterns:
    """Distinct patterns with their counts.

    `levels` int[k, comparisons] (−1 missing); `cell` int[k] and `count` float[k]; `stratum` int[cells] names the pair
    of sources of each cell; `possible` float[cells] is the number of record pairs that could fall into the cell.
    """

    levels: Ints
    cell: Ints
    count: Floats
    stratum: Ints
    possible: Floats


@dataclass(frozen=True, slots=True)
class Model:
    """Fitted parameters. `levels[class][comparison]` float[strata, outcomes]; `shares` float[classes, cells] expected
    pairs; `u` per comparison. Class 0 is the match class."""

    classes: tuple[str, ...]
    levels: tuple[tuple[Floats, ...], ...]
    shares: Floats
    u: tuple[Floats, ...]
    rounds: int
    converged: bool

    def intensities(self, patterns: Patterns) -> Floats:
        """Expected number of pairs per class and pattern: float[classes + 1, k]; the last row is the random class."""
        stratum = patterns.stratum[patterns.cell]
        rows = [
            share[patterns.cell] * _likelihood(levels, patterns.levels, stratum)
            for share, levels in zip(self.shares, self.levels, strict=True)
        ]
        random = patterns.possible[patterns.cell] * _likelihood(
            [u[None, :] for u in self.u], patterns.levels, np.zeros_like(stratum)
        )
        return np.vstack([*rows, random])

    def weights(self, patterns: Patterns) -> Floats:
        """Match weight (log2 odds of match against all other classes) of every pattern."""
        expected = self.intensities(patterns)
        return weight_of(expected[0], expected[1:].sum(axis=0))


def fit(
    patterns: Patterns,
    comparisons: Sequence[Comparison],
    classes: Sequence[PairClass],
    u: Sequence[Floats],
    *,
    max_rounds: int = 200,
    tolerance: float = 1e-6,
) -> Model:
    """Run EM until the shares move by less than `tolerance` of the candidate pairs, or `max_rounds`."""
    ordered = sorted(classes, key=lambda pair_class: pair_class.name != "match")
    total = max(float(patterns.count.sum()), 1.0)
    model = _start(patterns, comparisons, ordered, u)
    for step in range(1, max_rounds + 1):
        expected = model.intensities(patterns)
        posterior = expected / np.maximum(expected.sum(axis=0), np.finfo(np.float64).tiny)
        updated = _maximise(patterns, comparisons, ordered, posterior * patterns.count, model, step)
        moved = float(np.abs(updated.shares.sum(axis=1) - model.shares.sum(axis=1)).sum()) / total
        model = updated
        if moved < tolerance and step > 5:
            return Model(model.classes, model.levels, model.shares, model.u, step, True)
    return model


def _start(
    patterns: Patterns, comparisons: Sequence[Comparison], classes: list[PairClass], u: Sequence[Floats]
) -> Model:
    strata = int(patterns.stratum.max(initial=0)) + 1
    observed = np.bincount(patterns.cell, patterns.count, minlength=len(patterns.stratum))
    match = tuple(np.tile(classes[0].priors[c.name].weights, (strata, 1)) for c in comparisons)
    levels = tuple(
        tuple(_from_prior(k.priors[c.name], m, v, strata) for c, m, v in zip(comparisons, match, u, strict=True))
        for k in classes
    )
    shares = np.array([k.share * observed for k in classes])
    return Model(tuple(k.name for k in classes), levels, shares, tuple(u), 0, False)


def _from_prior(prior: LevelPrior, match: Floats, random: Floats, strata: int) -> Floats:
    if prior.mode == "match":
        return match
    if prior.mode == "random":
        return np.tile(random / random.sum(), (strata, 1))
    return np.tile(np.array(prior.weights), (strata, 1))


def _maximise(
    patterns: Patterns,
    comparisons: Sequence[Comparison],
    classes: list[PairClass],
    expected: Floats,
    model: Model,
    step: int,
) -> Model:
    strata = len(model.levels[0][0])
    stratum = patterns.stratum[patterns.cell]
    match: list[Floats] = []
    for column, comparison in enumerate(comparisons):
        prior = classes[0].priors[comparison.name]
        sharing = [0, *(i for i, k in enumerate(classes) if k.priors[comparison.name].mode == "match")]
        counts = _tally(expected[sharing].sum(axis=0), patterns.levels[:, column], stratum, strata, comparison.size)
        match.append(_shrunk(counts, prior))
    levels = []
    for number, pair_class in enumerate(classes):
        row: list[Floats] = []
        for column, comparison in enumerate(comparisons):
            prior = pair_class.priors[comparison.name]
            if number == 0 or prior.mode == "match":
                row.append(match[column])
            elif prior.mode == "prior":
                counts = _tally(expected[number], patterns.levels[:, column], stratum, strata, comparison.size)
                row.append(np.tile(_pooled(counts, prior), (strata, 1)))
            else:
                row.append(model.levels[number][column])
        levels.append(tuple(row))
    shares = _cell_shares(patterns, expected[: len(classes)], expected.sum(axis=0))
    return Model(model.classes, tuple(levels), shares, model.u, step, False)


def _tally(weight: Floats, level: Ints, stratum: Ints, strata: int, size: int) -> Floats:
    seen = level >= 0
    index = stratum[seen] * size + level[seen]
    counts: Floats = np.bincount(index, weight[seen], minlength=strata * size).astype(np.float64)
    return counts.reshape(strata, size)


def _pooled(counts: Floats, prior: LevelPrior) -> Floats:
    mean = counts.sum(axis=0) + prior.strength * np.array(prior.weights)
    return np.asarray(mean / mean.sum())


def _shrunk(counts: Floats, prior: LevelPrior) -> Floats:
    towards = _pooled(counts, prior)
    drawn = counts + STRATUM_STRENGTH * towards
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))


def _cell_shares(patterns: Patterns, expected: Floats, totals: Floats) -> Floats:
    """Expected pairs per class and cell, a thin cell being drawn towards the file-wide proportions."""
    cells = len(patterns.stratum)
    per_cell = np.array([np.bincount(patterns.cell, row, minlength=cells) for row in expected])
    observed = np.bincount(patterns.cell, totals, minlength=cells)
    overall = expected.sum(axis=1) / max(float(totals.sum()), 1.0)
    drawn = (per_cell + CELL_STRENGTH * overall[:, None]) / (observed + CELL_STRENGTH)
    return np.asarray(drawn * observed)


def _likelihood(levels: Sequence[Floats], observed: Ints, stratum: Ints) -> Floats:
    product = np.ones(len(observed))
    for column, table in enumerate(levels):
        level = observed[:, column]
        value = table[stratum, np.maximum(level, 0)]
        product *= np.where(level >= 0, value, 1.0)
    return product
