"""The tails are scipy.stats' own, without its weight."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chi2, hypergeom, norm

from linkage.health.tails import (
    binomial_at_least,
    chi_square_quantile,
    hypergeometric_tails,
    normal_quantile_above,
)


@given(st.floats(1e-12, 0.5))
def test_normal(tail: float) -> None:
    """A report would state another deviation than it measured."""
    assert normal_quantile_above(tail) == pytest.approx(norm.isf(tail), rel=1e-9, abs=1e-12)


@given(st.integers(0, 300), st.integers(1, 300), st.floats(0.001, 0.999))
def test_binomial(count: int, trials: int, chance: float) -> None:
    """Neighbours in a file would look closer, or less close, than they are."""
    assert binomial_at_least(count, trials, chance) == pytest.approx(binom.sf(count - 1, trials, chance), abs=1e-12)


@given(st.floats(0.01, 0.99), st.integers(2, 500))
def test_chi_square(below: float, freedom: int) -> None:
    """The lower limit of what an own file leaks would be another."""
    assert chi_square_quantile(below, freedom) == pytest.approx(chi2.ppf(below, freedom), rel=1e-9)


@given(
    st.integers(1, 400).flatmap(
        lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, n), st.integers(0, n))
    )
)
def test_hypergeometric(drawn: tuple[int, int, int, int]) -> None:
    """A file in an order that tells would pass, or one in none would be refused."""
    total, good, taken, found = drawn
    chance = hypergeom(total, good, taken)
    lower, upper = hypergeometric_tails(total, good, taken, found)
    assert lower == pytest.approx(chance.cdf(found), abs=1e-9)
    assert upper == pytest.approx(chance.sf(found - 1), abs=1e-9)


def test_the_service_does_without_the_heavy_package() -> None:
    """Every web process would hold 40 MB for three formulas."""
    said = "import sys, api.wiring; print('scipy.stats' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
