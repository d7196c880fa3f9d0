"""The plain Dice reference: what a pair is, at the edges too."""

from __future__ import annotations

import numpy as np
import pytest

from linkage.matching.dice import dice_pairs_plain, dice_pairs_within_plain, popcounts

EMPTY = [0] * 16
FULL = [2**64 - 1] * 16


def filters(*rows: list[int]) -> np.ndarray:
    return np.array(rows, dtype=np.uint64).reshape(-1, 16)


def low_bits(count: int) -> list[int]:
    return [int(word) for word in np.packbits(np.arange(1024) < count, bitorder="little").view("<u8")]


def test_score_is_twice_the_common_bits_over_all_bits() -> None:
    """Without it a reference with another coefficient (Jaccard, say) would go unseen."""
    pairs = dice_pairs_plain(filters(low_bits(30)), filters(low_bits(50)), 0.5)
    assert pairs.score.tolist() == [60 / 80]


def test_pair_at_the_threshold_is_kept() -> None:
    """Without it "at least" could turn into "above" and drop pairs on a round threshold."""
    a, b = filters(low_bits(40)), filters(low_bits(60))
    assert len(dice_pairs_plain(a, b, 0.8).score) == 1
    assert len(dice_pairs_plain(a, b, np.nextafter(0.8, 1)).score) == 0


def test_empty_filters_pair_with_nothing() -> None:
    """Without it two records without any token would look like the same child."""
    both = filters(EMPTY, EMPTY, FULL)
    assert dice_pairs_plain(both, both, 1e-9).rows_a.tolist() == [2]
    assert len(dice_pairs_within_plain(both, 1e-9).rows_a) == 0


def test_pairs_come_by_first_row_then_second() -> None:
    """Without it callers that cut the result into runs by row would read the wrong pairs."""
    same = filters(FULL, FULL, FULL)
    across, within = dice_pairs_plain(same, same, 1.0), dice_pairs_within_plain(same, 1.0)
    assert list(zip(across.rows_a.tolist(), across.rows_b.tolist(), strict=True)) == [
        (i, j) for i in range(3) for j in range(3)
    ]
    assert list(zip(within.rows_a.tolist(), within.rows_b.tolist(), strict=True)) == [(0, 1), (0, 2), (1, 2)]


def test_result_types_are_fixed_also_without_pairs() -> None:
    """Without it an empty file would change the column types of the pairs it is joined with."""
    for pairs in (dice_pairs_plain(filters(), filters(), 0.5), dice_pairs_within_plain(filters(FULL), 0.5)):
        assert [column.dtype for column in pairs] == [np.int32, np.int32, np.float64]
        assert [len(column) for column in pairs] == [0, 0, 0]


def test_popcounts_go_up_to_every_bit() -> None:
    """Without it counts kept in one byte would wrap around at 256 bits."""
    assert popcounts(filters(EMPTY, FULL)).tolist() == [0, 1024]


@pytest.mark.parametrize("threshold", [0.0, -0.5, 1.01, float("nan")])
def test_threshold_outside_its_range_is_refused(threshold: float) -> None:
    """Without it a threshold of 0 would ask for every pair and exhaust memory."""
    with pytest.raises(ValueError, match="threshold"):
        dice_pairs_plain(filters(FULL), filters(FULL), threshold)


def test_filters_of_other_shapes_are_refused() -> None:
    """Without it filters of two lengths would be compared on what they happen to share."""
    with pytest.raises(ValueError, match="same length"):
        dice_pairs_plain(filters(FULL), np.zeros((1, 8), dtype=np.uint64), 0.5)
    with pytest.raises(ValueError, match="uint64"):
        dice_pairs_plain(filters(FULL), np.zeros((1, 16), dtype=np.int64), 0.5)
