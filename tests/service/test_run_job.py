"""A job at work: from standing records to clusters, results, review and messages; killed, cancelled, out of space."""

from __future__ import annotations

import errno
import time
from pathlib import Path

import job_site
import numpy as np
import pytest
from batch_site import PROJECT, Agency, handle, make_project
from job_site import ALONE, WORKER, run, send
from review_pairs import pair
from service_site import ServiceSite, caller
from sqlalchemy import update
from test_jobs import entries
from test_webhooks import URL

from audit import canonical
from audit.entry import LARGEST_ENTRY
from audit.errors import AuditError
from audit.store import DEADLINE_S
from linkage.flows import run_job as module
from linkage.flows.cancel_job import cancel_job
from linkage.flows.change_records import delete_record
from linkage.flows.deliver_webhooks import list_deliveries
from linkage.flows.manage_projects import change_project
from linkage.flows.manage_webhooks import register_webhook
from linkage.flows.read_jobs import read_events, read_job
from linkage.flows.run_job import Worker, run_next_job
from linkage.flows.start_job import start_job
from linkage.job_clusters import JobClusters
from linkage.job_files import open_table
from linkage.job_results import rows_after
from linkage.jobs import LEASE_MS, WHOLE, Failure, JobKind, JobState
from linkage.models.review import ITEM
from linkage.records import Holder
from linkage.store import results, review
from linkage.store.results import Result
from linkage.store.review_rows import UnsurePair
from linkage.unit import Unit
from linkage.webhooks.kinds import Kind

POLICE = caller("police")


@pytest.fixture
def two(place: ServiceSite, tmp_path: Path) -> tuple[ServiceSite, Agency, Agency]:
    """Police 1 and hospital 101 are one child, so are 2, 3 of the police and 102; the others are known once."""
    return begun(place, tmp_path)


def begun(place: ServiceSite, folder: Path) -> tuple[ServiceSite, Agency, Agency]:
    police, hospital = make_project(place)
    shared = {n: n for n in range(20, 80)}
    send(place, folder, police, {1: 1, 2: 2, 3: 2, **shared, **ALONE})
    send(place, folder, hospital, {101: 1, 102: 2, **shared, **{n + 300: n + 300 for n in ALONE}})
    return place, police, hospital


def result(place: ServiceSite, agency: str) -> Result | None:
    with place.unit.database.reading() as connection:
        return results.current(connection, PROJECT, agency)


def names(place: ServiceSite, agency: str) -> dict[bytes, bytes]:
    found = result(place, agency)
    assert found is not None
    table = open_table(place.unit, found.file, found.sha256)
    return {row.handle: row.pseudonym for row in rows_after(table, None, 10**6)}


def test_children_are_found(two: tuple[ServiceSite, Agency, Agency]) -> None:
    """Nothing of this would be worth anything."""
    place, _, _ = two
    job = run(place)
    police, hospital = names(place, "police"), names(place, "hospital")
    assert police[handle(2)] == police[handle(3)] != police[handle(1)]
    assert len(set(police.values())) == len(police) - 1
    assert not set(police.values()) & set(hospital.values())
    clusters = JobClusters()
    found = clusters.holders(place.unit, PROJECT, "police", handle(2))
    assert set(found) == {
        Holder("police", handle(2)), Holder("police", handle(3)), Holder("hospital", handle(102)),
    }  # fmt: skip
    own = clusters.of_pseudonym(place.unit, PROJECT, "police", police[handle(2)].hex())
    assert set(own) == {Holder("police", handle(2)), Holder("police", handle(3))}
    assert clusters.of_pseudonym(place.unit, PROJECT, "hospital", police[handle(2)].hex()) == []
    assert clusters.of_pseudonym(place.unit, PROJECT, "hospital", "no name") == []
    assert job.figures is not None and job.figures.records == len(police) + len(hospital)
    assert entries(place) == [("job.change", "requested"), ("job.run", None)]
    told = read_events(place.unit, POLICE, PROJECT, job.id, 0)
    assert (told[-1].state, told[-1].done) == (JobState.DONE, WHOLE)
    assert [each.done for each in told] == sorted(each.done for each in told)


def test_names_stay_from_job_to_job(two: tuple[ServiceSite, Agency, Agency], tmp_path: Path) -> None:
    """Every job would give every child another name."""
    place, police, _ = two
    run(place)
    before = names(place, "police"), names(place, "hospital")
    send(place, tmp_path, police, {4: 1})
    run(place)
    assert names(place, "police") == before[0] | {handle(4): before[0][handle(1)]}
    assert names(place, "hospital") == before[1]


