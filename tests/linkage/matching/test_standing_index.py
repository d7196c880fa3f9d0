"""The standing index beside the plain meaning of it; and single records weighed as a job weighs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.matching.candidates import GROUP_LIMIT
from linkage.matching.index import Shape, StandingIndex, index_pieces
from linkage.matching.one import judge

VALUES = st.integers(0, 5)


def built(path: Path, keys: list[np.ndarray], clusters: np.ndarray, threads: int = 2) -> StandingIndex:
    """`keys` per key type: uint64[n, slots, 2]."""
    n = len(clusters)
    shape = Shape(n, int(clusters.max(initial=-1)) + 1, tuple(each.shape[1] for each in keys))
    columns = [[each[: n // 2], each[n // 2 :]] for each in keys]  # as of two agencies
    visible, source = np.arange(n, dtype=np.uint8) % 4, np.arange(n) % 2
    path.write_bytes(b"".join(index_pieces(columns, shape, visible, source, clusters, threads=threads)))
    return StandingIndex(path, shape)


@given(st.data())
def test_it_finds_what_shares_a_key(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """A child at the door would not be found, or another one's records would be."""
    n = data.draw(st.integers(1, 12))
    slots = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    draw = np.array(data.draw(st.lists(VALUES, min_size=n * sum(slots), max_size=n * sum(slots))), dtype=np.uint64)
    keys, at = [], 0
    for count in slots:
        first = draw[at : at + n * count].reshape(n, count)
        keys.append(np.stack([first, first], axis=2))
        at += n * count
    clusters = np.array([data.draw(st.integers(0, row)) for row in range(n)])
    clusters = np.unique(clusters, return_inverse=True)[1].astype(np.int64)
    index = built(tmp_path_factory.mktemp("i") / "index.bin", keys, clusters)
    fresh = [np.array(data.draw(st.lists(VALUES, min_size=c, max_size=c)), dtype=np.uint64) for c in slots]
    found = index.find(fresh)
    expected = {
        row: bits
        for row in range(n)
        if (bits := sum(1 << k for k, each in enumerate(keys) if set(each[row, :, 0]) & set(fresh[k])))
    }
    assert dict(zip(found.rows.tolist(), found.agreeing.tolist(), strict=True)) == expected
    for cluster in range(int(clusters.max()) + 1):
        assert index.members(cluster).tolist() == np.flatnonzero(clusters == cluster).tolist()
    assert index.source.tolist() == [row % 2 for row in range(n)]


@pytest.mark.parametrize(("holders", "is_found"), [(GROUP_LIMIT - 1, True), (GROUP_LIMIT, False)])
def test_a_key_of_many_is_nobodys(tmp_path: Path, holders: int, is_found: bool) -> None:
    """A key that half a city holds would make half a city candidates. The job counts the fresh record too."""
    keys = [np.full((holders, 1, 2), 7, dtype=np.uint64)]
    index = built(tmp_path / "index.bin", keys, np.arange(holders))
    assert bool(len(index.find([np.array([7], dtype=np.uint64)]).rows)) is is_found


def test_a_file_of_another_shape_is_refused(tmp_path: Path) -> None:
    """Every answer would be of other records."""
    path = tmp_path / "index.bin"
    built(path, [np.zeros((3, 1, 2), dtype=np.uint64)], np.arange(3))
    with pytest.raises(ValueError, match="shape"):
        StandingIndex(path, Shape(40, 3, (1,)))


def verdict(weights: list[float], clusters: list[int], sizes: dict[int, tuple[int, int]], **given: Any) -> Any:
    named = np.ones(len(weights), dtype=bool)
    return judge(np.array(weights), np.array(clusters), named, given.get("is_named", True), sizes)


def test_all_of_a_cluster_is_heard() -> None:
    """One strong record would pull a child into a family's cluster against all its other records."""
    assert verdict([], [], {}) is None
    alone = verdict([3.0], [4], {4: (1, 1)})
    assert (alone.cluster, alone.is_match) == (4, True)
    crowded = verdict([3.0], [4], {4: (5, 5)})
    assert (crowded.is_match, crowded.is_unsure) == (False, True)
    assert verdict([3.0], [4], {4: (5, 1)}).is_match  # those without a name say nothing against it
    assert verdict([3.0], [4], {4: (5, 5)}, is_named=False).is_match
    better = verdict([2.0, 2.0, 3.0], [0, 0, 1], {0: (2, 2), 1: (1, 1)})
    assert (better.cluster, better.weight) == (0, 4.0)
    assert not verdict([-9.0], [0], {0: (1, 1)}).is_unsure
