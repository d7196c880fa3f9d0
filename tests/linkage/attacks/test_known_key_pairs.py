"""Known pairs: an equal key reveals its values, to relatives and strangers alike, and nothing else does."""

from __future__ import annotations

import key_city
import numpy as np

from linkage.attacks.known_key_pairs import reveal
from linkage.attacks.plaintext import Plaintext
from linkage.attacks.unit_view import UnitView


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_values_are_revealed_through_equal_keys_only() -> None:
    """The report would count children who share nothing with a known one, or overlook those who do."""
    # records 0, 1 are child 0 in two agencies; 2 is its sister; 3 a stranger; 4 nobody's neighbour
    truth = Plaintext({}, {}, ints(0, 1, 0, 1, 1), ints(0, 0, 1, 2, 3), ints(0, 0, 0, 1, 2))
    view = UnitView(
        truth.source,
        {},
        ints(0, 1, 0, 2, 2, 3, 0, 3),
        ints(0, 0, 1, 1, 2, 2, 3, 3),
        ints(0, 1, 1, 2),
        ("NX.DX", "DX.P", "SU"),
    )
    found = reveal(view, truth, ints(0))
    assert (found.known, found.children, found.others, found.strangers) == (1, 4, 2, 1)
    assert found.tags == {"DX": 1, "P": 1, "SU": 1}
    assert (found.whole, found.seen_elsewhere) == (0, 1)


def test_single_fields_give_away_a_city_and_the_default_a_few() -> None:
    """A hundred known records would open the shipped scheme, or not even the weak one."""
    known = np.random.default_rng(3).choice(len(key_city.agencies()), 100, replace=False)
    weak, default = (
        reveal(key_city.scheme(name).view(key_city.agencies()), key_city.agencies(), known)
        for name in ("single-field", "match-keys")
    )
    assert weak.share > 0.5
    assert default.strangers_share < 0.01 and default.share < 0.1
