"""Frequency alignment: single fields fall, the default gives nothing to rank."""

from __future__ import annotations

import key_city

from linkage.attacks.confrontation import confront
from linkage.attacks.key_frequency import align_frequencies


def test_single_fields_fall_and_the_default_does_not() -> None:
    """Names and dates as keys of their own would pass the test, or the shipped keys would fail it unnoticed."""
    same = confront(key_city.agencies(), key_city.agencies(), 1.0, 0.0, 4)
    weak = align_frequencies(same.victim, same.attacker, key_city.scheme("single-field").key_types)
    assert weak.identified > 0.8 and weak.types["NP"].right > 100 and weak.types["DX"].right > 100
    own = confront(key_city.agencies(), key_city.attacker(), 1.0, 0.0, 4)
    default = align_frequencies(own.victim, own.attacker, key_city.scheme("match-keys").key_types)
    assert default.identified < 0.01


def test_two_runs_agree() -> None:
    """Ties would be broken by chance, and a published figure could not be reproduced."""
    at = confront(key_city.agencies(), key_city.attacker(), 0.8, 0.0, 4)
    kinds = key_city.scheme("single-field").key_types
    assert align_frequencies(at.victim, at.attacker, kinds) == align_frequencies(at.victim, at.attacker, kinds)
