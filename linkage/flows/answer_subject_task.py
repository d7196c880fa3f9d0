"""An agency answers its part of a subject's request; when the last has answered, the request is closed."""

from __future__ import annotations

from sqlalchemy import Connection

from audit.events import Reason
from linkage.caller import Caller
from linkage.records import Records
from linkage.refusals import Refused, Why
from linkage.store import subjects
from linkage.store.subjects import SubjectRequest, SubjectTask
from linkage.subjects import Refusal, TaskAnswer, TaskState, contradiction, ended
from linkage.unit import Unit, request_sha256


def answer_task(
    unit: Unit,
    caller: Caller,
    records: Records,
    project: str,
    task: str,
    version: int,
    answer: TaskAnswer,
    reason: Refusal | None,
) -> None:
    """Once, and only what can be true."""
    agency = caller.agency or ""
    with unit.database.reading() as connection:
        found = _open(connection, project, agency, task, version)
    stands = records.stands(unit, project, agency, found.handle)
    wrong = contradiction(found.right, answer, reason, stands)
    if wrong is not None:
        mismatched = (answer is TaskAnswer.REFUSED) != (reason is not None)
        raise Refused(Why.MALFORMED if mismatched else Why.WRONG_STATE, wrong)

    def note(connection: Connection) -> None:
        _open(connection, project, agency, task, version)
        subjects.set_task(connection, task, TaskState(answer), reason, unit.now_ms())

    change = "refused" if answer is TaskAnswer.REFUSED else "answered"
    facts = {"agency": agency, "right": str(found.right), "change": change}
    said = {"project": project, "task": task, "answer": str(answer), "reason": str(reason or "")}
    parts = {"decision": unit.allow(Reason.OWN_RECORDS), "input": request_sha256({**said}), "prev": task}
    unit.enter(caller, "subject.request", facts, within=note, **parts)
    with unit.database.reading() as connection:
        request = subjects.request_of(connection, found)
        states = subjects.task_states(connection, found.request)
    if request is not None and ended(states):
        close(unit, caller, request)


def close(unit: Unit, caller: Caller, request: SubjectRequest) -> bool:
    """The end of a request, as an entry; False when somebody else wrote it."""

    def end(connection: Connection) -> None:
        states = subjects.task_states(connection, request.id)
        if not ended(states) or not subjects.close_request(connection, request.id, unit.now_ms()):
            raise Refused(Why.WRONG_STATE, "request: not to be closed")

    facts = {"agency": request.opener or "linkage-unit", "right": str(request.right), "change": "closed"}
    asked = request_sha256({"project": request.project, "request": request.id})
    parts = {"decision": unit.allow(Reason.SUBJECT_RIGHT), "input": asked, "prev": request.id}
    try:
        unit.enter(caller, "subject.request", facts, within=end, **parts)
    except Refused:
        return False
    return True


def _open(connection: Connection, project: str, agency: str, task: str, version: int) -> SubjectTask:
    found = subjects.find_task(connection, project, agency, task)
    if found is None:
        raise Refused(Why.NOT_FOUND, "task: none with this id")
    if found.state is not TaskState.OPEN:
        raise Refused(Why.WRONG_STATE, "task: answered already")
    if found.version != version:
        raise Refused(Why.STALE, "task: changed since it was read")
    return found
