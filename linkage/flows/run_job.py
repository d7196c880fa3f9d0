"""Verb: run a job. All members' standing records → clusters → each recipient's pseudonyms, in one worker.

1. Stage the records of all member agencies as they stand, and what reviewers decided about them. A file over which
   corrections were laid is examined anew: a thousand of them could bring in what no whole file may hold.
2. Match and cluster, by the same code as `sealink link`; telling how far it is, which is also how a cancellation or a
   lost lease is learned.
3. Write files: clusters, the standing index, each recipient's records and changes. Nothing names them yet.
4. Entry `job.run`, and in its transaction the job's end, the results' rows, the pairs for review and the messages.
A kill before 4 leaves files that the sweep removes; the next worker begins at 1. What agencies changed meanwhile
belongs to the next job: pairs of such records do not go to review.

May touch: database, disk
Sees:      encodings of all agencies, clusters
"""

from __future__ import annotations

import errno
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from sqlalchemy import Connection

from audit import canonical
from audit.entry import Output
from audit.errors import AuditError
from audit.refusals import LogUnavailableError
from audit.refusals import Why as LogWhy
from audit.shapes import Fact
from linkage import jobs as rules
from linkage.caller import Caller
from linkage.errors import FingerprintError, HealthError
from linkage.flows.examine_batches import examine_batches, refuse_failing
from linkage.flows.hold_job import HeldJob, take_job
from linkage.flows.manage_projects import plan_of_project
from linkage.flows.match_batches import Matches, Rules, key_columns, match_batches, observables
from linkage.flows.unsure_pairs import unsure_pairs
from linkage.job_files import write_manifest
from linkage.job_index import write_index
from linkage.job_records import JobRecords, moved, stage
from linkage.job_results import CLUSTERS, write_clusters, write_results
from linkage.jobs import LEASE_MS, Failure, Figures, JobState, LeaseLostError, Phase
from linkage.matching.one import Weigher
from linkage.matching.ties import Ties
from linkage.plan import Plan
from linkage.store import batches, deliveries, jobs, projects, results, review
from linkage.store.projects import Project
from linkage.store.results import Result
from linkage.store.review_rows import UnsurePair
from linkage.unit import Unit, request_sha256
from linkage.webhooks.kinds import Kind

_PHASES: Final = {
    "candidate pairs": Phase.CANDIDATES,
    "weights": Phase.WEIGHTS,
    "clusters": Phase.CLUSTERS,
}


_MOST_LISTED: Final = 512
"""Digests of batches in a job's entry: as many as a list may hold would not fit an entry."""
_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.2


class StoppedError(Exception):
    """The worker was asked to end."""


class _NoRecordsError(Exception):
    """No agency has sent any."""


@dataclass(frozen=True, slots=True)
class Worker:
    """How a worker works: `stops` says that it shall end."""

    threads: int = 2
    lease_ms: int = LEASE_MS
    stops: Callable[[], bool] = lambda: False


def run_next_job(unit: Unit, caller: Caller, worker: Worker) -> int:
    """Take the next job, if there is one, and bring it to its end; how many were taken."""
    held = take_job(unit, caller, worker.lease_ms)
    if held is None:
        return 0
    with held.kept():
        try:
            run_job(unit, caller, held, worker)
        except LeaseLostError:
            return 1
        except StoppedError:
            held.give_back()
        except AuditError as error:
            # To give it back at once would match all records again and again for as long as the log refuses.
            is_under_way = isinstance(error, LogUnavailableError) and error.why is LogWhy.DATABASE_BUSY
            if not _came_to_its_end(unit, held, _PATIENCE_S if is_under_way else 0.0):
                raise
        except Exception as error:
            failure = _failure_of(error)
            held.fail(failure)
            if failure is Failure.FAULT:
                raise
    return 1


def run_job(unit: Unit, caller: Caller, held: HeldJob, worker: Worker) -> None:
    """Raises what kept it from its end."""
    job = held.job

    def tell(phase: Phase, fraction: float) -> None:
        if worker.stops():
            raise StoppedError
        held.tell(phase, fraction)

    def progress(step: str, done: int, total: int) -> None:
        tell(_PHASES[step], done / max(total, 1))

    staged = stage(unit, job.project)  # 1
    project, ties, before = _read(unit, job.project, staged)
    plan = plan_of_project(project)
    _examine(unit, staged, plan, lambda done, total: tell(Phase.STAGING, done / total))
    tell(Phase.STAGING, 1.0)
    matches = match_batches(  # 2
        staged.batches, plan, Rules(), threads=worker.threads, scratch=unit.folder, progress=progress, ties=ties
    )
    tell(Phase.CLUSTERS, 1.0)
    folder = rules.folder_of(job)  # 3
    own = {CLUSTERS: write_clusters(unit, folder, staged, matches.clusters)}
    if plan.scheme == "match-keys":
        weigher = Weigher(matches.model, matches.patterns.possible, observables(plan), len(staged.standing))
        own |= write_index(
            unit, folder, staged, plan, key_columns(staged.batches, plan), weigher, matches.clusters, worker.threads,
            lambda fraction: tell(Phase.INDEX, fraction),
        )  # fmt: skip
    tell(Phase.RESULTS, 0.0)
    pairs = unsure_pairs(matches, staged)
    elsewhere = bool(project.terms.elsewhere_basis)
    found = write_results(unit, job.id, job.project, folder, staged, matches.clusters, before, elsewhere=elsewhere)
    manifest = write_manifest(unit, folder, own)
    tell(Phase.RESULTS, 0.9)
    _end(unit, caller, held, _Outcome(staged, plan, matches, pairs, found, folder, manifest))  # 4


