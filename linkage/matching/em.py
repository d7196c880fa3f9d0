"""Fellegi–Sunter without labels: a mixture of match, twin, sibling and random pairs, fitted by EM on pattern counts.

Each candidate pair shows a pattern: one level per comparison. Keys do not show every agreement, so a pattern may come
from several *states*, combinations of true levels; given its class, a pair's true levels are independent, and the
probability of a pattern is the sum over its states. The random class is not fitted: its expected count of a pattern is
(pairs of records) · Π u, an intensity (match-keys.md section 4). The other classes follow the schema's priors; a
missing level counts neither for nor against. Shares are fitted per *cell* (two sources and their visible bits), match
levels per pair of sources (*stratum*), each drawn towards the file-wide estimate.

Matches may have several classes, careful clerks' and careless ones', because errors come together. What sets twins and
siblings apart is learned only from pairs that lack no visible field: without an ID their classes would take over badly
written matches.

This module sees counts of patterns only: no record, no key, no name.
Spec: Fellegi & Sunter 1969; Dempster, Laird & Rubin 1977; match-keys.md section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from linkage.matching.agreement import Observable
from linkage.matching.weights import Floats, weight_of
from linkage.schema import Comparison, LevelPrior, PairClass

Ints = NDArray[np.int64]

STRATUM_STRENGTH = 100.0  # pseudo-pairs that draw a pair of sources towards the file-wide match levels
CELL_STRENGTH = 30.0  # pseudo-pairs that draw a cell's class shares towards the file-wide ones
SCALE_STRENGTH = 10.0  # pseudo-pairs that draw the number of random pairs towards what u foretells
SHOWN_FLOOR = 1e-4  # below it, a class is too seldom seen for its size to be told
_TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, slots=True)
class Patterns:
    """Distinct patterns with their counts.

    `levels` int[k, comparisons] (−1 missing), `cell` int[k], `count` float[k]; `stratum` int[cells] names the pair of
    sources of each cell and `possible` float[cells] the record pairs that could fall into it. `states`: the true level
    combinations int[s, comparisons] behind the patterns, state i belonging to pattern `of[i]` (sorted).
    """

    levels: Ints
    cell: Ints
    count: Floats
    stratum: Ints
    possible: Floats
    states: Ints = field(repr=False)
    of: Ints = field(repr=False)
    shown: tuple[Ints, ...] = field(default=(), repr=False)  # per kind of cell, the states that any key shows


@dataclass(frozen=True, slots=True)
class Model:
    """Fitted parameters. `levels[class][comparison]` float[strata, outcomes]; `shares` float[classes, cells] expected
    pairs; `u` per comparison. Class 0 is the match class. `scale` corrects the number of random pairs that u foretells
    to the number that the candidates can hold."""

    classes: tuple[str, ...]
    levels: tuple[tuple[Floats, ...], ...]
    shares: Floats
    u: tuple[Floats, ...]
    scale: float
    rounds: int
    converged: bool

    def mean_levels(self, pair_class: int, comparison: int) -> Floats:
        """Distribution of a comparison in one class, averaged over strata by their expected pairs: float[outcomes]."""
        table = self.levels[pair_class][comparison]
        cells = self.shares[pair_class].reshape(len(table), -1).sum(axis=1)
        return np.asarray(np.average(table, axis=0, weights=cells + 1e-12))

    @property
    def matching(self) -> list[int]:
        """Numbers of the classes whose pairs are one child."""
        return [number for number, name in enumerate(self.classes) if is_match(name)]

    def match_levels(self, comparison: int) -> Floats:
        """A comparison among all matches, careful and careless, by stratum: float[strata, outcomes]."""
        tables = np.stack([self.levels[number][comparison] for number in self.matching])
        return np.asarray((tables * self._match_pairs(tables.shape[1])[:, :, None]).sum(axis=0))

    def mean_match_levels(self, comparison: int) -> Floats:
        """The same, averaged over strata by their expected pairs: float[outcomes]."""
        strata = len(self.levels[0][comparison])
        pairs = self.shares[self.matching].reshape(len(self.matching), strata, -1).sum(axis=(0, 2))
        return np.asarray(np.average(self.match_levels(comparison), axis=0, weights=pairs + 1e-12))

    def _match_pairs(self, strata: int) -> Floats:
        """Share of each match class among a stratum's matches: float[match classes, strata]."""
        pairs = self.shares[self.matching].reshape(len(self.matching), strata, -1).sum(axis=2) + 1e-12
        return np.asarray(pairs / pairs.sum(axis=0))

    def intensities(self, patterns: Patterns) -> Floats:
        """Expected number of pairs per class and pattern: float[classes + 1, k]; the last row is the random class."""
        rows = [
            share[patterns.cell] * _sum_states(patterns, _state_likelihood(patterns, levels))
            for share, levels in zip(self.shares, self.levels, strict=True)
        ]
        random = _sum_states(patterns, _state_likelihood(patterns, [u[None, :] for u in self.u]))
        return np.vstack([*rows, self.scale * patterns.possible[patterns.cell] * random])

    def weights(self, patterns: Patterns) -> Floats:
        """Match weight (log2 odds of match against all other classes) of every pattern."""
        expected = self.intensities(patterns)
        match = np.array([*map(is_match, self.classes), False])
        return weight_of(expected[match].sum(axis=0), expected[~match].sum(axis=0))


