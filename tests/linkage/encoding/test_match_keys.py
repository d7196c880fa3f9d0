"""Match keys and padding: equal tags meet, nothing else does, and counts, positions and missing fields stay hidden."""

from __future__ import annotations

import numpy as np
import pytest

from linkage.encoded import Place
from linkage.encoding.keys import AgencyKey, LinkageSecret
from linkage.encoding.match_keys import build_keys, padding_key, record_seeds, tag_digests
from linkage.encoding.tag_columns import Contribution, TagColumn, collect
from linkage.schema import KeyType

SECRET = LinkageSecret(b"s" * 32)
OTHER_SECRET = LinkageSecret(b"o" * 32)
AGENCY = AgencyKey(b"a" * 32)
TYPE = KeyType(("N", "D"), 3)


def columns(names: list[tuple[str, ...]], dates: list[tuple[str, ...]]) -> dict[str, TagColumn]:
    contributions = [
        Contribution(np.arange(len(values), dtype=np.int32), [{tag: v} for v in values])
        for tag, values in (("N", names), ("D", dates))
    ]
    return collect(len(names), contributions, {"N": 3, "D": 2})


def keys_of(
    tags: dict[str, TagColumn], ids: list[str], secret: LinkageSecret = SECRET, agency: AgencyKey = AGENCY
) -> np.ndarray:
    digests = tag_digests(tags, secret)
    return build_keys(TYPE, tags, digests, record_seeds(ids, agency), secret, agency).keys


def shared(a: np.ndarray, b: np.ndarray) -> int:
    return len({k.tobytes() for k in a} & {k.tobytes() for k in b})


def test_equal_tags_meet_across_agencies() -> None:
    """Two agencies' records of one child would share no key."""
    here = keys_of(columns([("li",)], [("2013",)]), ["1"])
    there = keys_of(columns([("wang", "li")], [("2013",)]), ["x"], agency=AgencyKey(b"b" * 32))
    assert shared(here[0], there[0]) == 1


def test_every_combination_has_a_key_until_the_slots_are_full() -> None:
    """A second phone or reading would be lost, or the slots of the plan would be exceeded."""
    tags = columns([("a", "b")], [("x", "y")])
    built = build_keys(TYPE, tags, tag_digests(tags, SECRET), record_seeds(["1"], AGENCY), SECRET, AGENCY)
    assert (built.filled, built.overflow) == (3, 1)
    assert built.keys.shape == (1, 3, 16)


def test_four_tags_meet_when_all_agree_and_only_then() -> None:
    """The narrowest keys would tie whoever shares three of their fields, or nobody at all."""
    values = {"N": ("li", "li"), "D": ("2013", "2013"), "G": ("wang", "wang"), "V": ("east", "west")}
    rows = {tag: [(value,) for value in (*pair, pair[0])] for tag, pair in values.items()}
    each = [Contribution(np.arange(3, dtype=np.int32), [{tag: v} for v in cells]) for tag, cells in rows.items()]
    tags = collect(3, each, dict.fromkeys(rows, 1))
    four = KeyType(tuple(rows), 1)
    keys = build_keys(four, tags, tag_digests(tags, SECRET), record_seeds(["1", "2", "3"], AGENCY), SECRET, AGENCY).keys
    assert (shared(keys[0], keys[1]), shared(keys[0], keys[2])) == (0, 1)


def test_different_secrets_share_nothing() -> None:
    """A stolen batch of one project could be matched with another's."""
    tags = columns([("li",)], [("2013",)])
    assert shared(keys_of(tags, ["1"])[0], keys_of(tags, ["1"], secret=OTHER_SECRET)[0]) == 3 - 1


def test_dummies_are_stable_and_meet_nobody() -> None:
    """Comparing two submissions would show which slots are real, or dummies would link strangers."""
    tags = columns([(), ()], [(), ()])
    first, again = keys_of(tags, ["1", "2"]), keys_of(tags, ["1", "2"])
    assert np.array_equal(first, again)
    assert len({k.tobytes() for k in first.reshape(-1, 16)}) == 6


def test_a_missing_field_looks_like_a_full_one() -> None:
    """The shape of a record would single out the child (match-keys.md section 5)."""
    full = keys_of(columns([("li", "lee")], [("2013",)]), ["1"])
    empty = keys_of(columns([()], [()]), ["2"])
    assert full.shape == empty.shape
    assert not (full == 0).all(axis=2).any() and not (empty == 0).all(axis=2).any()


