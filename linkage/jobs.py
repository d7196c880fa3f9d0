"""What a job is and how it may move: queued, running under a lease, then done, failed or cancelled.

1. A worker claims a job that waits, or one whose lease has run out; what the earlier worker did counts for nothing.
2. The holder renews its lease and tells how far it is; the share that is done never falls, whatever attempt it is.
3. Only the holder ends a job well or badly, and only while it runs; whoever asked for it may cancel it before that.
4. A holder that has to stop gives the job back, and that attempt does not count; a job whose workers were lost
   `ATTEMPTS` times fails.

It knows no worker, no database and no clock: every move takes a job and a time and returns the job as it stands then.

May touch: nothing
Sees:      codes of agencies
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from linkage.errors import LinkageError

LEASE_MS: Final = 60_000
"""How long a job is kept for a worker that says nothing."""
ATTEMPTS: Final = 3
WHOLE: Final = 1_000_000
"""Shares are counted in millionths."""


class JobKind(StrEnum):
    """What is to be done."""

    MATCH = "match"  # all standing records
    APPLY_REVIEW = "apply-review"  # cluster again with the reviewers' decisions


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_end(self) -> bool:
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class Phase(StrEnum):
    """What a worker is at, in this order."""

    WAITING = "waiting"
    STAGING = "staging"
    CANDIDATES = "candidates"
    WEIGHTS = "weights"
    CLUSTERS = "clusters"
    INDEX = "index"
    RESULTS = "results"


class Failure(StrEnum):
    """Why a job failed."""

    NO_RECORDS = "no-records"
    PARAMETERS_DIFFER = "parameters-differ"  # batches of two plans or two linkage secrets
    UNHEALTHY = "unhealthy"  # an agency's file, corrections laid over, fails its health report
    WORKERS_LOST = "workers-lost"
    NO_SPACE = "no-space"
    FAULT = "fault"


_ENDS_AT: Final[Mapping[Phase, int]] = MappingProxyType(
    {
        Phase.WAITING: 0,
        Phase.STAGING: 50_000,
        Phase.CANDIDATES: 500_000,
        Phase.WEIGHTS: 650_000,
        Phase.CLUSTERS: 750_000,
        Phase.INDEX: 900_000,
        Phase.RESULTS: WHOLE,
    }
)


class LeaseLostError(LinkageError):
    """The job is no longer this worker's: cancelled, ended, or taken by another after the lease had run out."""


class WrongMoveError(LinkageError):
    """The job's state does not allow this."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a finished job found, over all agencies: for the unit's own eyes and the log."""

    records: int
    links: int
    clusters: int
    reviews: int


@dataclass(frozen=True, slots=True)
class Job:
    """One job. `requester` is an agency's code or "" for the operator, `holder` names the worker's claim.

    `done` is in millionths. `version` rises with every change, `told` with every change that may be seen. `files` is
    the folder of what it produced, `manifest` the SHA-256 of the list of the unit's own files in it.
    """

    id: str
    project: str
    kind: JobKind
    requester: str
    created_ms: int
    state: JobState = JobState.QUEUED
    attempts: int = 0
    holder: str = ""
    until_ms: int = 0
    phase: Phase = Phase.WAITING
    done: int = 0
    failure: Failure | None = None
    started_ms: int | None = None
    ended_ms: int | None = None
    figures: Figures | None = None
    files: str = ""
    manifest: str = ""
    version: int = 1
    told: int = 1

    @property
    def is_lost(self) -> bool:
        """Was it claimed once too often?"""
        return self.attempts >= ATTEMPTS


def may_claim(job: Job, now_ms: int) -> bool:
    """Does it wait for a worker, or has its worker's lease run out?"""
    return job.state is JobState.QUEUED or (job.state is JobState.RUNNING and job.until_ms <= now_ms)


def claim(job: Job, holder: str, now_ms: int, lease_ms: int = LEASE_MS) -> Job:
    """The job in the hands of `holder`; failed, if too many workers were lost over it. Rules 1 and 4."""
    if not may_claim(job, now_ms):
        raise WrongMoveError("job: not to be claimed")
    if job.is_lost:
        return _ended(job, JobState.FAILED, now_ms, failure=Failure.WORKERS_LOST)
    return _moved(
        job,
        state=JobState.RUNNING,
        attempts=job.attempts + 1,
        holder=holder,
        until_ms=now_ms + lease_ms,
        phase=Phase.STAGING,
        started_ms=now_ms if job.started_ms is None else job.started_ms,
    )


def renew(job: Job, holder: str, now_ms: int, phase: Phase, fraction: float, lease_ms: int = LEASE_MS) -> Job:
    """The same with a longer lease, `fraction` of the phase being done. Rule 2."""
    _hold(job, holder)
    return _moved(job, until_ms=now_ms + lease_ms, phase=phase, done=max(job.done, share(phase, fraction)))


def finish(job: Job, holder: str, now_ms: int, figures: Figures, files: str, manifest: str) -> Job:
    """Done. Rule 3."""
    _hold(job, holder)
    return _ended(job, JobState.DONE, now_ms, figures=figures, files=files, manifest=manifest, done=WHOLE)


def fail(job: Job, holder: str, now_ms: int, failure: Failure) -> Job:
    """Failed, never to be tried again. Rule 3."""
    _hold(job, holder)
    return _ended(job, JobState.FAILED, now_ms, failure=failure)


def give_back(job: Job, holder: str) -> Job:
    """Waiting again for any worker. Rule 4."""
    _hold(job, holder)
    return _moved(job, state=JobState.QUEUED, attempts=job.attempts - 1, holder="", until_ms=0, phase=Phase.WAITING)


def cancel(job: Job, now_ms: int) -> Job:
    """Not wanted any more. Rule 3."""
    if job.state.is_end:
        raise WrongMoveError(f"job: {job.state}")
    return _ended(job, JobState.CANCELLED, now_ms)


def folder_of(job: Job) -> str:
    """The folder that the present attempt writes into."""
    return f"{job.id}-{job.attempts}"


def share(phase: Phase, fraction: float) -> int:
    """What part of the whole is done, in millionths, when this fraction of a phase is."""
    phases = list(Phase)
    begins = _ENDS_AT[phases[max(0, phases.index(phase) - 1)]]
    return begins + int(min(1.0, max(0.0, fraction)) * (_ENDS_AT[phase] - begins))


def _hold(job: Job, holder: str) -> None:
    if job.state is not JobState.RUNNING or job.holder != holder:
        raise LeaseLostError("job: no longer this worker's")


def _ended(job: Job, state: JobState, now_ms: int, **changes: object) -> Job:
    return _moved(job, state=state, holder="", until_ms=0, ended_ms=now_ms, **changes)


def _moved(job: Job, **changes: object) -> Job:
    after: Job = replace(job, **changes, version=job.version + 1)  # type: ignore[arg-type]
    return replace(after, told=job.told + (_shown(after) != _shown(job)))


def _shown(job: Job) -> tuple[object, ...]:
    return job.state, job.attempts, job.phase, job.done
