"""Weak key sets: complete, and only ever for the attacks."""

from __future__ import annotations

import key_city

from linkage.attacks import weak_sets
from linkage.attacks.plaintext import Plaintext


def test_deletions_leave_out_each_character_once() -> None:
    """The set that the attacks must break would be stronger than the one that was once measured."""
    some = key_city.agencies()
    more = weak_sets.with_deletions(some)
    ids, gone = some.tags["I"], more.tags["I-"]
    record = int((ids.indptr[1:] > ids.indptr[:-1]).argmax())
    number = ids.vocabulary[ids.codes[ids.indptr[record]]]
    left = {gone.vocabulary[c] for c in gone.codes[gone.indptr[record] : gone.indptr[record + 1]]}
    assert left == {number[:i] + number[i + 1 :] for i in range(18)}


def test_the_weak_set_holds_what_the_floor_forbids() -> None:
    """A change of the shipped schema would quietly make the weak set strong."""
    names = {kind.name for kind in weak_sets.no_floor(key_city.plan_for(2_000_000).schema.tags)}
    assert {"NC.G", "NC.DL", "NG.DL", "YM.G", "NX.DY.S", "I-"} <= names and len(names) <= 63


def test_a_tag_that_is_gone_takes_only_its_own_keys_along() -> None:
    """Every attack on the weak sets would stop at a renamed tag."""
    assert [kind.name for kind in weak_sets.single_field({"NP", "P"})] == ["NP", "P"]
    assert weak_sets.with_deletions(Plaintext({}, {}, *[key_city.agencies().source] * 3)).tags == {}
