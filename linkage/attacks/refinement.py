"""Colour refinement: how many children an attacker singles out who holds the identical plaintext of every file.

An upper bound and no attack: he rebuilds the same graph from his plaintext, and whoever stands alone in his colour
class is found without any key. Two nodes keep one colour as long as they have the same attributes and, round after
round, the same colours behind the same edges (one-dimensional Weisfeiler–Leman). It judges what a view shows; whether
files overlap only in part is `seeded_matching`'s question.

May touch: nothing
Sees:      nothing personal
Spec:      match-keys.md section 5 (graph attack)
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from linkage.attacks.key_graph import KeyGraph
from linkage.attacks.plaintext import Flags, Ints
from linkage.attacks.unit_view import UnitView

SMALL_CLASS: Final = 5
_ROUNDS: Final = 64
Words = NDArray[np.uint64]
Attribute = Literal["agency", "shapes", "missing", "counts"]


@dataclass(frozen=True, slots=True)
class SingledOut:
    """`alone`: share of nodes alone in their colour class; `small`: share in classes of fewer than five."""

    seen: str
    nodes: int
    alone: float
    small: float


def refine(graph: KeyGraph, attributes: Words, *, with_types: bool) -> Ints:
    """Coarsest stable colouring that refines `attributes` uint64[nodes]; edges with their key types or without."""
    hubs = np.full(len(graph.hub_sizes), np.iinfo(np.uint64).max, dtype=np.uint64)
    colour = _numbered(np.concatenate((attributes, hubs)))
    source = np.concatenate((graph.a, graph.b))
    target = np.concatenate((graph.b, graph.a))
    label = np.tile(_mixed(graph.types), 2) if with_types else np.zeros(len(source), dtype=np.uint64)
    found = int(colour.max(initial=-1)) + 1
    for _ in range(_ROUNDS):
        heard = np.zeros(graph.size, dtype=np.uint64)
        np.add.at(heard, target, _mixed(_mixed(colour[source].astype(np.uint64)) ^ label))
        colour = _numbered(_mixed(colour.astype(np.uint64)) + heard)
        now = int(colour.max(initial=-1)) + 1
        if now == found:
            break
        found = now
    return colour[: graph.nodes]


def singled_out(seen: str, colours: Ints | Words, present: Flags) -> SingledOut:
    """Shares among the nodes that have a record; `present` bool[nodes]."""
    _, place, counts = np.unique(colours[present], return_inverse=True, return_counts=True)
    size = counts[place]
    alone, small = (float((size < limit).sum()) / max(len(size), 1) for limit in (2, SMALL_CLASS))
    return SingledOut(seen, len(size), alone, small)


def record_attributes(view: UnitView, seen: Collection[Attribute]) -> Words:
    """What shows of every record alone, as one word: equal words are equal attributes, in every view alike.

    `missing` (which key types it has) and `counts` (how many keys) show only in an unpadded view; ValueError otherwise.
    """
    columns: list[NDArray[np.int64]] = [np.zeros((len(view), 1), dtype=np.int64)]
    if "agency" in seen:
        columns.append(view.source[:, None])
    if "shapes" in seen:
        columns += [bits[:, None].astype(np.int64) for bits in view.visible.values()]
    if "missing" in seen or "counts" in seen:
        if view.counts is None:
            raise ValueError("a padded view shows neither missing fields nor key counts")
        counts = view.counts.astype(np.int64)
        columns.append(counts if "counts" in seen else (counts > 0).astype(np.int64))
    weight = _mixed(np.arange(1, 1 + sum(c.shape[1] for c in columns), dtype=np.uint64)) | np.uint64(1)
    table = np.concatenate(columns, axis=1).astype(np.uint64)
    return np.asarray(_mixed(table * weight + weight).sum(axis=1, dtype=np.uint64))


def child_attributes(of_records: Words, owner: Ints, nodes: int) -> Words:
    """One word per child: the multiset of its records' words."""
    held = np.zeros(nodes, dtype=np.uint64)
    np.add.at(held, owner, _mixed(of_records))
    return held


def _numbered(words: Words) -> Ints:
    return np.unique(words, return_inverse=True)[1].astype(np.int64)


def _mixed(words: Words) -> Words:
    """SplitMix64's finaliser: sums of mixed words tell multisets apart save with odds of 2⁻⁶⁴ a pair."""
    z = words + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))
