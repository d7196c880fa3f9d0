"""Tests of linkage/matching/engines: the compiled engine and the relational one find the same pairs."""

import numpy as np
import pytest

from linkage.matching.candidates import GROUP_LIMIT
from linkage.matching.engines import duckdb, memory


def draw_columns(seed: int, records: int = 300) -> list[np.ndarray]:
    """Six key types; keys repeat, some share only their first half, some groups pass the limit."""
    rng = np.random.default_rng(seed)
    columns = []
    for number, slots in enumerate((1, 2, 3, 2, 1, 3)):
        high = rng.integers(0, [4, 40, 400][number % 3], (records, slots, 1))
        keys = np.concatenate((high, rng.integers(0, 3, (records, slots, 1))), axis=2)
        columns.append(keys.astype(np.uint64) << np.uint64(60 if seed % 2 else 0))
    return columns


@pytest.mark.parametrize("seed", range(6))
def test_both_engines_find_the_same_pairs(seed: int) -> None:
    """If it goes, links may depend on how many records there are, since that picks the engine."""
    columns = draw_columns(seed)
    plain = duckdb.find_pairs([[column] for column in columns])
    fast = memory.find_pairs([[column[:100], column[100:]] for column in columns])
    for name in ("a", "b", "agreeing"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(fast, name))
    assert plain.oversized == fast.oversized
    assert len(plain) > 0


def test_a_group_beyond_the_limit_is_left_out_and_counted() -> None:
    """If it goes, one default value would pair everybody with everybody, or vanish without being counted."""
    same = np.zeros((GROUP_LIMIT + 1, 1, 2), dtype=np.uint64)
    found = memory.find_pairs([[same]])
    assert len(found) == 0
    assert found.oversized == (1,)
    assert len(memory.find_pairs([[same[:-1]]])) == GROUP_LIMIT * (GROUP_LIMIT - 1) // 2


def test_no_records_give_no_pairs() -> None:
    """If it goes, an empty batch stops a run."""
    assert len(memory.find_pairs([[np.zeros((0, 3, 2), dtype=np.uint64)]])) == 0
    assert len(memory.find_pairs([])) == 0
