"""What a process remembers of an agency's questions is what the database holds, whatever happened meanwhile."""

from __future__ import annotations

import numpy as np
from batch_site import PROJECT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from match_site import KEYED
from service_site import ServiceSite, caller

from linkage.asked_before import _BEFORE, asked_before
from linkage.flows.manage_projects import create_project
from linkage.store import matches

NOW = 1_000_000


@given(steps=st.lists(st.tuples(st.sampled_from(["asked", "looked"]), st.integers(0, 200)), max_size=40))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_remembered_is_what_stands(place_sqlite: ServiceSite, steps: list[tuple[str, int]]) -> None:
    """Probing would be overlooked when another process, with another clock, had answered in between."""
    database, folder = place_sqlite.unit.database, place_sqlite.unit.folder
    if not place_sqlite.__dict__.setdefault("is_made", False):
        place_sqlite.know(*KEYED.members)
        create_project(place_sqlite.unit, caller(), PROJECT, KEYED)
        place_sqlite.__dict__["is_made"] = True
    with database.writing() as connection:
        matches.erase(connection, PROJECT)
    _BEFORE.clear()
    for number, (step, moment) in enumerate(steps):
        with database.writing() as connection:
            if step == "asked":
                matches.note(connection, PROJECT, "police", f"q{number}", NOW + moment, number.to_bytes(2, "big"))
            from_ms = NOW + moment // 4
            found = asked_before(connection, folder, PROJECT, "police", from_ms)
            plain = matches.asked_since(connection, PROJECT, "police", from_ms)
        assert sorted(zip(found.at_ms.tolist(), found.sketches, strict=True)) == sorted(
            zip(plain.at_ms.tolist(), plain.sketches, strict=True)
        )


def test_only_what_is_new_is_read(place_sqlite: ServiceSite) -> None:
    """Every call would read the hour's questions anew: two thousand of them at the end of a busy one."""
    place_sqlite.know(*KEYED.members)
    create_project(place_sqlite.unit, caller(), PROJECT, KEYED)
    with place_sqlite.unit.database.writing() as connection:
        for number in range(20):
            matches.note(connection, PROJECT, "police", f"q{number}", NOW + number, b"s%02d" % number)
        first = asked_before(connection, place_sqlite.unit.folder, PROJECT, "police", NOW - 1)
        again = asked_before(connection, place_sqlite.unit.folder, PROJECT, "police", NOW - 1)
    assert again is first and np.array_equal(first.at_ms, NOW + np.arange(20))
