"""Colour refinement: the fast one against a plain one on small graphs, and what padding must hide from it."""

from __future__ import annotations

from collections import Counter

import key_city
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.attacks.key_graph import KeyGraph, key_graph
from linkage.attacks.refinement import child_attributes, record_attributes, refine, singled_out

EDGES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(1, 7)), max_size=14)


def graph_of(edges: list[tuple[int, int, int]], nodes: int = 8) -> KeyGraph:
    once = {(min(a, b), max(a, b)): t for a, b, t in edges if a != b}
    a, b = (np.array([pair[i] for pair in once], dtype=np.int64) for i in (0, 1))
    return KeyGraph(nodes, a, b, np.array(list(once.values()), dtype=np.uint64), np.zeros(0, np.int64), ("A", "B", "C"))


def plain(graph: KeyGraph, colours: list[int], with_types: bool) -> list[int]:
    """Refinement by sorted tuples, until nothing splits."""
    names: list[object] = list(colours)
    for _ in range(graph.nodes):
        heard: list[list[object]] = [[] for _ in names]
        for a, b, t in zip(graph.a.tolist(), graph.b.tolist(), graph.types.tolist(), strict=True):
            label = t if with_types else 0
            heard[a].append((label, names[b]))
            heard[b].append((label, names[a]))
        signatures = [(name, tuple(sorted(sound))) for name, sound in zip(names, heard, strict=True)]  # type: ignore[type-var]
        number = {s: i for i, s in enumerate(sorted(set(signatures)))}
        names = [number[s] for s in signatures]
    return [int(name) for name in names]  # type: ignore[call-overload]


def classes(colours: list[int]) -> set[frozenset[int]]:
    return {frozenset(i for i, c in enumerate(colours) if c == colour) for colour in colours}


@given(EDGES, st.lists(st.integers(0, 1), min_size=8, max_size=8), st.booleans())
def test_fast_and_plain_refinement_agree(edges: list[tuple[int, int, int]], start: list[int], typed: bool) -> None:
    """The bound on what an identical file singles out would be too low or too high."""
    graph = graph_of(edges)
    fast = refine(graph, np.array(start, dtype=np.uint64), with_types=typed)
    assert classes(fast.tolist()) == classes(plain(graph, start, typed))


def test_alone_and_small_classes_are_counted_among_those_present() -> None:
    """Children without any record would hide the others in their class."""
    found = singled_out("x", np.array([1, 2, 2, 3, 3, 3, 3, 3, 1]), np.arange(9) < 8)
    assert (found.nodes, found.alone, found.small) == (8, 1 / 8, 3 / 8)


def test_a_childs_attributes_are_those_of_its_records_in_any_order() -> None:
    """Two children seen alike would be told apart by the order of their rows."""
    words = np.array([5, 9, 9, 5, 5], dtype=np.uint64)
    held = child_attributes(words, np.array([0, 0, 1, 1, 2]), 4)
    assert held[0] == held[1] and Counter(held.tolist())[int(held[2])] == 1 and held[3] == 0


def test_padding_hides_what_the_unpadded_set_shows() -> None:
    """The attack would not see what padding is for, or padding would not hide it."""
    open_view = key_city.scheme("match-keys:unpadded").view(key_city.agencies())
    padded = key_city.scheme("match-keys").view(key_city.agencies())
    shares = []
    for view, seen in ((padded, ("agency", "shapes")), (open_view, ("agency", "shapes", "counts"))):
        child = key_city.agencies().child
        graph = key_graph(view, child)
        words = child_attributes(record_attributes(view, seen), child, graph.nodes)  # type: ignore[arg-type]
        present = np.isin(np.arange(graph.nodes), child)
        shares.append(singled_out("", refine(graph, words, with_types=True), present).alone)
    assert shares[0] < 0.2 < 0.5 < shares[1]
    with pytest.raises(ValueError, match="padded"):
        record_attributes(padded, ("counts",))
