"""What shared keys show of the children behind them: who has neighbours, how far chains reach, how it grows with N.

Records that agree on a resident ID, or on two rare parts of the identity (name and date), count as one child here, so
that a child seen often is not taken for a leak. What is left between children is family (a household tag agrees) or
chance; only chance grows with the population. Who a child is cannot be told, and the plain measure of the floor needs
the custodian's tags; this one sees keys alone and finds gross faults.

May touch: nothing
Sees:      match keys
Source:    match-keys.md section 5
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from linkage.health.shared_keys import Ints, SharedKeys
from linkage.schema import Schema

RARE: Final = 1e-3
"""Two people agree on such a tag less often: two of them from different parts of the identity make one child."""


@dataclass(frozen=True, slots=True)
class KeyTypeGraph:
    """Pairs of one key type: all, between children, between children without any household tag (chance)."""

    name: str
    pairs: int
    between_children: int
    by_chance: int


@dataclass(frozen=True, slots=True)
class KeyGraph:
    """The record graph of one file over all key types.

    `children` is the number that the keys suggest; `with_neighbours` counts records that share any key. `components`
    are (children, number of components of that size) for sizes from two. `implied` counts, over all pairs and their
    agreeing key types, the further key types that had to agree as well; `contradicted` those that did not.
    """

    records: int
    children: int
    with_neighbours: int
    pairs: int
    between_children: int
    by_chance: int
    largest_component: int
    components: tuple[tuple[int, int], ...]
    implied: int
    contradicted: int
    key_types: tuple[KeyTypeGraph, ...]

    def neighbours(self, pairs: int) -> float:
        """Neighbours per child that so many pairs between children make."""
        return 2 * pairs / self.children if self.children else 0.0

    def chance_at(self, population: int) -> float:
        """Chance neighbours per child among `population` children: their number grows with it."""
        return self.neighbours(self.by_chance) * population / self.children if self.children else 0.0


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one combination of agreeing key types says."""

    same_child: bool
    household: bool
    implied: int
    contradicted: int


def key_graph(records: int, shared: Sequence[SharedKeys], schema: Schema) -> KeyGraph:
    """Join the key types of a file, given in the order of the schema's, into one graph."""
    a, b, agreeing = _joined_pairs(records, shared)
    patterns, pattern = np.unique(agreeing, return_inverse=True)
    readings = [_read(int(one), schema) for one in patterns]
    same = np.array([one.same_child for one in readings], dtype=bool)[pattern]
    family = np.array([one.household for one in readings], dtype=bool)[pattern]
    children, child = _components(records, a[same], b[same])
    between = child[a] != child[b]
    chance = between & ~family
    sizes = _component_sizes(children, child, [(a, b)] + [(one.chain_a, one.chain_b) for one in shared])
    touched = np.zeros(records, dtype=bool)
    for rows in (a, b, *(one.chain_a for one in shared), *(one.chain_b for one in shared)):
        touched[rows] = True
    times = np.bincount(pattern, minlength=len(patterns))
    return KeyGraph(
        records=records,
        children=children,
        with_neighbours=int(touched.sum()),
        pairs=len(a),
        between_children=_distinct(child, a[between], b[between]),
        by_chance=_distinct(child, a[chance], b[chance]),
        largest_component=max((size for size, _ in sizes), default=1),
        components=sizes,
        implied=int(sum(one.implied * int(n) for one, n in zip(readings, times, strict=True))),
        contradicted=int(sum(one.contradicted * int(n) for one, n in zip(readings, times, strict=True))),
        key_types=tuple(
            KeyTypeGraph(
                one.frequency.name,
                one.frequency.pairs,
                *(_distinct(child, a[w], b[w]) for w in (between & holds, chance & holds)),
            )
            for one, holds in ((one, (agreeing >> bit & 1).astype(bool)) for bit, one in enumerate(shared))
        ),
    )


def _joined_pairs(records: int, shared: Sequence[SharedKeys]) -> tuple[Ints, Ints, Ints]:
    """Pairs of all key types, each once, with the bits of its agreeing key types."""
    packed = [np.unique(one.a * records + one.b) for one in shared]
    every = np.concatenate(packed) if packed else np.zeros(0, dtype=np.int64)
    bits = np.concatenate([np.full(len(one), 1 << bit, dtype=np.int64) for bit, one in enumerate(packed)] or [every])
    distinct, place = np.unique(every, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(len(distinct)))
    agreeing = np.bitwise_or.reduceat(bits[order], starts) if len(distinct) else bits[:0]
    width = max(records, 1)
    return distinct // width, distinct % width, agreeing


def _read(agreeing: int, schema: Schema) -> _Reading:
    types = [one for bit, one in enumerate(schema.key_types) if agreeing >> bit & 1]
    tags = schema.closure(tag for one in types for tag in one.tags)
    joint = {tag for c in schema.comparisons if c.kind == "joint" for level in c.levels for tag in level.tags}
    household = {tag for tag in joint if schema.tags[tag].collision <= RARE}  # a village is no household
    named = {one.name for one in types}
    implied = contradicted = 0
    for one in types:
        reached = schema.closure(one.tags)
        others = [other.name for other in schema.key_types if other is not one and reached.issuperset(other.tags)]
        implied += len(others)
        contradicted += sum(name not in named for name in others)
    return _Reading(_same_child(tags, schema), not household.isdisjoint(tags), implied, contradicted)


def _same_child(tags: frozenset[str], schema: Schema) -> bool:
    """An ID agrees, or rare tags of two comparisons that describe the person and not the household."""
    shown = 0
    for each in schema.comparisons:
        if each.kind == "joint":
            continue
        rare = any(schema.tags[tag].collision <= RARE for level in each.levels for tag in level.tags if tag in tags)
        if rare and each.visible == "has_id":
            return True
        shown += rare
    return shown >= 2


def _components(nodes: int, a: Ints, b: Ints) -> tuple[int, Ints]:
    graph = coo_matrix((np.ones(len(a), dtype=np.int8), (a, b)), shape=(nodes, nodes))
    count, label = connected_components(graph, directed=False)
    return int(count), np.asarray(label, dtype=np.int64)


def _component_sizes(
    children: int, child: Ints, edges: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]
) -> tuple[tuple[int, int], ...]:
    a = np.concatenate([child[one] for one, _ in edges])
    b = np.concatenate([child[other] for _, other in edges])
    _, label = _components(children, a, b)
    sizes, counts = np.unique(np.bincount(label, minlength=1), return_counts=True)
    return tuple((int(size), int(count)) for size, count in zip(sizes, counts, strict=True) if size > 1)


def _distinct(child: Ints, a: Ints, b: Ints) -> int:
    """Pairs of children behind pairs of records."""
    low, high = np.minimum(child[a], child[b]), np.maximum(child[a], child[b])
    return len(np.unique(low * (int(child.max(initial=0)) + 1) + high))
