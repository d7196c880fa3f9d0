"""EM without labels: against the package recordlinkage on binary patterns, and on data whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import recordlinkage

from linkage.matching.em import Patterns, fit
from linkage.matching.weights import probability
from linkage.schema import Comparison, Level, LevelPrior, PairClass

FIELDS = ("a", "b", "c", "d")
COMPARISONS = [Comparison(f, "ordered", (Level("agrees", (f,)),), None) for f in FIELDS]


def binary_patterns(rows: np.ndarray) -> Patterns:
    """Patterns of one cell from 0/1 agreement rows (1 = agrees = level 0)."""
    distinct, count = np.unique(1 - rows, axis=0, return_counts=True)
    return Patterns(
        levels=distinct,
        cell=np.zeros(len(distinct), dtype=np.int64),
        count=count.astype(float),
        stratum=np.zeros(1, dtype=np.int64),
        possible=np.array([float(len(rows))]),
        states=distinct,
        of=np.arange(len(distinct)),
    )


def simulated(matches: int, others: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    m, u = np.array([0.95, 0.9, 0.85, 0.9]), np.array([0.02, 0.05, 0.1, 0.03])
    rows = np.vstack([rng.random((matches, 4)) < m, rng.random((others, 4)) < u]).astype(np.int64)
    return rows, np.arange(matches + others) < matches


def priors(strength: float, weights: tuple[float, float], mode: str = "prior") -> dict[str, LevelPrior]:
    return {f: LevelPrior(mode, weights, strength) for f in FIELDS}  # type: ignore[arg-type]


def test_agrees_with_recordlinkage_on_binary_patterns() -> None:
    """Our EM would estimate something else than the textbook's on the simplest case there is."""
    rows, _ = simulated(2000, 18000, seed=3)
    index = pd.MultiIndex.from_arrays([np.arange(len(rows)), np.arange(len(rows))])
    peer = recordlinkage.ECMClassifier(init="jaro", binarize=None, atol=1e-9)
    peer.fit(pd.DataFrame(rows, columns=list(FIELDS), index=index))
    classes = [
        PairClass("match", 0.1, False, priors(1e-3, (0.9, 0.1))),
        PairClass("other", 0.9, False, priors(1e-3, (0.1, 0.9))),
    ]
    nothing = [np.array([1e-9, 1e-9])] * 4  # the fixed random class is out of the way: both classes are fitted
    model = fit(binary_patterns(rows), COMPARISONS, classes, nothing, max_rounds=3000, tolerance=1e-10)
    m = np.array([model.levels[0][i][0, 0] for i in range(4)])
    u = np.array([model.levels[1][i][0, 0] for i in range(4)])
    peer_m = np.array([peer.m_probs[f][1] for f in FIELDS])
    peer_u = np.array([peer.u_probs[f][1] for f in FIELDS])
    assert np.allclose(m, peer_m, atol=0.01)
    assert np.allclose(u, peer_u, atol=0.01)
    assert abs(model.shares[0].sum() / len(rows) - peer.p) < 0.005


def test_probabilities_are_honest_on_independent_data() -> None:
    """Stated precision would not be the true one even where the model's assumptions hold."""
    rows, truth = simulated(3000, 30000, seed=5)
    patterns = binary_patterns(rows)
    u = [np.array([p, 1 - p]) for p in (0.02, 0.05, 0.1, 0.03)]
    model = fit(patterns, COMPARISONS, [PairClass("match", 0.05, False, priors(5, (0.8, 0.2)))], u)
    which = {tuple(levels): i for i, levels in enumerate(patterns.levels.tolist())}
    pattern = np.array([which[tuple(row)] for row in (1 - rows).tolist()])
    p = probability(model.weights(patterns)[pattern])
    linked = p >= 0.5
    assert abs(p[linked].mean() - truth[linked].mean()) < 0.01
    assert abs(model.shares[0].sum() - 3000) < 150


def test_a_pinned_class_does_not_move() -> None:
    """The sibling class would turn into a second match class (match-keys.md section 4, point 4)."""
    rows, _ = simulated(500, 5000, seed=7)
    classes = [
        PairClass("match", 0.1, False, priors(5, (0.9, 0.1))),
        PairClass("sibling", 0.1, False, priors(0, (0.3, 0.7), mode="fixed")),
    ]
    u = [np.array([0.05, 0.95])] * 4
    model = fit(binary_patterns(rows), COMPARISONS, classes, u)
    assert all(np.allclose(model.levels[1][i], (0.3, 0.7)) for i in range(4))


def test_careless_matches_are_matches() -> None:
    """A class made for badly written records would count as evidence against them."""
    rows, _ = simulated(2000, 20000, seed=9)
    rng = np.random.default_rng(9)
    careless = (rng.random((1000, 4)) < 0.5).astype(np.int64)
    patterns = binary_patterns(np.vstack([rows, careless]))
    u = [np.array([p, 1 - p]) for p in (0.02, 0.05, 0.1, 0.03)]
    match = PairClass("match", 0.05, False, priors(5, (0.9, 0.1)))
    second = PairClass("careless match", 0.05, False, priors(0, (0.5, 0.5), mode="fixed"))
    alone = fit(patterns, COMPARISONS, [match], u)
    both = fit(patterns, COMPARISONS, [match, second], u)
    half = patterns.levels.sum(axis=1) == 2
    assert (both.weights(patterns)[half] > alone.weights(patterns)[half]).all()
    assert abs(both.shares.sum() - 3000) < abs(alone.shares.sum() - 3000)


def test_what_follows_the_matches_follows_all_of_them() -> None:
    """A twin with a wrong date would pass for a careless match, since careful ones have no wrong dates."""
    rows, _ = simulated(2000, 20000, seed=11)
    classes = [
        PairClass("match", 0.05, False, priors(5, (0.9, 0.1))),
        PairClass("careless match", 0.05, False, priors(0, (0.5, 0.5), mode="fixed")),
        PairClass("twin", 0.01, False, priors(0, (), mode="match")),
    ]
    model = fit(binary_patterns(rows), COMPARISONS, classes, [np.array([0.05, 0.95])] * 4)
    careful, careless, twin = (model.levels[number][0][0, 0] for number in range(3))
    assert careless < twin < careful


def test_twins_are_learned_only_where_no_visible_field_is_missing() -> None:
    """Without an ID a class of twins would take over badly written matches and nothing would link."""
    rows, _ = simulated(2000, 8000, seed=13)
    whole = binary_patterns(rows)
    hidden = replace(whole, levels=whole.levels.copy(), states=whole.states.copy())
    hidden.levels[:, 3] = hidden.states[:, 3] = -1
    classes = [
        PairClass("match", 0.1, False, priors(5, (0.9, 0.1))),
        PairClass("twin", 0.1, False, priors(50, (0.6, 0.4))),
    ]
    u = [np.array([0.02, 0.98])] * 4
    learned, kept = fit(whole, COMPARISONS, classes, u), fit(hidden, COMPARISONS, classes, u)
    assert np.allclose(kept.levels[1][0], (0.6, 0.4))
    assert not np.allclose(learned.levels[1][0], (0.6, 0.4), atol=0.05)
