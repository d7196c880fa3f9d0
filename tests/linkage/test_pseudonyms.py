"""Pseudonyms: they stay, they tell nothing of other agencies, and nobody can join on them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linkage.pseudonyms import Change, ChangeKind, Named, carry, nobody

MOST = 8
# per record (by number): the child it belongs to in each of two jobs, or −1 where it does not stand
CHILDREN = st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), min_size=1, max_size=MOST)


class Drawn:
    """Names in an order that a test knows."""

    def __init__(self, seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)

    def __call__(self, count: int) -> np.ndarray:
        return self.random.integers(0, 256, (count, 16), dtype=np.uint8)


def handles(numbers: list[int]) -> np.ndarray:
    return np.array([[n * 7 % 11, *[0] * 14, n] for n in numbers], dtype=np.uint8).reshape(-1, 16)


def job(before: Named, clusters: list[int], fresh: Drawn) -> tuple[Named, list[Change]]:
    numbers = [n for n, cluster in enumerate(clusters) if cluster >= 0]
    return carry(before, handles(numbers), np.array([clusters[n] for n in numbers], dtype=np.int64), fresh)


def names(named: Named) -> dict[int, bytes]:
    return {int(row[15]): name.tobytes() for row, name in zip(named.handles, named.pseudonyms, strict=True)}


@given(CHILDREN)
def test_one_name_is_one_child(children: list[tuple[int, int]]) -> None:
    """Two children would have one name, or one child two."""
    first, _ = job(nobody(), [a for a, _ in children], Drawn(1))
    second, _ = job(first, [b for _, b in children], Drawn(2))
    for named, at in ((first, 0), (second, 1)):
        found = names(named)
        assert set(found) == {n for n, pair in enumerate(children) if pair[at] >= 0}
        for n in found:
            for m in found:
                assert (found[n] == found[m]) is (children[n][at] == children[m][at])
        assert [row.tobytes() for row in named.handles] == sorted(row.tobytes() for row in named.handles)


@given(CHILDREN, st.permutations(range(5)), st.permutations(range(5)), st.permutations(range(MOST)))
def test_only_the_own_share_counts(
    children: list[tuple[int, int]], one: list[int], other: list[int], shuffled: list[int]
) -> None:
    """Numbers of clusters come from all agencies' records: a name or a change that followed them would tell of others.

    Two worlds in which this agency's records are parted alike must look alike to it, whatever the clusters are called
    and in whatever order they come.
    """

    def world(first_names: list[int], second_names: list[int], order: list[int]) -> object:
        before: Named = nobody()
        found: list[object] = []
        for at, called in ((0, first_names), (1, second_names)):
            numbers = [n for n in order if n < len(children) and children[n][at] >= 0]
            share = np.array([called[children[n][at]] + 1_000 * at for n in numbers], dtype=np.int64)
            before, changes = carry(before, handles(numbers), share, Drawn(at))
            found.append((names(before), changes))
        return found

    assert world(list(range(5)), list(range(5)), list(range(MOST))) == world(one, other, shuffled)


@given(CHILDREN)
def test_what_stays_together_keeps_its_name(children: list[tuple[int, int]]) -> None:
    """Agencies would lose every child's name with every job."""
    first, _ = job(nobody(), [a for a, _ in children], Drawn(1))
    again, changes = job(first, [a for a, _ in children], Drawn(2))
    assert names(again) == names(first) and changes == []
    second, _ = job(first, [b for _, b in children], Drawn(2))
    overlap = {
        (old, new): sum(1 for pair in children if pair == (old, new))
        for old, new in set(children)
        if old >= 0 and new >= 0
    }
    one, two = names(first), names(second)
    for (old, new), count in overlap.items():
        rivals = [c for (o, n), c in overlap.items() if (o == old) != (n == new)]
        if all(count > rival for rival in rivals):
            member = children.index((old, new))
            assert one[member] == two[member]


@given(CHILDREN)
def test_changes_say_what_happened(children: list[tuple[int, int]]) -> None:
    """An agency's own case files would silently point at another child."""
    first, _ = job(nobody(), [a for a, _ in children], Drawn(1))
    second, changes = job(first, [b for _, b in children], Drawn(2))
    one, two = names(first), names(second)
    met = {(one[n], two[n]) for n in one if n in two}
    expected = set()
    for name in set(two.values()):
        olds = {old for old, new in met if new == name}
        if len(olds) > 1:
            expected.add(Change(ChangeKind.MERGED, name, tuple(sorted(olds - {name}))))
    for name in set(one.values()):
        news = {new for old, new in met if old == name}
        if len(news) > 1:
            expected.add(Change(ChangeKind.SPLIT, name, tuple(sorted(news - {name}))))
    assert set(changes) == expected and len(changes) == len(expected)


@given(CHILDREN)
def test_two_recipients_share_no_name(children: list[tuple[int, int]]) -> None:
    """Two agencies could join their files on the pseudonyms. The draw is the operating system's in the service."""
    clusters = [max(a, 0) for a, _ in children]
    police, _ = job(nobody(), clusters, Drawn(3))
    hospital, _ = job(nobody(), clusters, Drawn(4))
    assert not set(names(police).values()) & set(names(hospital).values())