def test_the_slot_of_a_real_key_depends_on_the_record() -> None:
    """Slot 0 would always be real, so position would tell real keys from dummies."""
    n = 300
    tags = columns([("li",)] * n, [("2013",)] * n)
    keys = keys_of(tags, [str(i) for i in range(n)])
    real = keys_of(columns([("li",)], [("2013",)]), ["z"])
    values, count = np.unique(keys.reshape(-1, 16), axis=0, return_counts=True)
    key = values[count.argmax()]
    places = np.flatnonzero((keys == key).all(axis=2).any(axis=0))
    assert len(places) == TYPE.slots and shared(real[0], keys[0]) == 1


def test_real_keys_stand_in_every_pair_of_slots() -> None:
    """Two real keys side by side would show that what lies between two shared ones is real, and so count values."""
    n = 300
    tags = columns([("li", "lee")] * n, [("2013",)] * n)
    keys = keys_of(tags, [str(i) for i in range(n)])
    values, count = np.unique(keys.reshape(-1, 16), axis=0, return_counts=True)
    first, second = (np.nonzero((keys == values[one]).all(axis=2))[1] for one in np.flatnonzero(count == n))
    assert len(set(zip(first.tolist(), second.tolist(), strict=True))) == TYPE.slots * (TYPE.slots - 1)


def test_slots_of_two_key_types_are_unrelated() -> None:
    """A key type whose real slots are known would give those of another type away."""
    n = 300
    tags = columns([("li",)] * n, [("2013",)] * n)
    seeds = record_seeds([str(i) for i in range(n)], AGENCY)
    places = []
    for kind in (TYPE, KeyType(("D", "N"), 3)):
        keys = build_keys(kind, tags, tag_digests(tags, SECRET), seeds, SECRET, AGENCY).keys
        values, count = np.unique(keys.reshape(-1, 16), axis=0, return_counts=True)
        places.append(np.nonzero((keys == values[count.argmax()]).all(axis=2))[1])
    assert 0.2 < float((places[0] == places[1]).mean()) < 0.47


def test_more_slots_than_one_draw_orders() -> None:
    """A schema with many slots per key type would lose keys or fail."""
    tags = columns([("a", "b")], [("x", "y")])
    kind = KeyType(("N", "D"), 20)
    built = build_keys(kind, tags, tag_digests(tags, SECRET), record_seeds(["1"], AGENCY), SECRET, AGENCY)
    assert (built.filled, len({key.tobytes() for key in built.keys[0]})) == (4, 20)


@pytest.mark.parametrize(
    "other",
    [(SECRET, Place("p-one", "a", 2)), (SECRET, Place("p-two", "a", 1)), (OTHER_SECRET, Place("p-one", "a", 1))],
)
def test_dummies_do_not_outlive_the_real_keys(other: tuple[LinkageSecret, Place]) -> None:
    """Under a new secret all real keys change: a unit that keeps two epochs would know what stayed for dummies."""
    tags, ids = columns([("li",), ()], [("2013",), ()]), ["1", "2"]
    here = keys_of(tags, ids, agency=padding_key(AGENCY, SECRET, Place("p-one", "a", 1)))
    there = keys_of(tags, ids, secret=OTHER_SECRET, agency=padding_key(AGENCY, *other))
    assert shared(here.reshape(-1, 16), there.reshape(-1, 16)) == 0


def test_joined_values_do_not_collide() -> None:
    """("ab", "c") and ("a", "bc") would be one key and link two children."""
    tags = columns([("ab",), ("a",)], [("c",), ("bc",)])
    both = keys_of(tags, ["1", "2"])
    assert shared(both[0], both[1]) == 0


def test_keys_hide_in_repr() -> None:
    """A traceback or log would print the linkage secret."""
    assert "ssss" not in repr(SECRET) and b"s" * 8 not in repr(SECRET).encode()


def test_collision_rate_is_sum_of_squares_without_self() -> None:
    """The published u would be biased: Σ n(n−1) / N(N−1) by hand on five records."""
    column = columns([("a",), ("a",), ("a",), ("b",), ()], [()] * 5)["N"]
    assert column.collision() == pytest.approx(6 / 20)
