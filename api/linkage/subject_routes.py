"""Subjects' requests: opened by an agency or the operator, answered by every agency that holds a record of the child.

An agency sees its own requests and its own tasks; which others have tasks is seen by the operator alone.

May touch: nothing
Sees:      record handles of one agency; for the operator, which agency is late
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Path, Request, Response, status
from pydantic import Field

from api.auth.guard import allowed
from api.auth.permissions import Permission
from api.auth.principal import Principal
from api.http.idempotency import Once
from api.http.pagination import ThePage
from api.http.problems import Problem, Status
from api.linkage.app import TheUnit
from api.linkage.etags import IfVersion, etag
from api.linkage.schemas import Body, Code, Count, Handle, RequestId
from linkage.flows import answer_subject_task, open_subject_request, read_subjects
from linkage.records import Records
from linkage.subjects import Progress, Refusal, RequestState, Right, TaskAnswer, TaskState, Terms

if TYPE_CHECKING:
    from linkage.store.subjects import SubjectRequest, SubjectTask

router = APIRouter(prefix="/v1/projects/{project}", tags=["subjects"])


def _records(request: Request) -> Records:
    found: Records | None = getattr(request.app.state, "subject_records", None)
    if found is None:
        raise Problem(Status.UNAVAILABLE, "not-served", "this service was started without clusters to look into")
    return found


def _terms(request: Request) -> Terms:
    found: Terms = getattr(request.app.state, "subject_terms", Terms())
    return found


TheRecords = Annotated[Records, Depends(_records)]
TheTerms = Annotated[Terms, Depends(_terms)]
Project = Annotated[Code, Path(description="the project's code")]
Asker = Annotated[Principal, allowed(Permission.SUBJECT_REQUEST)]
Answerer = Annotated[Principal, allowed(Permission.SUBJECT_ANSWER)]
Operator = Annotated[Principal, allowed(Permission.SUBJECT_MANAGE)]


class NewRequest(Body):
    """A subject's request about one of the agency's own records."""

    handle: Handle = Field(examples=["9f" * 16])
    right: Right = Field(strict=False, examples=["access"])


class NewRequestByPseudonym(Body):
    """The same for the operator, who names a child by the pseudonym that an agency was given."""

    agency: Code = Field(examples=["hospital"])
    pseudonym: str = Field(pattern=r"^[0-9A-Za-z._:-]{1,64}$")
    right: Right = Field(strict=False)


class RequestView(Body):
    """A request, as far as it may show to who opened it."""

    request: RequestId
    right: Right
    handle: Handle | None = Field(description="the agency's own record; null for the operator")
    state: RequestState
    overdue: bool
    opened_ms: Count
    due_ms: Count
    open_tasks: Count | None = Field(description="null where the project states no basis for telling")
    answered_tasks: Count | None


class RequestsPage(Body):
    """A page of them."""

    requests: list[RequestView]


class TaskView(Body):
    """The agency's own part of some request."""

    task: RequestId
    right: Right
    handle: Handle
    state: TaskState
    reason: Refusal | None
    opened_ms: Count
    due_ms: Count
    version: Count


class TasksPage(Body):
    """A page of them."""

    tasks: list[TaskView]


class SubjectAnswer(Body):
    """The agency's answer; a reason goes with a refusal."""

    answer: TaskAnswer = Field(strict=False, examples=["done"])
    reason: Refusal | None = Field(default=None, strict=False)


class LateView(Body):
    """A task whose day has passed, and whose it is."""

    task: RequestId
    agency: Code
    right: Right
    due_ms: Count


class LatePage(Body):
    """A page of them."""

    tasks: list[LateView]


@router.post(
    "/subject-requests",
    operation_id="openSubjectRequest",
    summary="Open a subject's request",
    status_code=status.HTTP_201_CREATED,
)
def open_request(
    project: Project, body: NewRequest, who: Asker, once: Once, unit: TheUnit, records: TheRecords, terms: TheTerms
) -> RequestView:
    """It becomes a task at every agency that holds a record of the child, this one included."""
    handle = bytes.fromhex(body.handle)
    caller = who.caller()
    made = open_subject_request.open_for_record(unit, caller, records, terms, project, handle, body.right)
    return _view(*read_subjects.read_request(unit, caller, records, project, made.id), own=True)


