"""Enumeration with a leaked secret: it succeeds, with the encoder's own keys and valid numbers."""

from __future__ import annotations

from itertools import count

import key_city
import numpy as np

from linkage.attacks.enumeration import Enumerated, candidate_ids, encoded_ids, id_keys, look_up
from linkage.attacks.match_key_report import attack_enumeration
from linkage.encoding.keys import LinkageSecret
from linkage.synthetic.resident_ids import is_valid

SECRET = LinkageSecret(b"s" * 32)


def test_every_candidate_is_a_valid_id_of_its_day() -> None:
    """The attack would guess numbers that nobody bears and miss those that somebody does."""
    numbers = candidate_ids(320684, np.array(["2012-02-29", "2013-01-01"], dtype="datetime64[D]"))
    texts = [bytes(row).decode() for row in numbers]
    assert len(set(texts)) == 2 * 999 and all(is_valid(text) for text in texts)
    assert {text[:14] for text in texts} == {"32068420120229", "32068420130101"}


def test_a_leaked_secret_reads_every_id_that_is_tried() -> None:
    """The cost would be stated for an attack that does not even work, or works on other keys than the encoder's."""
    column = key_city.agencies().tags["I"]
    keys = encoded_ids(column, SECRET)[:, 0]
    numbers = np.array([list(number.encode()) for number in column.vocabulary], dtype=np.uint8)
    hits = look_up(id_keys(numbers, SECRET), keys)
    has_id = np.diff(column.indptr) > 0
    assert (hits[has_id] == column.codes).all() and (hits[~has_id] == -1).all()
    assert (look_up(id_keys(numbers, LinkageSecret(b"o" * 32)), keys) == -1).all()


def test_the_report_says_that_it_succeeds_and_what_it_costs() -> None:
    """A reader would believe that a shared key protects against its holders."""
    ticks = count(0, 2)
    found = attack_enumeration(key_city.agencies(), SECRET, 40, 1, lambda: float(next(ticks)), lambda text: None)
    assert found[0].value == 1.0 and found[1].value > 0
    assert Enumerated(10, 2.0, 1, 1).rate == 5.0
