"""The header of corrected files: what the custodian stated is neither lost to a correction nor left on a small file."""

from __future__ import annotations

from linkage.encoded import Header
from linkage.standing import header_of_all


def header(records: int, floor: float | None) -> Header:
    health = {} if floor is None else {"floor": floor}
    collisions = {} if floor is None else {"NX": 1e-4}
    return Header("s", "f", "k", records, "match-keys", "n", collisions, health)


def test_the_worst_stated_figure_stays() -> None:
    """A leaking file could be sent as a correction of a small one, whose header alone was looked at."""
    assert header_of_all([header(10, None), header(50_000, 0.9)], 50_010).health == {"floor": 0.9}
    assert header_of_all([header(50_000, 0.9), header(50_000, 0.1)], 50_000).health == {"floor": 0.9}


def test_a_file_that_shrinks_states_nothing() -> None:
    """A subject's deletion from a file of 10,000 would stop every later job: small files may state no figure."""
    found = header_of_all([header(10_000, 0.1), header(5, None)], 9_999)
    assert (found.records, found.health, found.collisions) == (9_999, {}, {})
