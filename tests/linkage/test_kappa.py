"""Agreement beyond chance, against scikit-learn, numerical differentiation and a published table."""

from __future__ import annotations

import warnings
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score

from linkage.kappa import Table, cohen, fleiss, table

_WORDS = ("same", "different", "unsure")
_PAIRS = st.lists(st.tuples(st.sampled_from(_WORDS), st.sampled_from(_WORDS)), min_size=1, max_size=200)


@given(_PAIRS)
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    """The figure by which a project judges its reviewers would be wrong."""
    found = cohen(table(pairs, _WORDS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns where kappa has no meaning
        oracle = cohen_kappa_score(*zip(*pairs, strict=True), labels=list(_WORDS))
    if found.kappa is None:
        assert np.isnan(oracle) or len({word for each in pairs for word in each}) == 1
    else:
        assert found.low is not None
        assert found.high is not None
        assert found.kappa == pytest.approx(oracle, abs=1e-12)
        assert -1 <= found.low <= found.kappa <= found.high <= 1


@given(st.lists(st.integers(1, 60), min_size=9, max_size=9))
def test_interval_is_that_of_the_delta_method(cells: list[int]) -> None:
    """The interval would claim more, or less, than the sample says."""
    counts = np.array(cells).reshape(3, 3)
    found = cohen(counts)
    assert found.kappa is not None
    assert found.low is not None
    n, p = counts.sum(), counts / counts.sum()
    slope = np.zeros((3, 3))
    for i, j in product(range(3), repeat=2):
        step = np.zeros((3, 3))
        step[i, j] = 1e-6
        slope[i, j] = (_kappa(p + step) - _kappa(p - step)) / 2e-6
    variance = ((p * slope**2).sum() - (p * slope).sum() ** 2) / n
    expected = max(-1.0, found.kappa - 1.959963984540054 * np.sqrt(variance))
    assert found.low == pytest.approx(expected, abs=1e-6)


def _kappa(p: NDArray[np.float64]) -> float:
    """Kappa as a function of nine free cells: what is not normalised must not matter to the derivative."""
    p = p / p.sum()
    chance = p.sum(axis=1) @ p.sum(axis=0)
    return float((np.trace(p) - chance) / (1 - chance))


def test_fleiss_of_the_published_table() -> None:
    """Fleiss' kappa would be another statistic. Table: ten subjects, fourteen raters, five categories; kappa 0.210."""
    rows = "0 0 0 0 14|0 2 6 4 2|0 0 3 5 6|0 3 9 2 0|2 2 8 1 1|7 7 0 0 0|3 2 6 3 0|2 5 3 2 2|6 5 2 1 0|0 2 2 3 7"
    counts: Table = np.array([[int(cell) for cell in row.split()] for row in rows.split("|")])
    assert fleiss(counts) == pytest.approx(0.210, abs=5e-4)


def test_nothing_is_said_where_kappa_has_no_meaning() -> None:
    """A report would show a number that means nothing."""
    assert cohen(table([], _WORDS)).observed is None
    alike = cohen(table([("same", "same")] * 9, _WORDS))
    assert (alike.observed, alike.kappa) == (1.0, None)
    assert fleiss(np.array([[2, 0], [2, 0]])) is None
    assert fleiss(np.zeros((0, 3), dtype=np.int64)) is None
    with pytest.raises(ValueError, match="same number"):
        fleiss(np.array([[1, 1], [2, 1]]))
