"""Seeded graph matching: it must break what is weak, leave the default at a few, and never read the judge's numbers."""

from __future__ import annotations

import key_city
import numpy as np

from linkage.attacks.confrontation import confront
from linkage.attacks.key_graph import KeyGraph
from linkage.attacks.key_schemes import KeySchemeName
from linkage.attacks.match_key_report import attack_graph, seeded_outcome
from linkage.attacks.seeded_matching import Outcome, Side, beside, learn_confidence, match_graphs

NOBODY = np.zeros(0, dtype=np.int64)


def outcome(name: KeySchemeName, *, identical: bool, overlap: float, known: float = 0.02) -> Outcome:
    """The city plays its own rehearsal under another draw of families, which only helps the attacker."""
    other = key_city.agencies() if identical else key_city.attacker()
    real, rehearsed = (confront(key_city.agencies(), other, overlap, known, seed) for seed in (1, 2))
    return seeded_outcome(key_city.scheme(name), real, rehearsed)


def test_the_weak_sets_break() -> None:
    """The attack's silence about the default would prove nothing."""
    assert outcome("match-keys:unpadded", identical=True, overlap=1.0).identified > 0.4
    assert outcome("match-keys:no-floor", identical=True, overlap=0.5).identified > 0.3


def test_the_default_does_not_break() -> None:
    """An attacker with his own file of half the children would name more than a handful with confidence."""
    found = outcome("match-keys", identical=False, overlap=0.5)
    assert found.identified * found.victims <= 8
    assert found.guessed < 0.1


def test_the_same_seed_gives_the_same_figures() -> None:
    """A published figure could not be reproduced."""
    scheme, schema, profile = (
        key_city.scheme("match-keys"),
        key_city.plan_for(2_000_000).schema,
        key_city.city().profile,
    )
    runs = [attack_graph(scheme, schema, 300, 5, profile, 0.5, 0.05, lambda text: None) for _ in range(2)]
    assert runs[0] == runs[1]


def test_without_anything_to_see_nobody_is_named() -> None:
    """The attacker would find children by a number that both sides share."""
    size = 50
    empty = KeyGraph(size, NOBODY, NOBODY, np.zeros(0, dtype=np.uint64), NOBODY, ("A",))
    blank = np.zeros(size, dtype=np.uint64)
    side = Side(empty, (blank, blank), np.ones((size, 1), dtype=np.int64), np.ones(size, dtype=bool))
    same = np.random.default_rng(0).permutation(size)
    confidence = learn_confidence([(side, side, same, np.zeros(size, dtype=bool))])
    assert len(match_graphs(side, side, NOBODY, NOBODY, confidence).v) == 0


def test_a_known_child_gives_away_a_lone_sibling() -> None:
    """The attack would not even follow an edge."""
    one = KeyGraph(
        6, np.array([0, 2, 4]), np.array([1, 3, 5]), np.array([3, 3, 3], dtype=np.uint64), NOBODY, ("A", "B")
    )
    blank = np.zeros(6, dtype=np.uint64)
    side = Side(one, (blank,), np.ones((6, 1), dtype=np.int64), np.ones(6, dtype=bool))
    same, known = np.arange(6), np.array([True, False, True, False, True, False])
    confidence = learn_confidence([(side, side, same, known)] * 40)
    v = np.flatnonzero(known)
    found = match_graphs(side, side, v, same[v], confidence)
    assert sorted(zip(found.v.tolist(), found.w.tolist(), strict=True)) == [(1, 1), (3, 3), (5, 5)]


def test_two_graphs_stand_side_by_side_with_their_hubs_behind() -> None:
    """A hub of one side would become a child of the other."""
    left = KeyGraph(2, np.array([0, 1]), np.array([2, 2]), np.ones(2, dtype=np.uint64), np.array([2]), ("A",))
    both = beside(left, left)
    assert (both.nodes, both.a.tolist(), both.b.tolist()) == (4, [0, 1, 2, 3], [4, 4, 5, 5])


def test_files_share_whole_families_to_the_stated_extent() -> None:
    """Overlap, the figure that every result is quoted for, would be another one."""
    at = confront(key_city.agencies(), key_city.attacker(), 0.5, 0.1, 3)
    shared = (at.same >= 0).sum()
    assert 0.38 < shared / at.victims < 0.62
    assert 0.38 < shared / at.attacker.children < 0.62
    assert 0.02 < at.known.sum() / shared < 0.2
    assert not np.intersect1d(at.victim.child, np.flatnonzero(at.same == np.arange(len(at.same)))).size > 10
