"""The fast Dice kernel gives exactly the pairs, order and scores of the plain reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.matching import kernels
from linkage.matching.dice import DicePairs, dice_pairs_plain, dice_pairs_within_plain
from linkage.matching.kernels import TILE, dice_pairs, dice_pairs_within

THRESHOLDS = st.one_of(
    st.floats(min_value=1e-6, max_value=1.0),
    st.sampled_from([0.5, 0.6, 2 / 3, 0.75, 0.8, 1.0]),
    st.tuples(st.integers(1, 1024), st.integers(1, 2048)).map(lambda f: min(1.0, 2 * f[0] / f[1])),
)


def people(seed: int, count: int, fill: float, flips: float) -> np.ndarray:
    """Random filters of which each third is a spoilt copy, each tenth empty or full."""
    rng = np.random.default_rng(seed)
    bits = rng.random((count, 1024)) < fill
    copied = np.arange(count) % 3 == 1
    bits[copied] = np.roll(bits, 1, axis=0)[copied] ^ (rng.random((int(copied.sum()), 1024)) < flips)
    bits[rng.random(count) < 0.05] = False
    bits[rng.random(count) < 0.05] = True
    return np.packbits(bits, axis=1, bitorder="little").view("<u8").astype(np.uint64)


def assert_equal(fast: DicePairs, plain: DicePairs) -> None:
    assert [column.dtype for column in fast] == [column.dtype for column in plain]
    assert np.array_equal(fast.rows_a, plain.rows_a)
    assert np.array_equal(fast.rows_b, plain.rows_b)
    assert np.array_equal(fast.score, plain.score)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 70), st.integers(0, 70), st.floats(0.01, 0.99), THRESHOLDS)
def test_kernel_equals_the_reference(seed: int, n: int, k: int, fill: float, threshold: float) -> None:
    """Without it the fast path could lose or invent pairs that nobody ever recomputes."""
    a, b = people(seed, n, fill, 0.03), people(seed + 1, k, fill, 0.03)
    b = np.concatenate([b, a[: n // 2]])
    assert_equal(dice_pairs(a, b, threshold), dice_pairs_plain(a, b, threshold))
    assert_equal(dice_pairs_within(b, threshold), dice_pairs_within_plain(b, threshold))


@pytest.mark.parametrize("prefix", [4, 8, 12, 16])
@pytest.mark.parametrize("threshold", [0.3, 0.6, 0.8, 0.95])
def test_leaving_early_changes_no_pair(monkeypatch: pytest.MonkeyPatch, prefix: int, threshold: float) -> None:
    """Without it the place where pairs are left early, chosen from a sample, could change the result."""
    monkeypatch.setattr(kernels, "_best_prefix", lambda *_: prefix)
    a, b = people(3, 90, 0.4, 0.05), people(4, 80, 0.35, 0.05)
    b[::7] = a[: len(b[::7])]
    assert_equal(dice_pairs(a, b, threshold), dice_pairs_plain(a, b, threshold))


@pytest.mark.parametrize("count", [1, 7, 8, 9, TILE - 1, TILE, TILE + 1, 2 * TILE + 3])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_tiles_and_threads_meet_without_a_seam(count: int, threads: int) -> None:
    """Without it records at the edge of a tile, or a thread without work, could go wrong."""
    a = people(count, count, 0.4, 0.02)
    assert_equal(dice_pairs_within(a, 0.7, threads), dice_pairs_within_plain(a, 0.7))
    assert_equal(dice_pairs(a[:20], a, 0.7, threads), dice_pairs_plain(a[:20], a, 0.7))


def test_more_pairs_than_the_first_buffer_are_kept() -> None:
    """Without it a dense file would overrun or lose its buffer: here all 360,000 pairs agree."""
    a = np.full((600, 16), 2**64 - 1, dtype=np.uint64)
    assert_equal(dice_pairs(a, a, 1.0), dice_pairs_plain(a, a, 1.0))


def test_integer_threshold_divides_every_dice_value_as_the_float_does() -> None:
    """Without it a pair exactly on a threshold could be kept by one version and dropped by the other."""
    total = np.arange(1, 2049)
    for threshold in [0.1, 0.3, 0.55, 0.6, 2 / 3, 0.7, 0.8, 0.9, 0.95, 0.999, 1.0, 1346 / 1987]:
        ratio = int(kernels._ratio(threshold))
        for common in range(0, 1025, 7):
            assert np.array_equal((common << 24) >= ratio * total, 2.0 * common / total >= threshold)


@pytest.mark.parametrize("common", [1, 100, 511, 512, 1000])
def test_thresholds_a_hair_beside_a_dice_value_are_told_apart(common: int) -> None:
    """Without it the last bit of the threshold could be lost on its way to an integer."""
    for total in (2 * common, 2 * common + 1, 1777, 2048):
        value = 2.0 * common / total
        if value < 1.0:
            assert (common << 24) >= int(kernels._ratio(value)) * total
            assert (common << 24) < int(kernels._ratio(np.nextafter(value, 1))) * total


def test_filters_of_another_length_are_refused() -> None:
    """Without it the kernel would read past the end of shorter rows."""
    short = np.zeros((3, 8), dtype=np.uint64)
    with pytest.raises(ValueError, match="1024 bits"):
        dice_pairs(short, short, 0.8)


def test_rows_that_are_not_contiguous_are_read_rightly() -> None:
    """Without it a caller's slice or transposed view would be read as if it were packed."""
    a = people(9, 60, 0.4, 0.02)
    assert_equal(dice_pairs(a[::2], np.asfortranarray(a), 0.7), dice_pairs_plain(a[::2], a, 0.7))
