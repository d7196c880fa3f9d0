"""Record handles: the same record keeps its name at the unit, and no two places or agencies share one."""

from __future__ import annotations

import hmac

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linkage.encoded import Place
from linkage.encoding.keys import AgencyKey
from linkage.encoding.match_keys import record_handles, record_seeds

KEY = AgencyKey(bytes(range(32)))
PLACE = Place("p-one", "school", 1)
IDS = ["a", "b", "甲" * 40, ""]


def test_a_handle_is_the_keyed_digest_of_the_record_id() -> None:
    """A custodian's other tools could not make the handle again from its own ids."""
    key = KEY.derive("handle", "p-one", "1")
    message = bytes([1]) + b"a".ljust(53, b"\0")
    assert record_handles(["a"], KEY, PLACE)[0].tobytes() == hmac.digest(key, message, "sha256")[:16]


@given(st.permutations(IDS))
def test_order_and_neighbours_do_not_matter(ids: list[str]) -> None:
    """A corrected record would arrive under another name than the one that it replaces."""
    alone = {one: record_handles([one], KEY, PLACE)[0].tobytes() for one in IDS}
    assert [row.tobytes() for row in record_handles(ids, KEY, PLACE)] == [alone[one] for one in ids]


def test_places_and_keys_have_nothing_in_common() -> None:
    """Two projects' or two agencies' batches could be joined on the handle, or a handle would betray the dummies."""
    places = [PLACE, Place("p-two", "school", 1), Place("p-one", "school", 2)]
    found = [record_handles(IDS, KEY, place) for place in places]
    found += [record_handles(IDS, AgencyKey(b"x" * 32), PLACE), record_seeds(IDS, KEY)]
    rows = np.concatenate(found)
    assert len({row.tobytes() for row in rows}) == len(rows)
