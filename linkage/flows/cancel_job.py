"""Verb: cancel a job. Its worker finds out when it next renews its lease, and nothing that it did counts.

May touch: database
Sees:      nothing personal
"""

from __future__ import annotations

from sqlalchemy import Connection

from audit.events import Reason
from linkage.caller import Caller
from linkage.flows.read_jobs import find_job
from linkage.jobs import WrongMoveError, cancel
from linkage.refusals import Refused, Why
from linkage.store import jobs
from linkage.unit import Unit, request_sha256


def cancel_job(unit: Unit, caller: Caller, project: str, job: str) -> None:
    """By whoever asked for it, or by the operator; WRONG_STATE once it has ended."""

    def note(connection: Connection) -> None:
        find_job(connection, caller, project, job)
        found = jobs.locked(connection, job)
        if found is None:
            raise Refused(Why.NOT_FOUND, "job: none with this id")
        if caller.agency is not None and caller.agency != found.requester:
            raise Refused(Why.NOT_ENTITLED, "job: started by somebody else", hint="they or the operator may cancel it")
        try:
            after = cancel(found, unit.now_ms())
        except WrongMoveError as error:
            raise Refused(Why.WRONG_STATE, str(error)) from error
        jobs.put(connection, found, after, unit.now_ms())

    with unit.database.reading() as connection:
        find_job(connection, caller, project, job)  # what is not there has no id that the entry could name
    facts = {"project": project, "job": job, "change": "cancelled"}
    allowed = unit.allow(Reason.ENTITLED_ROLE if caller.agency is None else Reason.MEMBER)
    request = request_sha256({"project": project, "job": job})
    unit.enter(caller, "job.change", facts, within=note, decision=allowed, input=request, prev=job)
