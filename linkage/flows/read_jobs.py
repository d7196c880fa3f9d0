"""What may be read of jobs, by whoever is in the project: where they stand and what they told.

May touch: database
Sees:      nothing personal
"""

from __future__ import annotations

from sqlalchemy import Connection

from linkage.caller import Caller
from linkage.flows.manage_projects import find_project
from linkage.jobs import Job
from linkage.refusals import Refused, Why
from linkage.store import jobs
from linkage.store.jobs import JobEvent
from linkage.unit import Unit


def read_job(unit: Unit, caller: Caller, project: str, job: str) -> Job:
    with unit.database.reading() as connection:
        return find_job(connection, caller, project, job)


def list_jobs(unit: Unit, caller: Caller, project: str, after: str, limit: int) -> list[Job]:
    """In the order of time."""
    with unit.database.reading() as connection:
        find_project(connection, caller, project)
        return jobs.listed(connection, project, after, limit)


def read_events(unit: Unit, caller: Caller, project: str, job: str, after: int) -> list[JobEvent]:
    """What the job told after that number; NOT_FOUND for a job of another project."""
    with unit.database.reading() as connection:
        find_job(connection, caller, project, job)
        return jobs.events(connection, job, after)


def find_job(connection: Connection, caller: Caller, project: str, job: str) -> Job:
    """The job, if the caller is in its project."""
    find_project(connection, caller, project)
    found = jobs.find(connection, project, job)
    if found is None:
        raise Refused(Why.NOT_FOUND, "job: none with this id")
    return found