@dataclass(frozen=True, slots=True)
class _Outcome:
    staged: JobRecords
    plan: Plan
    matches: Matches
    pairs: list[UnsurePair]
    results: list[Result]
    folder: str
    manifest: str

    @property
    def figures(self) -> Figures:
        size = np.bincount(self.matches.clusters)
        links, several = int((size * (size - 1) // 2).sum()), int((size > 1).sum())
        return Figures(len(self.staged), links, several, len(self.pairs))


def _read(unit: Unit, code: str, staged: JobRecords) -> tuple[Project, Ties, dict[str, Result]]:
    with unit.database.reading() as connection:
        project = projects.find(connection, code, None)
        decided = review.decided_pairs(connection, code)
        before = {
            agency: result
            for agency in staged.agencies
            if (result := results.current(connection, code, agency)) is not None
        }
    if project is None:
        raise LeaseLostError("project: erased")
    if not len(staged):
        raise _NoRecordsError
    a = staged.rows_of([(each.agency_a, each.handle_a) for each in decided])
    b = staged.rows_of([(each.agency_b, each.handle_b) for each in decided])
    same = np.array([each.same for each in decided], dtype=bool)
    stand = (a >= 0) & (b >= 0)
    return project, Ties(a[stand], b[stand], same[stand]), before


def _end(unit: Unit, caller: Caller, held: HeldJob, outcome: _Outcome) -> None:
    job, figures, now = held.job, outcome.figures, unit.now_ms()

    def note(connection: Connection) -> None:
        held.finish(
            connection,
            lambda found, holder: rules.finish(found, holder, now, figures, outcome.folder, outcome.manifest),
        )
        results.replace_all(connection, job.project, outcome.results)
        since = moved(connection, job.project, outcome.staged)
        for agency, known in outcome.staged.deleted.items():
            batches.forget_deletions(connection, job.project, agency, max(known.values(), default=0))
        still = (
            pair
            for pair in outcome.pairs
            if not since.touches(pair.agency_a, pair.handle_a) and not since.touches(pair.agency_b, pair.handle_b)
        )
        review.add_items(connection, job.project, job.id, still, now)
        ids = {"project": job.project, "job": job.id}
        for member in projects.members(connection, job.project):
            deliveries.announce(connection, member.agency, Kind.JOB_DONE, ids, now)
        for result in outcome.results:
            deliveries.announce(connection, result.agency, Kind.RESULTS_READY, ids, now)

    digests = _listed(outcome.staged.digests)
    facts: dict[str, Fact] = {
        "project": job.project, "job": job.id, "plan": outcome.plan.fingerprint, "batches": digests,
        "records": figures.records, "links": figures.links, "clusters": figures.clusters, "reviews": figures.reviews,
    }  # fmt: skip
    request = request_sha256({"project": job.project, "kind": str(job.kind), "batches": list(digests)})
    made = canonical.dumps({result.agency: [result.sha256, result.changes_sha256] for result in outcome.results})
    output = Output(hashlib.sha256(made).hexdigest(), figures.records, salted=False)
    unit.enter(caller, "job.run", facts, within=note, input=request, output=output, prev=job.id)


def _listed(digests: list[str]) -> tuple[str, ...]:
    """An entry holds so many; the rest of a longer list is named by one digest over it."""
    if len(digests) <= _MOST_LISTED:
        return tuple(digests)
    rest = "".join(digests[_MOST_LISTED - 1 :])
    return (*digests[: _MOST_LISTED - 1], hashlib.sha256(rest.encode()).hexdigest())


def _came_to_its_end(unit: Unit, held: HeldJob, patience_s: float) -> bool:
    """The log gave no receipt in time; its entry may be durable all the same, or become so while we look.

    A transaction that replaces the results of many records outlasts what a caller waits for, on a slow machine above
    all: who gave up at once would lose the job's work three times, and then the job.
    """
    until = time.monotonic() + patience_s
    while True:
        with unit.database.reading() as connection:
            found = jobs.find(connection, held.job.project, held.job.id)
        if found is None or found.state is not JobState.RUNNING or time.monotonic() > until:
            return found is not None and found.state is JobState.DONE
        time.sleep(_LOOK_S)


def _examine(unit: Unit, staged: JobRecords, plan: Plan, progress: Callable[[int, int], None]) -> None:
    """HealthError for a file, as it stands with its corrections, that fails its health report."""
    corrected = [one.batch for one in staged.standing if not one.was_examined]
    refuse_failing(examine_batches(corrected, plan, unit.today(), progress, are_whole=False))


def _failure_of(error: Exception) -> Failure:
    match error:
        case HealthError():
            return Failure.UNHEALTHY
        case FingerprintError():
            return Failure.PARAMETERS_DIFFER
        case _NoRecordsError():
            return Failure.NO_RECORDS
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return Failure.NO_SPACE
    return Failure.FAULT
