"""Clusters → all pairs of records in one cluster, each with the weight that ties it.

Two records of a cluster need not share a key: they may be tied through others. A pair's weight is that of its strongest
chain, a chain being as strong as its weakest edge (the bottleneck of the maximum spanning tree). So a direct edge never
loses weight, and a pair without a common key carries what holds its part of the cluster together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LinkedPairs:
    """Pairs of one cluster in canonical order: records a < b, int64[p], and `weight` float[p] (log2 odds)."""

    a: Ints
    b: Ints
    weight: Floats

    def __len__(self) -> int:
        return len(self.a)


def linked_pairs(clusters: Ints, a: Ints, b: Ints, weight: Floats) -> LinkedPairs:
    """Expand clusters int64[n] with candidate edges (a, b, weight) into every pair inside a cluster."""
    inside = clusters[a] == clusters[b]
    order = np.argsort(-weight[inside], kind="stable")
    size = np.bincount(clusters)
    total = int((size * (size - 1) // 2).sum())
    out_a, out_b, out_weight = _chain_weights(
        clusters, a[inside][order], b[inside][order], weight[inside][order], total
    )
    canonical = np.lexsort((out_b, out_a))
    return LinkedPairs(out_a[canonical], out_b[canonical], out_weight[canonical])


@njit(cache=True)
def _chain_weights(clusters, a, b, weight, total):  # type: ignore[no-untyped-def]
    """Kruskal: when an edge joins two components, it is the bottleneck of every pair across them."""
    n = len(clusters)
    root = np.arange(n)
    last = np.arange(n)
    following = np.full(n, -1)
    out_a = np.empty(total, dtype=np.int64)
    out_b = np.empty(total, dtype=np.int64)
    out_weight = np.zeros(total)
    at = 0
    for edge in range(len(a)):
        at = _join(root[a[edge]], root[b[edge]], weight[edge], root, last, following, out_a, out_b, out_weight, at)
    first = np.full(n, -1)
    for row in range(n):  # parts of a cluster that no edge ties: even odds
        cluster = clusters[row]
        if first[cluster] < 0:
            first[cluster] = row
        else:
            at = _join(root[first[cluster]], root[row], 0.0, root, last, following, out_a, out_b, out_weight, at)
    return out_a, out_b, out_weight


@njit(cache=True)
def _join(x, y, weight, root, last, following, out_a, out_b, out_weight, at):  # type: ignore[no-untyped-def]
    if x == y:
        return at
    left = x
    while left >= 0:
        right = y
        while right >= 0:
            out_a[at] = min(left, right)
            out_b[at] = max(left, right)
            out_weight[at] = weight
            at += 1
            right = following[right]
        left = following[left]
    member = y
    while member >= 0:
        root[member] = x
        member = following[member]
    following[last[x]] = y
    last[x] = last[y]
    return at