@router.post(
    "/subject-requests/by-pseudonym",
    operation_id="openSubjectRequestByPseudonym",
    summary="Open a subject's request for a pseudonym",
    status_code=status.HTTP_201_CREATED,
)
def open_by_pseudonym(
    project: Project,
    body: NewRequestByPseudonym,
    who: Operator,
    once: Once,
    unit: TheUnit,
    records: TheRecords,
    terms: TheTerms,
) -> RequestView:
    """For subjects who turn to the linkage unit itself."""
    caller = who.caller()
    made = open_subject_request.open_for_pseudonym(
        unit, caller, records, terms, project, body.agency, body.pseudonym, body.right
    )
    return _view(*read_subjects.read_request(unit, caller, records, project, made.id), own=False)


@router.get("/subject-requests", operation_id="listSubjectRequests", summary="Requests that the agency opened")
def list_requests(project: Project, who: Asker, unit: TheUnit, records: TheRecords, page: ThePage) -> RequestsPage:
    """Its own alone."""
    found = read_subjects.list_requests(unit, who.caller(), records, project, page.after, page.limit)
    return RequestsPage(requests=[_view(*each, own=True) for each in page.turn(found, lambda each: each[0].id)])


@router.get(
    "/subject-requests/by-pseudonym",
    operation_id="listSubjectRequestsByPseudonym",
    summary="Requests that the operator opened",
)
def list_managed(project: Project, who: Operator, unit: TheUnit, records: TheRecords, page: ThePage) -> RequestsPage:
    """With counts of tasks."""
    found = read_subjects.list_requests(unit, who.caller(), records, project, page.after, page.limit)
    return RequestsPage(requests=[_view(*each, own=False) for each in page.turn(found, lambda each: each[0].id)])


@router.get("/subject-requests/{request}", operation_id="readSubjectRequest", summary="How far a request is")
def read_request(project: Project, request: RequestId, who: Asker, unit: TheUnit, records: TheRecords) -> RequestView:
    """Never which agencies."""
    return _view(*read_subjects.read_request(unit, who.caller(), records, project, request), own=True)


@router.get("/subject-tasks", operation_id="listSubjectTasks", summary="What the agency has to do for subjects")
def list_tasks(project: Project, who: Answerer, unit: TheUnit, page: ThePage) -> TasksPage:
    """Open and answered ones, by its own handles."""
    found = read_subjects.list_tasks(unit, who.caller(), project, page.after, page.limit)
    return TasksPage(tasks=[_task(each) for each in page.turn(found, lambda each: each.id)])


@router.get("/subject-tasks/overdue", operation_id="listOverdueTasks", summary="Tasks whose day has passed")
def list_overdue(project: Project, who: Operator, unit: TheUnit, page: ThePage) -> LatePage:
    """For the operator, who must see to it that they end."""
    found = page.turn(read_subjects.list_overdue(unit, project, page.after, page.limit), lambda each: each.id)
    late = [LateView(task=each.id, agency=each.agency, right=each.right, due_ms=each.due_ms) for each in found]
    return LatePage(tasks=late)


@router.get("/subject-tasks/{task}", operation_id="readSubjectTask", summary="One task")
def read_task(project: Project, task: RequestId, who: Answerer, unit: TheUnit, response: Response) -> TaskView:
    """With the ETag that an answer needs."""
    found = read_subjects.read_task(unit, who.caller(), project, task)
    response.headers["ETag"] = etag(found.version)
    return _task(found)


@router.put(
    "/subject-tasks/{task}/answer",
    operation_id="answerSubjectTask",
    summary="Answer a task",
    status_code=status.HTTP_204_NO_CONTENT,
)
def answer(
    project: Project,
    task: RequestId,
    body: SubjectAnswer,
    who: Answerer,
    version: IfVersion,
    unit: TheUnit,
    records: TheRecords,
) -> None:
    """Once. `done` on a deletion is taken when the record is gone from the unit."""
    answer_subject_task.answer_task(unit, who.caller(), records, project, task, version, body.answer, body.reason)


def _view(found: SubjectRequest, far: Progress, *, own: bool) -> RequestView:
    return RequestView(
        request=found.id,
        right=found.right,
        handle=found.handle.hex() if own else None,
        state=far.state,
        overdue=far.overdue,
        opened_ms=found.opened_ms,
        due_ms=found.due_ms,
        open_tasks=far.open,
        answered_tasks=far.answered,
    )


def _task(found: SubjectTask) -> TaskView:
    return TaskView(
        task=found.id,
        right=found.right,
        handle=found.handle.hex(),
        state=found.state,
        reason=found.reason,
        opened_ms=found.opened_ms,
        due_ms=found.due_ms,
        version=found.version,
    )
