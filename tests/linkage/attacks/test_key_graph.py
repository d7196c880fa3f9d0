"""The graph of equal keys: pairs, key types, hubs, components and figures per child."""

from __future__ import annotations

import numpy as np
import pytest

from linkage.attacks import key_graph
from linkage.attacks.key_graph import KeyGraph, component_sizes, components, graph_figures, resized
from linkage.attacks.unit_view import UnitView


def view(holders: list[tuple[int, list[int]]], records: int, types: int = 3) -> UnitView:
    """Keys as (type, records that hold it)."""
    record = [r for _, held in holders for r in held]
    key = [k for k, (_, held) in enumerate(holders) for _ in held]
    return UnitView(
        np.zeros(records, dtype=np.int64), {}, np.array(record), np.array(key),
        np.array([t for t, _ in holders]), tuple("ABCDEFGH"[:types]),
    )  # fmt: skip


def edges(graph: KeyGraph) -> dict[tuple[int, int], int]:
    return {(int(a), int(b)): int(t) for a, b, t in zip(graph.a, graph.b, graph.types, strict=True)}


def test_a_pair_bears_all_its_key_types() -> None:
    """An edge would look like others that share fewer kinds of keys, and the attack would be too weak."""
    graph = key_graph.key_graph(view([(0, [0, 1, 2]), (2, [1, 0])], 4))
    assert edges(graph) == {(0, 1): 0b101, (0, 2): 1, (1, 2): 1}
    assert components(graph).tolist() == [0, 0, 0, 1]


def test_records_of_one_child_are_one_node() -> None:
    """A child's own records would count as different children who share keys."""
    graph = key_graph.key_graph(view([(0, [0, 1]), (1, [1, 2])], 3), np.array([0, 0, 1]))
    assert edges(graph) == {(0, 1): 2}


def test_a_large_group_is_joined_through_a_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that a whole city shares would cost the square of the city, or would be overlooked."""
    everyone = view([(1, list(range(9))), (0, [8, 9])], 11)
    whole = component_sizes(key_graph.key_graph(everyone))
    monkeypatch.setattr(key_graph, "LARGEST_GROUP", 4)
    graph = key_graph.key_graph(everyone)
    assert (len(graph.hub_sizes), len(graph.a)) == (1, 10)
    assert sorted(component_sizes(graph)) == sorted(whole) == [1, 10]
    assert sorted(component_sizes(resized(graph, 20))) == [1] * 10 + [10]
    figures = graph_figures(graph, np.arange(11), 110, 11)
    assert figures.neighbours == pytest.approx((9 * 8 + 2) / 11)
    assert figures.floor_sum == pytest.approx(10 * (9 * 8 + 2) / 11)


def test_only_other_families_count_against_the_floor() -> None:
    """Brothers and sisters, who share keys by nature, would make every plan look leaky."""
    graph = key_graph.key_graph(view([(0, [0, 1]), (0, [2, 3]), (1, [2, 3])], 4))
    figures = graph_figures(graph, np.array([5, 5, 6, 7]), 40, 4)
    assert (figures.neighbours, figures.other_family, figures.largest) == (1.0, 0.5, 2)
    assert figures.per_type == {"A": 0.5, "B": 0.5, "C": 0.0}
    assert figures.floor_sum == 10.0


def test_more_key_types_than_bits_are_refused() -> None:
    """Two key types would share a bit."""
    many = view([(0, [0, 1])], 2)
    with pytest.raises(ValueError, match="63"):
        key_graph.key_graph(UnitView(many.source, {}, many.record, many.key, many.key_type, ("A",) * 64))
