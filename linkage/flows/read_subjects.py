"""What may be read of subjects' requests: one's own requests as far as they may show, one's own tasks, what is late."""

from __future__ import annotations

from sqlalchemy import Connection

from linkage.caller import Caller
from linkage.records import Records
from linkage.refusals import Refused, Why
from linkage.store import subjects
from linkage.store.subjects import SubjectRequest, SubjectTask
from linkage.subjects import Progress, progress
from linkage.unit import Unit


def list_requests(
    unit: Unit, caller: Caller, records: Records, project: str, after: str, limit: int
) -> list[tuple[SubjectRequest, Progress]]:
    """The requests that the caller opened."""
    may = _may_show(unit, caller, records, project)
    with unit.database.reading() as connection:
        found = subjects.requests_of(connection, project, caller.agency or "", after, limit)
        return [(each, _progress(unit, connection, each, may)) for each in found]


def read_request(
    unit: Unit, caller: Caller, records: Records, project: str, request: str
) -> tuple[SubjectRequest, Progress]:
    may = _may_show(unit, caller, records, project)
    with unit.database.reading() as connection:
        found = subjects.find_request(connection, project, caller.agency or "", request)
        if found is None:
            raise Refused(Why.NOT_FOUND, "request: you opened none with this id")
        return found, _progress(unit, connection, found, may)


def list_tasks(unit: Unit, caller: Caller, project: str, after: str, limit: int) -> list[SubjectTask]:
    """The tasks of the calling agency."""
    with unit.database.reading() as connection:
        return subjects.tasks_of(connection, project, caller.agency or "", after, limit)


def read_task(unit: Unit, caller: Caller, project: str, task: str) -> SubjectTask:
    with unit.database.reading() as connection:
        found = subjects.find_task(connection, project, caller.agency or "", task)
    if found is None:
        raise Refused(Why.NOT_FOUND, "task: none with this id")
    return found


def list_overdue(unit: Unit, project: str, after: str, limit: int) -> list[SubjectTask]:
    """For the operator, who must see to it that they end."""
    with unit.database.reading() as connection:
        return subjects.overdue(connection, project, unit.now_ms(), after, limit)


def _may_show(unit: Unit, caller: Caller, records: Records, project: str) -> bool:
    return caller.agency is None or records.elsewhere_may_show(unit, project)


def _progress(unit: Unit, connection: Connection, request: SubjectRequest, may: bool) -> Progress:
    states = subjects.task_states(connection, request.id)
    return progress(request.state, states, request.due_ms, unit.now_ms(), elsewhere_may_show=may)
