"""The graph that equal keys draw: which records, or which children, share at least one key, and keys of which types.

Over *records* it is what the linkage unit sees. Over *children* the records of each child are merged, as good links
would merge them; what is left joins different people, and its components must stay tiny. It names nobody and attacks
nothing; growth is linear in the number of children for every key type, so a figure at 50,000 children is worth nothing
until it is extrapolated.

May touch: nothing
Sees:      nothing personal
Spec:      match-keys.md section 5
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from linkage.attacks.plaintext import Ints
from linkage.attacks.unit_view import UnitView

LARGEST_GROUP = 48  # a key on more nodes is joined through a hub of its own, else its pairs grow with the square
TYPES = 63
Masks = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class KeyGraph:
    """`nodes` records or children, then `hubs`; edge i joins a[i] < b[i], `types[i]` has bit t for a key of type t.

    A hub stands for one key on more than `LARGEST_GROUP` nodes, `hub_sizes` says on how many.
    """

    nodes: int
    a: Ints = field(repr=False)
    b: Ints = field(repr=False)
    types: Masks = field(repr=False)
    hub_sizes: Ints = field(repr=False)
    type_names: tuple[str, ...]

    @property
    def size(self) -> int:
        """Nodes and hubs."""
        return self.nodes + len(self.hub_sizes)


@dataclass(frozen=True, slots=True)
class GraphFigures:
    """What the graph of children shows, per child.

    `neighbours` share a key with the child, `other_family` of these belong to another family, `per_type` of these by
    key type. `floor_sum` is the sum of `per_type` at `population`, extrapolated. `components` maps size to how many.
    """

    children: int
    population: int
    neighbours: float
    other_family: float
    per_type: Mapping[str, float]
    floor_sum: float
    largest: int
    components: Mapping[int, int]


def key_graph(view: UnitView, owner: Ints | None = None) -> KeyGraph:
    """The graph over records or, with `owner` int64[records] numbering the children from 0, over children.

    ValueError for more than 63 key types: an edge holds them in one word.
    """
    if len(view.type_names) > TYPES:
        raise ValueError(f"at most {TYPES} key types fit an edge")
    nodes = len(view) if owner is None else int(owner.max(initial=-1)) + 1
    node = view.record if owner is None else owner[view.record]
    held = np.unique(view.key * nodes + node) if nodes else np.zeros(0, dtype=np.int64)
    key, node = held // max(nodes, 1), held % max(nodes, 1)
    first = np.flatnonzero(np.diff(key, prepend=-1))
    size = np.diff(np.append(first, len(key)))
    bit = np.left_shift(np.uint64(1), view.key_type[key[first]].astype(np.uint64))
    hubs = np.flatnonzero(size > LARGEST_GROUP)
    pairs = [
        _pairs_of(node, first[size == g], int(g), bit[size == g]) for g in np.unique(size) if 2 <= g <= LARGEST_GROUP
    ]
    pairs += [
        (node[first[hub] : first[hub] + size[hub]], np.full(size[hub], nodes + i), np.full(size[hub], bit[hub]))
        for i, hub in enumerate(hubs)
    ]
    a, b, types = _merged(pairs, nodes + len(hubs))
    return KeyGraph(nodes, a, b, types, size[hubs], view.type_names)


def resized(graph: KeyGraph, nodes: int) -> KeyGraph:
    """The same graph among `nodes` ≥ graph.nodes numbers; those beyond have no record."""
    b = np.where(graph.b < graph.nodes, graph.b, graph.b - graph.nodes + nodes)
    return KeyGraph(nodes, graph.a, b, graph.types, graph.hub_sizes, graph.type_names)


def graph_figures(graph: KeyGraph, family: Ints, population: int, present: int) -> GraphFigures:
    """Figures of a graph over children; `family` int64[nodes], `present` children with at least one record."""
    direct = graph.b < graph.nodes
    a, b, types = graph.a[direct], graph.b[direct], graph.types[direct]
    apart = (family[a] != family[b]) | (family[a] < 0)
    through_hubs = int((graph.hub_sizes * (graph.hub_sizes - 1)).sum())  # counted as other families
    hub_types = graph.types[~direct]
    per_type = {
        name: (
            2 * int((types[apart] >> np.uint64(t) & np.uint64(1)).sum())
            + _hub_neighbours(graph, hub_types, graph.b[~direct], t)
        )
        / present
        for t, name in enumerate(graph.type_names)
    }
    sizes, counts = np.unique(component_sizes(graph), return_counts=True)
    return GraphFigures(
        present, population, (2 * len(a) + through_hubs) / present, (2 * int(apart.sum()) + through_hubs) / present,
        per_type, sum(per_type.values()) * population / present, int(sizes.max(initial=0)),
        {int(s): int(c) for s, c in zip(sizes, counts, strict=True)},
    )  # fmt: skip


def components(graph: KeyGraph) -> Ints:
    """Component number of every node; hubs join their members and are left out."""
    ones = np.ones(len(graph.a), dtype=np.int8)
    adjacency = coo_array((ones, (graph.a, graph.b)), shape=(graph.size, graph.size))
    return np.asarray(connected_components(adjacency, directed=False)[1][: graph.nodes]).astype(np.int64)


def component_sizes(graph: KeyGraph) -> Ints:
    """Number of nodes of each component."""
    return np.bincount(components(graph), minlength=0)


def _pairs_of(node: Ints, first: Ints, size: int, bit: Masks) -> tuple[Ints, Ints, Masks]:
    """All pairs inside the groups of one size."""
    members = node[first[:, None] + np.arange(size)]
    left, right = np.triu_indices(size, 1)
    return members[:, left].ravel(), members[:, right].ravel(), np.repeat(bit, len(left))


def _merged(pairs: list[tuple[Ints, Ints, Masks]], size: int) -> tuple[Ints, Ints, Masks]:
    """Each pair once, with the bits of all its keys."""
    if not pairs:
        none = np.zeros(0, dtype=np.int64)
        return none, none, np.zeros(0, dtype=np.uint64)
    code = np.concatenate([a * size + b for a, b, _ in pairs])
    bits = np.concatenate([bit for _, _, bit in pairs])
    order = np.argsort(code, kind="stable")
    starts = np.flatnonzero(np.diff(code[order], prepend=-1))
    merged = np.bitwise_or.reduceat(bits[order], starts)
    once = code[order][starts]
    return once // size, once % size, merged


def _hub_neighbours(graph: KeyGraph, types: Masks, hub: Ints, number: int) -> int:
    members = (types >> np.uint64(number) & np.uint64(1)).astype(bool)
    return int((graph.hub_sizes[hub[members] - graph.nodes] - 1).sum())
