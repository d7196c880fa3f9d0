"""Retention: past its term a project holds nothing, and before it loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from batch_site import PROJECT, make_project
from job_site import run
from service_site import ServiceSite, caller
from test_run_job import begun, names, result
from test_uploads import commit, stands

from audit.errors import AuditError
from linkage.flows import run_job as module
from linkage.flows.erase_past_term import erase_past_term, sweep
from linkage.flows.manage_projects import read_project
from linkage.flows.run_job import Worker, run_next_job
from linkage.flows.start_job import start_job
from linkage.jobs import JobKind
from linkage.projects import ProjectState
from linkage.store import jobs, review
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


def test_files_go_when_nothing_names_them(place: ServiceSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Earlier results and what killed jobs left would fill the disk; or current ones would be swept away."""
    begun(place, tmp_path)
    run(place)
    (first,) = [path.name for path in (place.unit.folder / "jobs").iterdir()]
    assert sweep(place.unit) == 0
    run(place)
    stray = place.unit.folder / "jobs" / "killed-1" / "0.arrow"
    stray.parent.mkdir()
    stray.write_bytes(b"half")
    assert sweep(place.unit) == 5  # of the first job: clusters, list, two results; and the stray one
    kept = {path.name for path in (place.unit.folder / "jobs" / first).iterdir()}
    assert kept == {"0.changes.arrow", "1.changes.arrow"} and not stray.parent.exists()
    assert len(names(place, "police")) > 100
    start_job(place.unit, caller("police"), PROJECT, JobKind.MATCH)
    end = module._end
    monkeypatch.setattr(module, "_end", lambda *args: (sweep(place.unit), end(*args)))
    assert run_next_job(place.unit, caller(), Worker()) == 1
    assert len(names(place, "police")) > 100


def test_no_result_outlives_the_term(place: ServiceSite, tmp_path: Path) -> None:
    """Who is one child with whom would be kept beyond the project's terms."""
    begun(place, tmp_path)
    job = run(place)
    place.shift_ms[0] = 31 * DAY_MS
    assert erase_past_term(place.unit, caller()) == [PROJECT]
    assert result(place, "police") is None
    assert not any((place.unit.folder / "jobs").iterdir())
    with place.unit.database.reading() as connection:
        assert jobs.find(connection, PROJECT, job.id) is None
        assert review.count(connection, PROJECT) == {}
