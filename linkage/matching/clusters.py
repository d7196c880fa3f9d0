"""Scored pairs → clusters, one cluster being one child, by evidence summed over all pairs of two clusters.

Edges are taken in falling order of weight. Two clusters join only when the sum of the log odds over *all* their cross
pairs is above zero; a cross pair without a common key counts as evidence against. So one strong edge cannot chain two
children together, and a twin's record goes to the twin that explains it best. Afterwards every record may move to the
neighbouring cluster that explains it better. With `one_to_one` no cluster holds two records of one source, and no
record moves.

The kernels are compiled; `tests` hold a plain version that must give the same clusters.
Source: match-keys.md section 4, point 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

REFINING_ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """What clustering may look at.

    `a`, `b` int64[p] record numbers, a < b, sorted by (a, b); `weight` float[p] log2 odds. `apart` float[2]: weight of
    a pair without a common key, when either record lacks a name [0] and when both have one [1]. `named` bool[n],
    `source` int64[n].
    """

    records: int
    a: Ints
    b: Ints
    weight: Floats
    named: NDArray[np.bool_]
    source: Ints
    apart: tuple[float, float]


def cluster(evidence: Evidence, *, one_to_one: bool = False) -> Ints:
    """Cluster number of every record, int64[n]; numbers follow each cluster's first record."""
    indptr, neighbour, weight = _adjacency(evidence)
    label = np.arange(evidence.records, dtype=np.int64)
    order = np.argsort(-evidence.weight, kind="stable")
    order = order[evidence.weight[order] > 0]
    apart = np.array(evidence.apart)
    _agglomerate(
        label, evidence.a[order], evidence.b[order], indptr, neighbour, weight,
        evidence.named, evidence.source, apart, one_to_one,
    )  # fmt: skip
    for _ in range(0 if one_to_one else REFINING_ROUNDS):
        if not _refine(label, indptr, neighbour, weight, evidence.named, apart):
            break
    _, first, number = np.unique(label, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number].astype(np.int64)


def _adjacency(evidence: Evidence) -> tuple[Ints, Ints, Floats]:
    """Both directions of every edge as CSR: indptr[n+1], neighbour[2p], weight[2p]."""
    ends = np.concatenate((evidence.a, evidence.b))
    others = np.concatenate((evidence.b, evidence.a))
    order = np.argsort(ends, kind="stable")
    indptr = np.concatenate(([0], np.cumsum(np.bincount(ends, minlength=evidence.records))))
    return indptr, others[order], np.concatenate((evidence.weight, evidence.weight))[order]


@njit(cache=True, nogil=True)
def _agglomerate(label, a, b, indptr, neighbour, weight, named, source, apart, one_to_one):  # type: ignore
    n = len(label)
    last = np.arange(n)  # last member of the chain that starts at a cluster's label
    following = np.full(n, -1)
    for edge in range(len(a)):
        x, y = label[a[edge]], label[b[edge]]
        if x == y:
            continue
        total = 0.0
        missing = np.zeros(2)
        named_y = 0
        size_y = 0
        member = y
        while member >= 0:
            size_y += 1
            named_y += named[member]
            member = following[member]
        clash = False
        member = x
        while member >= 0:
            if named[member]:
                missing[1] += named_y
                missing[0] += size_y - named_y
            else:
                missing[0] += size_y
            for i in range(indptr[member], indptr[member + 1]):
                if label[neighbour[i]] == y:
                    total += weight[i]
                    missing[1 if named[member] and named[neighbour[i]] else 0] -= 1
            if one_to_one:
                other = y
                while other >= 0:
                    clash |= source[other] == source[member]
                    other = following[other]
            member = following[member]
        if clash or total + missing[0] * apart[0] + missing[1] * apart[1] <= 0.0:
            continue
        low, high = min(x, y), max(x, y)
        member = high
        while member >= 0:
            label[member] = low
            member = following[member]
        following[last[low]] = high
        last[low] = last[high]


@njit(cache=True, nogil=True)
def _refine(label, indptr, neighbour, weight, named, apart):  # type: ignore[no-untyped-def]
    """Move single records to the neighbouring cluster that explains them best; returns how many moved."""
    n = len(label)
    size = np.zeros(n, dtype=np.int64)
    named_size = np.zeros(n, dtype=np.int64)
    for row in range(n):
        size[label[row]] += 1
        named_size[label[row]] += named[row]
    moved = 0
    for row in range(n):
        home = label[row]
        best, best_score = (
            home,
            _attachment(row, home, True, label, indptr, neighbour, weight, named, size, named_size, apart),
        )
        if size[home] == 1:
            best_score = 0.0
        if best_score < 0.0:
            continue  # its cluster holds together through it; splitting is not this step's business
        for i in range(indptr[row], indptr[row + 1]):
            there = label[neighbour[i]]
            if there == home or weight[i] <= 0.0:
                continue
            score = _attachment(row, there, False, label, indptr, neighbour, weight, named, size, named_size, apart)
            if score > best_score + 1e-9:
                best, best_score = there, score
        if best != home:
            size[home] -= 1
            named_size[home] -= named[row]
            size[best] += 1
            named_size[best] += named[row]
            label[row] = best
            moved += 1
    return moved


@njit(cache=True, nogil=True)
def _attachment(  # type: ignore[no-untyped-def]
    row, there, own, label, indptr, neighbour, weight, named, size, named_size, apart
):
    """Sum of the weights between a record and the other members of a cluster."""
    others = size[there] - (1 if own else 0)
    both = (named_size[there] - (1 if own and named[row] else 0)) if named[row] else 0
    missing_named, missing_other = both, others - both
    total = 0.0
    for i in range(indptr[row], indptr[row + 1]):
        other = neighbour[i]
        if label[other] == there:
            total += weight[i]
            if named[row] and named[other]:
                missing_named -= 1
            else:
                missing_other -= 1
    return total + missing_other * apart[0] + missing_named * apart[1]
