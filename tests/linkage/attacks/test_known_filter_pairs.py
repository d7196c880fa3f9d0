"""Known pairs on filters: what can be learned must be, or the silence about the default proves nothing."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from linkage.attacks.clk_plaintext import ClkPlaintext, generated_children
from linkage.attacks.known_filter_pairs import Emulator, name_by_known_pairs
from linkage.attacks.pattern_mining import Mined, found_holders, mine_patterns
from linkage.attacks.weak_schemes import scheme_named
from linkage.encoding.token_incidence import incidence

RECORDS, KNOWN = 700, 300


@cache
def city() -> tuple[ClkPlaintext, np.ndarray]:
    plaintext = generated_children(RECORDS, 8)
    return plaintext, incidence(plaintext.columns).toarray()


def bits(scheme: str) -> np.ndarray:
    filters = scheme_named(scheme, 2_000_000).encode(city()[0].columns, b"\x05" * 32, 2)
    return np.unpackbits(filters.view(np.uint8), axis=1, bitorder="little").astype(np.float32)


def named(scheme: str, emulator: Emulator) -> float:
    known = np.random.default_rng(4).permutation(RECORDS)[:KNOWN].astype(np.int64)
    return name_by_known_pairs(city()[1], bits(scheme), known, emulator, 1).identified


def mined(scheme: str) -> Mined:
    return mine_patterns(bits(scheme), city()[1])


@pytest.mark.parametrize("emulator", ["linear", "kernel", "neural"])
def test_every_emulator_reads_a_plain_filter(emulator: Emulator) -> None:
    """An emulator that learns nothing would call every scheme safe."""
    assert named("plain-clk", emulator) >= 0.9


def test_weak_diffusion_is_learned() -> None:
    """t=3 would pass for safe because only ORs can be learned."""
    assert named("eld:t=3,m=2048", "neural") >= 0.2


@pytest.mark.parametrize("emulator", ["linear", "kernel", "neural"])
def test_the_default_teaches_nothing(emulator: Emulator) -> None:
    """Some hundred known children would give away all the others."""
    assert named("clk", emulator) <= 0.03


def test_a_plain_filter_shows_who_shares_a_token() -> None:
    """Pattern mining that finds nothing in a plain filter would call every scheme safe."""
    found = mined("plain-clk")
    assert found.share >= 0.05 and found.true >= 20


def test_the_default_shows_no_bits_together() -> None:
    """Common names would stand out of the shipped scheme's filters."""
    assert mined("clk") == Mined(0, 0, mined("clk").common, 0, 0)


def test_planted_bits_are_found_with_their_holders() -> None:
    """Groups would hold other records than those that have the token."""
    rng = np.random.default_rng(5)
    noise = (rng.random((900, 128)) < 0.3).astype(np.float32)
    holders = rng.random(900) < 0.2
    noise[np.ix_(holders, [7, 40, 41, 99, 120, 3, 77, 64])] = 1
    found = found_holders(noise)
    alike = [float(np.corrcoef(group, holders)[0, 1]) for group in found]
    assert alike and max(alike) > 0.95
