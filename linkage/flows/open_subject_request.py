"""A subject's request enters: by an agency for one of its own records, by the operator for a pseudonym.

1. Find the record, and every record of its cluster.
2. Entry "received", and with it the request and its tasks, all still waiting.
3. One entry "forwarded" for each task, which opens it to its agency. What a crash leaves waiting, `follow_subjects`
   forwards.
"""

from __future__ import annotations

from sqlalchemy import Connection

from audit.events import Reason
from audit.request_id import new_request_id
from linkage.caller import Caller
from linkage.records import Holder, Records
from linkage.refusals import Refused, Why
from linkage.store import subjects
from linkage.store.deliveries import announce
from linkage.store.subjects import SubjectRequest, SubjectTask
from linkage.subjects import RequestState, Right, TaskState, Terms, due_ms
from linkage.unit import Unit, request_sha256
from linkage.webhooks.kinds import Kind


def open_for_record(
    unit: Unit, caller: Caller, records: Records, terms: Terms, project: str, handle: bytes, right: Right
) -> SubjectRequest:
    """An agency asks for the subject of one of its own records."""
    agency = caller.agency or ""
    if not records.stands(unit, project, agency, handle):
        raise Refused(Why.NOT_FOUND, "record: none with this handle")
    return _open(unit, caller, records, terms, project, Holder(agency, handle), right)


def open_for_pseudonym(
    unit: Unit, caller: Caller, records: Records, terms: Terms, project: str, agency: str, pseudonym: str, right: Right
) -> SubjectRequest:
    """The operator asks for the child behind a pseudonym that an agency was given."""
    found = records.of_pseudonym(unit, project, agency, pseudonym)
    if not found:
        raise Refused(Why.NOT_FOUND, "pseudonym: none for this agency")
    return _open(unit, caller, records, terms, project, min(found, key=lambda each: each.handle), right)


def _open(
    unit: Unit, caller: Caller, records: Records, terms: Terms, project: str, named: Holder, right: Right
) -> SubjectRequest:
    now, opener = unit.now_ms(), caller.agency or ""
    due = due_ms(now, terms)
    state = RequestState.OPEN
    request = SubjectRequest(new_request_id(now), project, right, opener, named.agency, named.handle, state, now, due)
    holders = sorted({*records.holders(unit, project, named.agency, named.handle), named}, key=_order)  # 1
    waiting = TaskState.WAITING
    tasks = [
        SubjectTask(
            new_request_id(now), request.id, project, each.agency, each.handle, right, waiting, None, now, due, 1
        )
        for each in holders
    ]

    def receive(connection: Connection) -> None:
        if subjects.open_on(connection, project, named.agency, named.handle, right, opener):
            raise Refused(Why.EXISTS, "request: the same one is open already")
        subjects.add(connection, request, tasks)

    facts = {"agency": opener or caller.actor.org, "right": str(right), "change": "received"}
    asked = request_sha256({"project": project, "handle": named.handle.hex(), "right": str(right)})
    allowed = unit.allow(Reason.SUBJECT_RIGHT)
    unit.enter(caller, "subject.request", facts, within=receive, req=request.id, decision=allowed, input=asked)  # 2
    for task in tasks:
        forward(unit, caller, task)  # 3
    return request


def forward(unit: Unit, caller: Caller, task: SubjectTask) -> bool:
    """Open a waiting task to its agency; False when somebody else did."""

    def hand_over(connection: Connection) -> None:
        if subjects.state_of_task(connection, task.id) is not TaskState.WAITING:
            raise Refused(Why.WRONG_STATE, "task: not waiting")
        subjects.set_task(connection, task.id, TaskState.OPEN, None, 0)
        data = {"project": task.project, "task": task.id}
        announce(connection, task.agency, Kind.SUBJECT_TASK, data, task.opened_ms)

    facts = {"agency": task.agency, "right": str(task.right), "change": "forwarded"}
    asked = request_sha256({"project": task.project, "task": task.id})
    parts = {"decision": unit.allow(Reason.SUBJECT_RIGHT), "input": asked, "prev": task.request, "req": task.id}
    try:
        unit.enter(caller, "subject.request", facts, within=hand_over, **parts)
    except Refused:
        return False
    return True


def _order(each: Holder) -> tuple[str, bytes]:
    return each.agency, each.handle