def with_states(patterns: Patterns, observables: Sequence[Observable]) -> Patterns:
    """The patterns with every state that could show them; `observables` by visible bits (cell modulo their number).

    A pattern that no state explains (two values of one field may agree in different ways) is its own state.
    """
    kinds = len(observables)
    states: list[Ints] = []
    owners: list[Ints] = []
    for kind, each in enumerate(observables):
        rows = np.flatnonzero(patterns.cell % kinds == kind)
        seen = each.seen[each.shows].astype(np.int64)
        true = each.true[each.shows].astype(np.int64)
        merged = np.vstack((patterns.levels[rows], seen))
        code = np.unique(merged, axis=0, return_inverse=True)[1].reshape(-1)
        order = np.argsort(code[len(rows) :], kind="stable")
        ranked = code[len(rows) :][order]
        low = np.searchsorted(ranked, code[: len(rows)], "left")
        size = np.searchsorted(ranked, code[: len(rows)], "right") - low
        index = np.repeat(low - np.cumsum(size) + size, size) + np.arange(size.sum())
        states += [true[order[index]], patterns.levels[rows[size == 0]]]
        owners += [np.repeat(rows, size), rows[size == 0]]
    of = np.concatenate(owners)
    sort = np.argsort(of, kind="stable")
    return Patterns(
        patterns.levels, patterns.cell, patterns.count, patterns.stratum, patterns.possible,
        np.concatenate(states)[sort], of[sort],
        tuple(each.true[each.shows].astype(np.int64) for each in observables),
    )  # fmt: skip


def fit(
    patterns: Patterns,
    comparisons: Sequence[Comparison],
    classes: Sequence[PairClass],
    u: Sequence[Floats],
    *,
    max_rounds: int = 200,
    tolerance: float = 1e-5,
) -> Model:
    """Run EM until the shares move by less than `tolerance` of the candidate pairs, or `max_rounds`."""
    ordered = sorted(classes, key=lambda pair_class: pair_class.name != "match")
    total = max(float(patterns.count.sum()), 1.0)
    model = _start(patterns, comparisons, ordered, u)
    for step in range(1, max_rounds + 1):
        updated = _round(patterns, comparisons, ordered, model, step)
        moved = float(np.abs(updated.shares.sum(axis=1) - model.shares.sum(axis=1)).sum()) / total
        model = updated
        if moved < tolerance and step > 5:
            return Model(model.classes, model.levels, model.shares, model.u, model.scale, step, True)
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
    shares = np.array([_fixed_shares(patterns, k.share) if k.share_is_fixed else k.share * observed for k in classes])
    return Model(tuple(k.name for k in classes), levels, shares, tuple(u), 1.0, 0, False)


def _from_prior(prior: LevelPrior, match: Floats, random: Floats, strata: int) -> Floats:
    if prior.mode == "match":
        return match
    if prior.mode == "random":
        return np.tile(random / random.sum(), (strata, 1))
    return np.tile(np.array(prior.weights), (strata, 1))


def _round(
    patterns: Patterns, comparisons: Sequence[Comparison], classes: list[PairClass], model: Model, step: int
) -> Model:
    """One E-step (classes, then states within a class) and one M-step."""
    likelihood = [_state_likelihood(patterns, levels) for levels in model.levels]
    by_pattern = np.array([_sum_states(patterns, row) for row in likelihood])
    random = model.intensities(patterns)[-1]
    expected = model.shares[:, patterns.cell] * by_pattern
    per_pair = patterns.count / np.maximum(expected.sum(axis=0) + random, _TINY)
    counts = expected * per_pair
    scale = _random_scale(patterns, model, float((random * per_pair).sum()))
    by_state = [
        row * (count / np.maximum(total, _TINY))[patterns.of]
        for row, count, total in zip(likelihood, counts, by_pattern, strict=True)
    ]
    levels = _maximise(patterns, comparisons, classes, by_state, model)
    shares = _cell_shares(patterns, counts) / np.maximum(_share_shown(patterns, levels), SHOWN_FLOOR)
    fixed = np.array([pair_class.share_is_fixed for pair_class in classes])
    shares[fixed] = model.shares[fixed]
    return Model(model.classes, levels, shares, model.u, scale, step, False)


