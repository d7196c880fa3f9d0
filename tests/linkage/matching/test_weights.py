"""The arithmetic of weights, and u from published collision rates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.matching.weights import probability, random_levels, random_subsets, weight_of


@given(st.floats(-40, 40))
def test_weight_and_probability_are_inverse(weight: float) -> None:
    """A stated probability would not be that of the stated weight."""
    p = probability(np.array([weight]))
    assert weight_of(p, 1 - p)[0] == pytest.approx(weight, abs=1e-3) or p[0] in (0.0, 1.0)


@given(st.lists(st.floats(1e-9, 0.05), min_size=1, max_size=7))
def test_u_is_a_distribution(rates: list[float]) -> None:
    """u would not sum to one, so that random pairs would be over- or undercounted."""
    nested = [list(range(level)) for level in range(len(rates))]
    for u in (random_levels(rates, nested), random_levels(rates, [[] for _ in rates])):
        assert u.min() > 0 and u.sum() == pytest.approx(1.0, abs=1e-9)
    assert random_subsets(rates).sum() == pytest.approx(1.0, abs=1e-6)


def test_levels_that_do_not_nest_keep_their_own_rate() -> None:
    """Two strangers of one surname would count as impossible because some other level is commoner."""
    u = random_levels([0.001, 0.02, 0.03], [[], [], [0]])
    assert u[1] == pytest.approx(0.02) and u[2] == pytest.approx(0.029)
