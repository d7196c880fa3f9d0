"""The graph attack on CLKs: it must break what is known to be weak, or its silence about the default proves nothing."""

from __future__ import annotations

import numpy as np
import pytest

from linkage.attacks.clk_plaintext import generated_children
from linkage.attacks.spectral_matching import judge, match_graphs
from linkage.attacks.weak_schemes import guessed_keys, scheme_named, similarity

RECORDS = 400


def identified(scheme: str, overlap: float = 1.0) -> tuple[float, float]:
    """Share that the attack names rightly, and chance."""
    chosen = scheme_named(scheme, 2_000_000)
    plaintext = generated_children(RECORDS, 5)
    rng = np.random.default_rng(6)
    rows = rng.permutation(RECORDS)
    seen = similarity(chosen.encode(plaintext.take(rows).columns, rng.bytes(32), 1))
    listed = plaintext.take(np.sort(rng.choice(RECORDS, round(overlap * RECORDS), replace=False)))
    expected = chosen.expected(listed.columns, guessed_keys(6, 1))
    found = judge(match_graphs(seen, expected), plaintext.child[rows], listed.child)
    return found.identified, found.chance


@pytest.mark.parametrize("scheme", ["plain-clk", "min-hash", "blip:f=0.05", "eld:t=3,m=2048"])
def test_weak_schemes_are_broken(scheme: str) -> None:
    """An attack that finds nothing anywhere would call every scheme safe."""
    assert identified(scheme)[0] >= 0.8


def test_partial_overlap_still_breaks_a_plain_clk() -> None:
    """The attack would need the agency's own file and miss what a stolen register does."""
    assert identified("plain-clk", 0.8)[0] >= 0.5


def test_the_default_is_not_broken() -> None:
    """The shipped scheme would give children away to whoever holds the same file."""
    share, chance = identified("clk")
    assert share <= chance + 0.0125


def test_every_generated_record_is_another_child() -> None:
    """Two records of one child would stand out by each other and make the attack look stronger than it is."""
    made = generated_children(300, 2)
    assert len(made) == 300 == len(np.unique(made.child))
    assert len(np.unique(made.family)) < 300
