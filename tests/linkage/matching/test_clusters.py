"""Clustering by summed evidence: the compiled version against a plain one, and the promises that it makes."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.matching import clusters as module
from linkage.matching.cluster_pairs import linked_pairs
from linkage.matching.clusters import Evidence, cluster

APART = (-1.5, -5.0)


def evidence(records: int, edges: dict[tuple[int, int], float], sources: list[int] | None = None) -> Evidence:
    pairs = sorted(edges)
    return Evidence(
        records,
        np.array([a for a, _ in pairs], dtype=np.int64),
        np.array([b for _, b in pairs], dtype=np.int64),
        np.array([edges[p] for p in pairs], dtype=float),
        np.ones(records, dtype=bool),
        np.array(sources or [0] * records, dtype=np.int64),
        APART,
    )


def plain_agglomeration(e: Evidence, one_to_one: bool) -> list[int]:
    """The same rule in the plainest words: join while the sum over all cross pairs is above zero."""
    weight = {(int(a), int(b)): float(w) for a, b, w in zip(e.a, e.b, e.weight, strict=True)}
    home = {row: frozenset([row]) for row in range(e.records)}
    order = sorted(range(len(e.a)), key=lambda i: -e.weight[i])
    for i in order:
        x, y = home[int(e.a[i])], home[int(e.b[i])]
        if x is y or e.weight[i] <= 0:
            continue
        cross = [(min(p, q), max(p, q)) for p in x for q in y]
        total = sum(weight.get(pair, e.apart[int(e.named[pair[0]] and e.named[pair[1]])]) for pair in cross)
        clash = one_to_one and {e.source[p] for p in x} & {e.source[q] for q in y}
        if total > 0 and not clash:
            home.update(dict.fromkeys(x | y, x | y))
    return [min(home[row]) for row in range(e.records)]


graphs = st.integers(2, 12).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.dictionaries(
            st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda p: p[0] < p[1]),
            st.floats(-12, 12).map(lambda w: round(w, 3)),
            max_size=30,
        ),
        st.lists(st.integers(0, 2), min_size=n, max_size=n),
        st.booleans(),
    )
)


@settings(deadline=None, max_examples=200)
@given(graphs)
def test_compiled_equals_plain(graph: tuple[int, dict[tuple[int, int], float], list[int], bool]) -> None:
    """The compiled clusters would no longer be those that the rule describes."""
    n, edges, sources, one_to_one = graph
    e = evidence(n, edges, sources)
    before, module.REFINING_ROUNDS = module.REFINING_ROUNDS, 0  # type: ignore[misc]
    try:
        found = cluster(e, one_to_one=one_to_one)
    finally:
        module.REFINING_ROUNDS = before  # type: ignore[misc]
    plain = plain_agglomeration(e, one_to_one)
    assert np.array_equal(np.unique(found, return_inverse=True)[1], np.unique(plain, return_inverse=True)[1])


@settings(deadline=None, max_examples=200)
@given(graphs)
def test_one_to_one_never_holds_two_records_of_a_source(
    graph: tuple[int, dict[tuple[int, int], float], list[int], bool],
) -> None:
    """A source that holds no child twice would see two of its children called one."""
    n, edges, sources, _ = graph
    found = cluster(evidence(n, edges, sources), one_to_one=True)
    keys = list(zip(found.tolist(), sources, strict=True))
    assert len(keys) == len(set(keys))


def test_one_strong_edge_does_not_chain_two_children() -> None:
    """Twins would be drawn together by a single confused record."""
    edges = {(0, 1): 12.0, (2, 3): 12.0, (1, 2): 3.0, (0, 2): -6.0, (1, 3): -6.0}
    assert cluster(evidence(4, edges)).tolist() == [0, 0, 1, 1]


def test_evidence_over_all_pairs_joins_what_no_single_edge_would() -> None:
    """A child's many weak traces would stay apart although together they are strong."""
    edges = {(0, 1): 10.0, (2, 3): 10.0, (0, 2): 2.0, (0, 3): 1.0, (1, 2): 1.0, (1, 3): -1.0}
    assert len(set(cluster(evidence(4, edges)).tolist())) == 1


def test_pairs_of_a_cluster_carry_their_strongest_chain() -> None:
    """A pair without a common key would have no weight, or a pair would lose the weight of its own edge."""
    pairs = linked_pairs(np.array([0, 0, 0, 1]), np.array([0, 1, 2]), np.array([1, 2, 3]), np.array([8.0, 3.0, 9.0]))
    assert dict(zip(zip(pairs.a.tolist(), pairs.b.tolist(), strict=True), pairs.weight.tolist(), strict=True)) == {
        (0, 1): 8.0, (1, 2): 3.0, (0, 2): 3.0,
    }  # fmt: skip