def _maximise(
    patterns: Patterns,
    comparisons: Sequence[Comparison],
    classes: list[PairClass],
    expected: list[Floats],
    model: Model,
) -> tuple[tuple[Floats, ...], ...]:
    strata = len(model.levels[0][0])
    stratum = patterns.stratum[patterns.cell][patterns.of]
    matching = [number for number, pair_class in enumerate(classes) if is_match(pair_class.name)]
    whole = (patterns.states >= 0).all(axis=1)
    weights = [
        row if is_match(pair_class.name) else row * whole for row, pair_class in zip(expected, classes, strict=True)
    ]
    columns: list[list[Floats]] = [[] for _ in classes]
    for column, comparison in enumerate(comparisons):
        level = patterns.states[:, column]
        counts = [_tally(weight, level, stratum, strata, comparison.size) for weight in weights]
        priors = [pair_class.priors[comparison.name] for pair_class in classes]
        tables = [
            _updated(count, prior, number == 0, model.levels[number][column])
            for number, (count, prior) in enumerate(zip(counts, priors, strict=True))
        ]
        pooled = _blend([tables[number] for number in matching], [counts[number] for number in matching])
        for number, prior in enumerate(priors):
            columns[number].append(pooled if prior.mode == "match" else tables[number])
    return tuple(tuple(row) for row in columns)


def is_match(pair_class: str) -> bool:
    """Whether pairs of a class are one child: "match", and "careless match" where a schema describes it."""
    return pair_class.endswith("match")


def _updated(counts: Floats, prior: LevelPrior, by_stratum: bool, before: Floats) -> Floats:
    """One class's table after a round; what is fixed, or follows the matches, stays as it was `before`."""
    if prior.mode != "prior":
        return before
    return _shrunk(counts, prior) if by_stratum else np.tile(_pooled(counts, prior), (len(counts), 1))


def _blend(tables: Sequence[Floats], counts: Sequence[Floats]) -> Floats:
    """Levels of all matches together: each class's table weighted by its pairs in the stratum."""
    pairs = [count.sum(axis=1, keepdims=True) + 1.0 for count in counts]
    total = sum(share * table for share, table in zip(pairs, tables, strict=True))
    return np.asarray(total / sum(pairs))


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


def _cell_shares(patterns: Patterns, counts: Floats) -> Floats:
    """Expected pairs per class and cell, a thin cell being drawn towards the file-wide proportions."""
    cells = len(patterns.stratum)
    per_cell = np.array([np.bincount(patterns.cell, row, minlength=cells) for row in counts])
    observed = np.bincount(patterns.cell, patterns.count, minlength=cells)
    overall = counts.sum(axis=1) / max(float(patterns.count.sum()), 1.0)
    drawn = (per_cell + CELL_STRENGTH * overall[:, None]) / (observed + CELL_STRENGTH)
    return np.asarray(drawn * observed)


def _random_scale(patterns: Patterns, model: Model, found: float) -> float:
    """Random pairs found among the candidates against those that u foretells, drawn towards one by pseudo-pairs.

    Without states (CLK scheme) u was counted on the candidates themselves and stands.
    """
    if not patterns.shown:
        return 1.0
    shown = _share_shown(patterns, [[u[None, :] for u in model.u]])[0]
    foretold = float((patterns.possible * shown).sum())
    return (found + SCALE_STRENGTH) / (foretold + SCALE_STRENGTH)


def _fixed_shares(patterns: Patterns, per_record: float) -> Floats:
    """So many pairs per record, spread over the cells like the pairs that are possible."""
    total = float(patterns.possible.sum())
    records = np.sqrt(2.0 * total)
    return np.asarray(per_record * records * patterns.possible / max(total, 1.0))


def _share_shown(patterns: Patterns, levels: Sequence[Sequence[Floats]]) -> Floats:
    """P(a pair of the class shares any key): float[classes, cells]. Siblings seldom do, so most are never seen."""
    shares = np.ones((len(levels), len(patterns.stratum)))
    kinds = len(patterns.shown)
    for number, tables in enumerate(levels):
        for kind, states in enumerate(patterns.shown):
            product = np.ones((len(tables[0]), len(states)))
            for column, table in enumerate(tables):
                level = states[:, column]
                product *= np.where(level >= 0, table[:, np.maximum(level, 0)], 1.0)
            cells = np.arange(kind, len(patterns.stratum), kinds)
            strata = patterns.stratum[cells] if len(product) > 1 else np.zeros_like(cells)
            shares[number, cells] = product.sum(axis=1)[strata]
    return shares


def _state_likelihood(patterns: Patterns, levels: Sequence[Floats]) -> Floats:
    """P(state | class) of every state, float[s]."""
    stratum = patterns.stratum[patterns.cell][patterns.of]
    likelihood = np.ones(len(patterns.of))
    for column, table in enumerate(levels):
        level = patterns.states[:, column]
        row = stratum if len(table) > 1 else np.zeros_like(stratum)
        likelihood *= np.where(level >= 0, table[row, np.maximum(level, 0)], 1.0)
    return likelihood


def _sum_states(patterns: Patterns, likelihood: Floats) -> Floats:
    return np.bincount(patterns.of, likelihood, minlength=len(patterns.count)).astype(np.float64)
