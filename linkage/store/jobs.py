"""Rows of jobs and of what they told. A change counts only on the version that was read: no worker overwrites another.

Callers have checked that the asking agency is in the project; what a job found is not told to agencies by its row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, bindparam, delete, insert, or_, select, update

from linkage.jobs import Failure, Figures, Job, JobKind, JobState, Phase
from linkage.models.jobs import JOB, JOB_EVENT

_FIGURES: Final = ("records", "links", "clusters", "reviews")
_ACTIVE: Final = (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class JobEvent:
    """What could be seen of a job from a moment on; numbers rise by one."""

    number: int
    at_ms: int
    state: JobState
    attempt: int
    phase: Phase
    done: int


def add(connection: Connection, job: Job) -> None:
    connection.execute(insert(JOB).values(_values(job)))
    _tell(connection, job, job.created_ms)


def put(connection: Connection, before: Job, after: Job, now_ms: int) -> bool:
    """Replace it if it still is as it was read; and note what may be seen of the change."""
    same = (JOB.c.id == before.id, JOB.c.version == before.version)
    if not connection.execute(update(JOB).where(*same).values(_values(after))).rowcount:
        return False
    if after.told != before.told:
        _tell(connection, after, now_ms)
    return True


def find(connection: Connection, project: str, job: str) -> Job | None:
    row = connection.execute(select(JOB).where(JOB.c.id == job, JOB.c.project == project)).one_or_none()
    return None if row is None else _job(row)


def locked(connection: Connection, job: str) -> Job | None:
    """The job, kept from changing until this transaction ends."""
    row = connection.execute(select(JOB).where(JOB.c.id == job).with_for_update()).one_or_none()
    return None if row is None else _job(row)


def listed(connection: Connection, project: str, after: str, limit: int) -> list[Job]:
    """In the order of time."""
    rows = connection.execute(
        select(JOB).where(JOB.c.project == project, JOB.c.id > after).order_by(JOB.c.id).limit(limit)
    )
    return [_job(row) for row in rows]


def under_way(connection: Connection, project: str) -> Job | None:
    """The project's job that has not ended."""
    row = connection.execute(select(JOB).where(JOB.c.project == project, JOB.c.state.in_(_ACTIVE)).limit(1)).first()
    return None if row is None else _job(row)


def last_done(connection: Connection, project: str) -> Job | None:
    """The job whose results are the project's."""
    row = connection.execute(_LAST_DONE, {"of": project}).first()
    return None if row is None else _job(row)


def claimable(connection: Connection, now_ms: int, limit: int = 10) -> list[Job]:
    """Jobs that wait for a worker, the oldest first."""
    waits = or_(JOB.c.state == JobState.QUEUED, and_(JOB.c.state == JobState.RUNNING, JOB.c.until_ms <= now_ms))
    return [_job(row) for row in connection.execute(select(JOB).where(waits).order_by(JOB.c.id).limit(limit))]


def running(connection: Connection) -> list[Job]:
    """All that run, in all projects."""
    return [_job(row) for row in connection.execute(select(JOB).where(JOB.c.state == JobState.RUNNING))]


def all_last_done(connection: Connection) -> list[Job]:
    """The last done job of every project."""
    projects = connection.execute(select(JOB.c.project).where(JOB.c.state == JobState.DONE).distinct()).scalars()
    return [job for project in list(projects) if (job := last_done(connection, project)) is not None]


def events(connection: Connection, job: str, after: int, limit: int = 500) -> list[JobEvent]:
    """What was told after that number."""
    rows = connection.execute(
        select(JOB_EVENT)
        .where(JOB_EVENT.c.job == job, JOB_EVENT.c.number > after)
        .order_by(JOB_EVENT.c.number)
        .limit(limit)
    )
    return [
        JobEvent(row.number, row.at_ms, JobState(row.state), row.attempt, Phase(row.phase), row.done) for row in rows
    ]


def erase(connection: Connection, project: str) -> None:
    """All jobs of a project; one that runs has lost its lease."""
    mine = select(JOB.c.id).where(JOB.c.project == project)
    connection.execute(delete(JOB_EVENT).where(JOB_EVENT.c.job.in_(mine)))
    connection.execute(delete(JOB).where(JOB.c.project == project))


def _tell(connection: Connection, job: Job, now_ms: int) -> None:
    told = {"state": job.state, "attempt": job.attempts, "phase": job.phase, "done": job.done}
    connection.execute(insert(JOB_EVENT).values(job=job.id, number=job.told, at_ms=now_ms, **told))


def _values(job: Job) -> dict[str, Any]:
    values = {name: getattr(job, name) for name in Job.__dataclass_fields__ if name != "figures"}
    return values | {name: job.figures and getattr(job.figures, name) for name in _FIGURES}


def _job(row: Row[Any]) -> Job:
    values = {name: getattr(row, name) for name in Job.__dataclass_fields__ if name != "figures"}
    figures = None if row.records is None else Figures(row.records, row.links, row.clusters, row.reviews)
    closed = {"kind": JobKind(row.kind), "state": JobState(row.state), "phase": Phase(row.phase)}
    failure = None if row.failure is None else Failure(row.failure)
    return Job(**{**values, **closed, "failure": failure, "figures": figures})


_LAST_DONE: Final = (
    select(JOB)
    .where(JOB.c.project == bindparam("of"), JOB.c.state == JobState.DONE)
    .order_by(JOB.c.ended_ms.desc(), JOB.c.id.desc())
    .limit(1)
)
