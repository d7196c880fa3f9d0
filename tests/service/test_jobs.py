"""Jobs in the database: asked for with an entry, taken by one worker, lost, taken again, cancelled."""

from __future__ import annotations

import threading

import pytest
from batch_site import PROJECT, make_project
from service_site import ServiceSite, caller

from audit.entry import read
from audit.errors import AuditError
from linkage import jobs as rules
from linkage.flows import hold_job
from linkage.flows.cancel_job import cancel_job
from linkage.flows.hold_job import HeldJob, take_job
from linkage.flows.read_jobs import list_jobs, read_events, read_job
from linkage.flows.start_job import start_job
from linkage.jobs import ATTEMPTS, LEASE_MS, Failure, Job, JobKind, JobState, LeaseLostError, Phase
from linkage.refusals import Refused, Why
from linkage.unit import Unit

WORKER = caller(subject="worker")
POLICE = caller("police")


def entries(place: ServiceSite) -> list[tuple[str, object]]:
    """Every entry about jobs, with what it says happened."""
    log = place.unit.log
    found = [read(data) for data in log.entries(0, log.head().size)]
    return [(each.event, each.facts.get("change")) for each in found if each.event.startswith("job.")]


def started(place: ServiceSite) -> Job:
    make_project(place)
    return start_job(place.unit, POLICE, PROJECT, JobKind.MATCH)


def taken(place: ServiceSite) -> HeldJob:
    found = take_job(place.unit, WORKER)
    assert found is not None
    return found


def test_it_is_asked_for_once_and_taken_once(place: ServiceSite) -> None:
    """Two workers would do the same job, or one project's agencies would fill the queue."""
    made = started(place)
    assert entries(place) == [("job.change", "requested")]
    with pytest.raises(Refused) as refused:
        start_job(place.unit, caller("hospital"), PROJECT, JobKind.MATCH)
    assert refused.value.why is Why.EXISTS
    found: list[HeldJob | None] = []
    threads = [threading.Thread(target=lambda: found.append(take_job(place.unit, WORKER))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([each for each in found if each is not None]) == 1
    assert read_job(place.unit, POLICE, PROJECT, made.id).state is JobState.RUNNING
    assert [each.id for each in list_jobs(place.unit, POLICE, PROJECT, "", 9)] == [made.id]


def test_without_an_entry_there_is_no_job(place_sqlite: ServiceSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Agencies' records would be matched without a trace of who asked for it."""
    make_project(place_sqlite)

    def down(*_: object, **__: object) -> None:
        raise AuditError("log: down")

    monkeypatch.setattr(Unit, "enter", down)
    with pytest.raises(AuditError):
        start_job(place_sqlite.unit, POLICE, PROJECT, JobKind.MATCH)
    assert list_jobs(place_sqlite.unit, POLICE, PROJECT, "", 9) == []


def test_strangers_have_no_jobs(place_sqlite: ServiceSite) -> None:
    """An agency would start, see or stop jobs of a project that it is not in, or another member's."""
    made = started(place_sqlite)
    for act in (
        lambda: start_job(place_sqlite.unit, caller("school"), PROJECT, JobKind.MATCH),
        lambda: read_job(place_sqlite.unit, caller("school"), PROJECT, made.id),
        lambda: read_events(place_sqlite.unit, caller("school"), PROJECT, made.id, 0),
        lambda: cancel_job(place_sqlite.unit, caller("school"), PROJECT, made.id),
        lambda: read_job(place_sqlite.unit, POLICE, PROJECT, "0" * 26),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.why is Why.NOT_FOUND
    with pytest.raises(Refused) as refused:
        cancel_job(place_sqlite.unit, caller("hospital"), PROJECT, made.id)
    assert refused.value.why is Why.NOT_ENTITLED


def test_a_lost_worker_loses_its_lease(place: ServiceSite) -> None:
    """A job whose worker was killed would never end; or the worker that was only slow would end it a second time."""
    made = started(place)
    first = taken(place)
    first.tell(Phase.CANDIDATES, 0.5)
    assert take_job(place.unit, WORKER) is None
    place.shift_ms[0] += LEASE_MS + 1
    second = taken(place)
    for act in (
        lambda: first.tell(Phase.CLUSTERS, 1.0),
        first.renew,
    ):
        with pytest.raises(LeaseLostError):
            act()
    first.fail(Failure.FAULT)
    second.tell(Phase.STAGING, 1.0)
    told = read_events(place.unit, POLICE, PROJECT, made.id, 0)
    assert [each.number for each in told] == list(range(1, len(told) + 1))
    assert [each.done for each in told] == sorted(each.done for each in told)
    assert (told[-1].attempt, told[-1].state) == (2, JobState.RUNNING)
    assert entries(place) == [("job.change", "requested"), ("job.change", "retried")]


def test_too_many_lost_workers_end_it(place_sqlite: ServiceSite) -> None:
    """Records that kill every worker would keep all workers busy for ever."""
    made = started(place_sqlite)
    for _ in range(ATTEMPTS):
        taken(place_sqlite)
        place_sqlite.shift_ms[0] += LEASE_MS + 1
    assert take_job(place_sqlite.unit, WORKER) is None
    ended = read_job(place_sqlite.unit, POLICE, PROJECT, made.id)
    assert (ended.state, ended.failure) == (JobState.FAILED, Failure.WORKERS_LOST)
    assert entries(place_sqlite)[-1] == ("job.change", "failed")
    assert start_job(place_sqlite.unit, POLICE, PROJECT, JobKind.MATCH).state is JobState.QUEUED


def test_a_job_that_is_given_back_waits_again(place_sqlite: ServiceSite) -> None:
    """Every restart of the service would bring a long job closer to its failure."""
    made = started(place_sqlite)
    for _ in range(ATTEMPTS + 1):
        taken(place_sqlite).give_back()
    assert read_job(place_sqlite.unit, POLICE, PROJECT, made.id).state is JobState.QUEUED


def test_who_asked_may_cancel(place: ServiceSite) -> None:
    """Nobody could stop a job, or its worker would go on and end it well."""
    made = started(place)
    held = taken(place)
    cancel_job(place.unit, POLICE, PROJECT, made.id)
    with pytest.raises(LeaseLostError):
        held.tell(Phase.CANDIDATES, 0.1)
    held.fail(Failure.FAULT)
    with pytest.raises(Refused) as refused:
        cancel_job(place.unit, caller(), PROJECT, made.id)
    assert refused.value.why is Why.WRONG_STATE
    assert read_job(place.unit, POLICE, PROJECT, made.id).state is JobState.CANCELLED
    assert entries(place) == [("job.change", "requested"), ("job.change", "cancelled")]


def test_the_lease_is_renewed_while_a_step_lasts(place_sqlite: ServiceSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long step would lose the job, and another worker would begin it anew, again and again."""
    started(place_sqlite)
    renewed = threading.Event()
    renew = rules.renew

    def seen(*args: object) -> Job:
        renewed.set()
        return renew(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(hold_job.rules, "renew", seen)
    found = take_job(place_sqlite.unit, WORKER, lease_ms=200)
    assert found is not None
    with found.kept():
        assert renewed.wait(10)


def test_nothing_matched_nothing_to_apply(place_sqlite: ServiceSite) -> None:
    """Reviewers' decisions would be applied to nothing, and the agencies' results be empty."""
    make_project(place_sqlite)
    with pytest.raises(Refused) as refused:
        start_job(place_sqlite.unit, POLICE, PROJECT, JobKind.APPLY_REVIEW)
    assert refused.value.why is Why.WRONG_STATE
