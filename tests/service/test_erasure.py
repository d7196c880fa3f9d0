"""Retention: past its term a project holds nothing, and before it loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from batch_site import PROJECT, make_project
from service_site import ServiceSite, caller
from test_uploads import commit, stands

from audit.errors import AuditError
from linkage.flows.erase_past_term import erase_past_term
from linkage.flows.manage_projects import read_project
from linkage.projects import ProjectState
from linkage.unit import Unit

DAY_MS = 24 * 3_600_000


def test_nothing_is_left_past_the_term(place: ServiceSite, tmp_path: Path) -> None:
    """Encodings of children would be kept beyond what the project's terms allow."""
    police, _ = make_project(place)
    commit(place, police, police.upload(place, police.sealed(place, tmp_path, [1, 2])))
    place.shift_ms[0] = 29 * DAY_MS
    assert erase_past_term(place.unit, caller()) == []
    assert len(stands(place)["police"]) == 2
    place.shift_ms[0] = 31 * DAY_MS
    assert erase_past_term(place.unit, caller()) == [PROJECT]
    assert stands(place) == {}
    assert list((place.unit.folder / "batches").iterdir()) == []
    assert read_project(place.unit, caller(), PROJECT).state is ProjectState.ERASED
    assert erase_past_term(place.unit, caller()) == []


def test_without_an_entry_nothing_is_erased(
    place_sqlite: ServiceSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data would vanish without a trace in the log."""
    police, _ = make_project(place_sqlite)
    commit(place_sqlite, police, police.upload(place_sqlite, police.sealed(place_sqlite, tmp_path, [1])))
    place_sqlite.shift_ms[0] = 31 * DAY_MS

    def down(*_: object, **__: object) -> None:
        raise AuditError("log: down")

    monkeypatch.setattr(Unit, "enter", down)
    with pytest.raises(AuditError):
        erase_past_term(place_sqlite.unit, caller())
    assert len(stands(place_sqlite)["police"]) == 1
