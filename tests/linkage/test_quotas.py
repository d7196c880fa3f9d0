"""Limits of questions about single records, and what probing looks like."""

from __future__ import annotations

import numpy as np
import pytest

from linkage.encoding.custody import normaliser_fingerprint
from linkage.flows.plan_for_batches import plan_for_batches
from linkage.quotas import ALIKE, DAY_MS, HOUR_MS, MINUTE_MS, MOST_ALIKE, Asked, Quota, Rule, broken_rule, sketch_of

NOW = 10 * DAY_MS
LANES = 40
QUOTA = Quota(1_000, 1_000)


SLOTS = [4] * LANES


def sketch(seed: int, changed: int = 0, by: int = 0) -> bytes:
    """Of a child, with so many key types changed, asked under a record id of its own: one key a type, then dummies."""
    lanes = np.random.default_rng([seed, by]).integers(0, 2**63, (LANES, 4), dtype=np.uint64) * 2
    lanes[changed:, by % 4] = np.random.default_rng(seed).integers(0, 2**63, LANES, dtype=np.uint64)[changed:] * 2
    return sketch_of(list(lanes))


def rule(fresh: bytes, earlier: list[bytes], **given: int) -> Rule | None:
    asked = at(NOW - HOUR_MS // 2, earlier)
    return broken_rule(fresh, SLOTS, asked, given.get("in_a_day", len(earlier)), NOW, QUOTA)


def at(moment: int, sketches: list[bytes]) -> Asked:
    return Asked(np.full(len(sketches), moment), sketches)


def test_guesses_at_one_child_are_probing() -> None:
    """Somebody could try names or days of birth one by one until the unit says yes."""
    guesses = [sketch(1, 15, by) for by in range(1, MOST_ALIKE + 2)]
    assert rule(guesses[-1], guesses[:-2]) is None
    assert rule(guesses[-1], guesses[:-1]) is Rule.PROBING
    assert rule(sketch(1, LANES // 2, 99), guesses[:-1]) is Rule.PROBING


PARTS = {
    "name": ("N", "SU"), "date": ("D", "Y", "M"), "guardian": ("G",), "phone": ("P",), "address": ("A", "V"),
    "date and ID": ("D", "Y", "M", "I"), "name and ID": ("N", "SU", "I"),
}  # fmt: skip
SIBLINGS = {"G", "P", "A", "V", "S", "SU"}


@pytest.mark.parametrize("population", [5_000, 50_000, 200_000, 2_000_000])
def test_guesses_at_one_part_look_alike_under_every_plan_and_siblings_do_not(population: int) -> None:
    """Days of birth could be tried one by one, because too many keys of a plan hold them; or a family be shut out."""
    key_types = plan_for_batches("cn-child-v1", "match-keys", population, normaliser_fingerprint()).schema.key_types
    for part, tags in PARTS.items():
        left = [each for each in key_types if not any(tag.startswith(tags) for tag in each.tags)]
        assert len(left) / len(key_types) >= ALIKE, part
    shared = [each for each in key_types if SIBLINGS.issuperset(each.tags)]
    assert len(shared) / len(key_types) < ALIKE / 2


def test_a_busy_desk_is_not_probing() -> None:
    """A hospital that admits many children, or repeats a question, would be locked out."""
    assert rule(sketch(0), [sketch(n) for n in range(1, 500)]) is None
    assert rule(sketch(1), [sketch(1)] * 20) is None
    siblings = [sketch(1, int(LANES * 0.95), by) for by in range(1, 20)]  # one address, one guardian
    assert rule(sketch(1, int(LANES * 0.95), 99), siblings) is None


def test_the_quotas_hold_to_the_question() -> None:
    """An agency could ask about everybody."""
    strangers = [sketch(n) for n in range(1, 10)]
    assert rule(sketch(0), strangers, in_a_day=999) is None
    assert rule(sketch(0), strangers, in_a_day=1_000) is Rule.PER_DAY
    recent = at(NOW - MINUTE_MS + 1, strangers)
    assert broken_rule(sketch(0), SLOTS, recent, 9, NOW, Quota(99, 10)) is None
    assert broken_rule(sketch(0), SLOTS, recent, 9, NOW, Quota(99, 9)) is Rule.PER_MINUTE
    earlier = at(NOW - MINUTE_MS, strangers)
    assert broken_rule(sketch(0), SLOTS, earlier, 9, NOW, Quota(99, 9)) is None
