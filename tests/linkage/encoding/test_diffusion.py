"""The diffusion layer: even use of inputs, plain and fast versions equal, similarity fading as the theory says."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.encoding.diffusion import diffuse, diffuse_plain, similarity_noise_line, wiring
from linkage.matching.dice import popcounts

SEED = bytes(range(32))


def random_filters(seed: int, count: int, words: int = 16) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, (count, words), dtype=np.uint64)


def flipped(filters: np.ndarray, distance: int, seed: int) -> np.ndarray:
    """Copies at Hamming distance `distance`."""
    rng = np.random.default_rng(seed)
    bits = np.unpackbits(filters.view(np.uint8), axis=1, bitorder="little")
    for row in bits:
        row[rng.choice(bits.shape[1], distance, replace=False)] ^= 1
    return np.packbits(bits, axis=1, bitorder="little").view("<u8").astype(np.uint64)


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.integers(2, 16))
def test_each_input_bit_is_used_equally_often(seed: bytes, t: int) -> None:
    """Without it some bits could weigh more than others and stand out in a graph or pattern attack."""
    inputs = wiring(seed, t, 1024)
    assert (np.sort(inputs, axis=1) == np.arange(1024)).all()
    assert all(len(set(column)) == t for column in inputs.T.tolist())


def test_no_input_meets_itself_even_when_nearly_all_are_taken() -> None:
    """Without it an input XORed with itself would vanish and lower t for that output bit."""
    inputs = wiring(SEED, 31, 64)
    assert all(len(set(column)) == 31 for column in inputs.T.tolist())


def test_wiring_is_the_same_everywhere() -> None:
    """Without it a new version could silently encode otherwise, and no file would match last year's."""
    digest = hashlib.sha256(wiring(SEED, 6, 1024).astype("<i8").tobytes()).hexdigest()
    assert digest == "a3a329aeb85c85a993ff3ac3afa97a5c1adaac8d2a93e492c480aadc982d55f2"


def test_settings_give_unrelated_wirings() -> None:
    """Without it encodings under two dial settings would differ by few inputs and betray the plain filter."""
    four, five = wiring(SEED, 4, 1024), wiring(SEED, 5, 1024)
    assert (four == five[:4]).mean() < 0.01
    assert (four == wiring(bytes(32), 4, 1024)).mean() < 0.01


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 140), st.integers(1, 12), st.sampled_from([1, 2, 16]))
def test_fast_equals_plain(seed: int, count: int, t: int, words: int) -> None:
    """Without it the two versions could drift apart, and agencies with them."""
    filters = random_filters(seed, count, words)
    assert np.array_equal(diffuse(filters, SEED, t), diffuse_plain(filters, SEED, t))


@pytest.mark.parametrize("count", [511, 512, 513, 1100])
def test_blocks_meet_without_a_seam(count: int) -> None:
    """Without it records at the edge of a block could lose or swap their bits."""
    filters = random_filters(1, count)
    assert np.array_equal(diffuse(filters, SEED, 5), diffuse_plain(filters, SEED, 5))


def test_layer_is_linear() -> None:
    """Without it XOR shares could not be diffused apart, as the two-server mode needs."""
    a, b = random_filters(1, 20), random_filters(2, 20)
    assert np.array_equal(diffuse(a ^ b, SEED, 6), diffuse(a, SEED, 6) ^ diffuse(b, SEED, 6))


def test_t_of_one_changes_nothing_and_shares_no_memory() -> None:
    """Without it "no diffusion" could permute bits, or writing to the result could change the caller's filters."""
    filters = random_filters(1, 5)
    same = diffuse(filters, SEED, 1)
    assert np.array_equal(same, filters)
    assert np.array_equal(same, diffuse_plain(filters, SEED, 1))
    assert not np.shares_memory(same, filters)


@pytest.mark.parametrize("t", [2, 3, 4, 6, 8])
@pytest.mark.parametrize("distance", [40, 100, 200, 430])
def test_excess_similarity_fades_as_a_power_of_t(t: int, distance: int) -> None:
    """Without it the margin rule would promise a privacy that the layer does not give."""
    filters = random_filters(t, 400)
    near = flipped(filters, distance, 7)
    excess = [
        1 - 2 * popcounts(diffuse(filters, seed, t) ^ diffuse(near, seed, t)).mean() / 1024
        for seed in (bytes([number]) * 32 for number in range(5))
    ]
    error = 6 / np.sqrt(1024 * 400)  # six standard errors were the output bits independent
    assert np.mean(excess) == pytest.approx((1 - 2 * distance / 1024) ** t, abs=error + 0.004)


def test_noise_line_leaves_the_stated_share_of_unrelated_pairs() -> None:
    """Without it similarities that are noise would enter the match, or true ones be thrown away."""
    a, b = random_filters(5, 4000), random_filters(6, 4000)
    dice = 2 * popcounts(a & b) / (popcounts(a) + popcounts(b))
    above = [(dice > similarity_noise_line(1024, z)).mean() for z in (0.0, 2.0)]
    assert above[0] == pytest.approx(0.5, abs=0.05)
    assert above[1] < 0.06
    assert similarity_noise_line(1024, 4.0) == 0.5 + 4 / 64


@pytest.mark.parametrize(("seed", "t"), [(b"short", 4), (SEED, 0), (SEED, 65), (b"", 1)])
def test_settings_out_of_range_are_refused(seed: bytes, t: int) -> None:
    """Without it an empty seed or t = 0 would pass as diffusion and protect nothing."""
    with pytest.raises(ValueError, match="diffusion"):
        diffuse(random_filters(1, 1), seed, t)
