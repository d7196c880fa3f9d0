"""Verb: start a job. The entry comes first; a worker takes the job when it has time. One at a time in a project.

May touch: database
Sees:      nothing personal
"""

from __future__ import annotations

from sqlalchemy import Connection

from audit.events import Reason
from linkage.caller import Caller
from linkage.flows.manage_projects import find_project, joined_member
from linkage.jobs import Job, JobKind
from linkage.projects import ProjectState
from linkage.refusals import Refused, Why
from linkage.store import jobs
from linkage.unit import Unit, request_sha256


def start_job(unit: Unit, caller: Caller, project: str, kind: JobKind) -> Job:
    """The job, queued; its id is the request id of its entry."""
    now = unit.now_ms()
    made = Job(unit.next_req(now), project, kind, caller.agency or "", now)

    def note(connection: Connection) -> None:
        _may_start(connection, caller, project, kind)
        jobs.add(connection, made)

    facts = {"project": project, "job": made.id, "change": "requested"}
    allowed = unit.allow(Reason.ENTITLED_ROLE if caller.agency is None else Reason.MEMBER)
    request = request_sha256({"project": project, "kind": str(kind)})
    unit.enter(caller, "job.change", facts, within=note, decision=allowed, input=request, req=made.id)
    return made


def _may_start(connection: Connection, caller: Caller, code: str, kind: JobKind) -> None:
    project = find_project(connection, caller, code)
    if caller.agency is not None:
        joined_member(connection, caller, project)
    if project.state is not ProjectState.OPEN:
        raise Refused(Why.WRONG_STATE, "project: not open")
    if jobs.under_way(connection, code) is not None:
        raise Refused(Why.EXISTS, "job: one is under way in this project", hint="wait for its end, or cancel it")
    if kind is JobKind.APPLY_REVIEW and jobs.last_done(connection, code) is None:
        raise Refused(Why.WRONG_STATE, "job: nothing was matched yet", hint="start a job of kind match first")