def test_elsewhere_is_told_on_a_basis_only(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """An agency would learn from its file that a child is known to others, where no law allows it."""
    begun(place_sqlite, tmp_path)
    run(place_sqlite)
    found = result(place_sqlite, "police")
    assert found is not None
    assert open_table(place_sqlite.unit, found.file, found.sha256).column_names == ["handle", "pseudonym"]

    change_project(place_sqlite.unit, caller(), PROJECT, 1, elsewhere_basis="law-9")
    run(place_sqlite)
    found = result(place_sqlite, "police")
    assert found is not None
    rows = rows_after(open_table(place_sqlite.unit, found.file, found.sha256), None, 10**6)
    known = {row.handle: row.known_elsewhere for row in rows}
    assert known[handle(1)] is known[handle(3)] is known[handle(20)] is True
    assert not any(known[handle(n)] for n in ALONE)


def test_what_reviewers_decided_counts(two: tuple[ServiceSite, Agency, Agency]) -> None:
    """People would judge pairs, and the next job would link them as if nobody had."""
    place, _, _ = two
    run(place)

    sides = pair(1, 2)

    def decided(a: int, b: int, verdict: str) -> None:
        made = UnsurePair("police", handle(a), "0", 1, "hospital", handle(b), "1", 1, sides.pattern, 0.0)
        with place.unit.database.writing() as connection:
            review.add_items(connection, PROJECT, "0" * 26, [made], 1)

            mine = (ITEM.c.handle_a == handle(b), ITEM.c.handle_b == handle(a))
            connection.execute(update(ITEM).where(*mine).values(state="settled", verdict=verdict))

    decided(1, 101, "different")
    decided(200, 500, "same")
    run(place)
    clusters = JobClusters()
    assert clusters.holders(place.unit, PROJECT, "police", handle(1)) == [Holder("police", handle(1))]
    assert Holder("hospital", handle(500)) in clusters.holders(place.unit, PROJECT, "police", handle(200))


def test_agencies_are_told(two: tuple[ServiceSite, Agency, Agency]) -> None:
    """Agencies would have to ask again and again."""
    place, _, _ = two
    made, _ = register_webhook(place.unit, POLICE, URL, [Kind.JOB_DONE, Kind.RESULTS_READY])
    job = run(place)
    told = list_deliveries(place.unit, POLICE, made.id, "", 9)
    assert {each.kind for each in told} == {Kind.JOB_DONE, Kind.RESULTS_READY}
    assert all(job.id in each.body for each in told)


def test_a_killed_attempt_counts_for_nothing(
    two: tuple[ServiceSite, Agency, Agency], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a result would be delivered, or everything twice. (`test_killed_worker.py` kills a real one.)"""
    place, _, _ = two
    made = start_job(place.unit, POLICE, PROJECT, JobKind.MATCH)

    class Killed(BaseException):
        pass

    def dies(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(module, "_end", dies)
        with pytest.raises(Killed):
            run_next_job(place.unit, WORKER, Worker())
    assert result(place, "police") is None
    assert run_next_job(place.unit, WORKER, Worker()) == 0
    place.shift_ms[0] += LEASE_MS + 1
    assert run_next_job(place.unit, WORKER, Worker()) == 1
    assert read_job(place.unit, POLICE, PROJECT, made.id).attempts == 2
    assert entries(place) == [("job.change", "requested"), ("job.change", "retried"), ("job.run", None)]
    assert run_next_job(place.unit, WORKER, Worker()) == 0
    found = result(place, "police")
    assert found is not None and found.file.startswith(f"{made.id}-2/")


@pytest.mark.parametrize("when", ["while it runs", "before its end"])
def test_a_cancelled_job_yields_nothing(
    two: tuple[ServiceSite, Agency, Agency], monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Results would come of a job that somebody had stopped."""
    place, _, _ = two
    made = start_job(place.unit, POLICE, PROJECT, JobKind.MATCH)
    name = "match_batches" if when == "while it runs" else "_end"
    act = getattr(module, name)

    def cancelled(*args: object, **kwargs: object) -> object:
        cancel_job(place.unit, POLICE, PROJECT, made.id)
        return act(*args, **kwargs)

    monkeypatch.setattr(module, name, cancelled)
    assert run_next_job(place.unit, WORKER, Worker()) == 1
    assert read_job(place.unit, POLICE, PROJECT, made.id).state is JobState.CANCELLED
    assert result(place, "police") is None
    assert entries(place) == [("job.change", "requested"), ("job.change", "cancelled")]


def test_a_stopping_worker_gives_its_job_back(two: tuple[ServiceSite, Agency, Agency]) -> None:
    """Every restart would cost a minute's lease and one of three attempts."""
    place, _, _ = two
    made = start_job(place.unit, POLICE, PROJECT, JobKind.MATCH)
    assert run_next_job(place.unit, WORKER, Worker(stops=lambda: True)) == 1
    assert read_job(place.unit, POLICE, PROJECT, made.id).state is JobState.QUEUED
    assert run_next_job(place.unit, WORKER, Worker()) == 1


def test_why_it_failed_is_said(place_sqlite: ServiceSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agency would wait for a job that cannot end well, or not know what to do about it."""
    place = place_sqlite
    make_project(place)

    def failure() -> Failure | None:
        return read_job(place.unit, POLICE, PROJECT, made.id).failure

    made = start_job(place.unit, POLICE, PROJECT, JobKind.MATCH)
    assert run_next_job(place.unit, WORKER, Worker()) == 1
    assert failure() is Failure.NO_RECORDS

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(module, "stage", full)
    made = start_job(place.unit, POLICE, PROJECT, JobKind.MATCH)
    assert run_next_job(place.unit, WORKER, Worker()) == 1
    assert failure() is Failure.NO_SPACE

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(module, "stage", broken)
    made = start_job(place.unit, POLICE, PROJECT, JobKind.MATCH)
    with pytest.raises(RuntimeError):
        run_next_job(place.unit, WORKER, Worker())
    assert failure() is Failure.FAULT
    assert entries(place)[-1] == ("job.change", "failed")


def test_without_its_entry_nothing_counts(
    place_sqlite: ServiceSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Links would be there that no entry names."""
    place, _, _ = begun(place_sqlite, tmp_path)
    made = start_job(place.unit, POLICE, PROJECT, JobKind.MATCH)

    def down(*_: object, **__: object) -> None:
        raise AuditError("log: down")

    with monkeypatch.context() as patch:
        patch.setattr(Unit, "enter", down)
        with pytest.raises(AuditError):
            run_next_job(place.unit, WORKER, Worker())
    assert result(place, "police") is None
    assert read_job(place.unit, POLICE, PROJECT, made.id).state is JobState.RUNNING


@pytest.mark.parametrize("change", ["deleted", "sent anew"])
def test_a_record_that_changed_meanwhile_goes_to_no_reviewer(
    place_sqlite: ServiceSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """People would judge a record that is no more, and the answer would bind a later one."""
    place, police, _ = begun(place_sqlite, tmp_path)

    def found(*_: object) -> list[UnsurePair]:
        if change == "deleted":
            delete_record(place.unit, POLICE, PROJECT, handle(1))
        else:
            send(place, tmp_path, police, {1: 5})
        pattern = pair(1, 2).pattern
        return [
            UnsurePair(one, handle(a), "0", 1, "hospital", handle(b), "1", 1, pattern, 0.0)
            for one, a, b in (("police", 1, 101), ("hospital", 21, 102))
        ]

    monkeypatch.setattr(module, "unsure_pairs", found)
    run(place)
    with place.unit.database.reading() as connection:
        assert review.handles_in_review(connection, PROJECT, "police") == set()
        assert review.handles_in_review(connection, PROJECT, "hospital") == {handle(21), handle(102)}


def test_corrections_that_no_whole_file_may_hold_are_not_matched(
    place_sqlite: ServiceSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agency could send as corrections what its health report would have kept back."""
    place, police, _ = begun(place_sqlite, tmp_path)
    monkeypatch.setattr(job_site, "_filter", lambda *_: np.zeros(128, dtype=np.uint8))
    send(place, tmp_path, police, {n: n for n in range(2_000, 6_000)})
    made = start_job(place.unit, POLICE, PROJECT, JobKind.MATCH)
    assert run_next_job(place.unit, WORKER, Worker()) == 1
    ended = read_job(place.unit, POLICE, PROJECT, made.id)
    assert (ended.state, ended.failure) == (JobState.FAILED, Failure.UNHEALTHY)
    assert result(place, "hospital") is None


def test_a_commit_that_outlasts_the_logs_patience_ends_the_job(
    place_sqlite: ServiceSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a slow machine a job with many records would be matched three times, and then be given up as lost."""
    begun(place_sqlite, tmp_path)
    replace = results.replace_all

    def slow(*given: object) -> None:
        time.sleep(DEADLINE_S + 0.5)
        replace(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(module.results, "replace_all", slow)
    job = run(place_sqlite)
    assert job.attempts == 1
    assert entries(place_sqlite) == [("job.change", "requested"), ("job.run", None)]


def test_a_job_over_any_number_of_batches_fits_an_entry() -> None:
    """A project of a thousand batches would have no job any more: its entry is refused each time."""
    digests = [f"{number:064x}" for number in range(5_000)]
    listed = module._listed(digests)
    assert len(canonical.dumps(list(listed))) < LARGEST_ENTRY - 8_192
    assert listed != module._listed([*digests[:-1], "f" * 64])
    assert module._listed(digests[:3]) == tuple(digests[:3])
