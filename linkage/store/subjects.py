"""Rows of subjects' requests and tasks. What an agency reads is filtered by its code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from linkage.models.projects import PROJECT
from linkage.models.subject import REQUEST, TASK
from linkage.subjects import Refusal, RequestState, Right, TaskState


@dataclass(frozen=True, slots=True)
class SubjectRequest:
    """A request. `opener` is an agency's code, or "" for the operator."""

    id: str
    project: str
    right: Right
    opener: str
    agency: str
    handle: bytes
    state: RequestState
    opened_ms: int
    due_ms: int


@dataclass(frozen=True, slots=True)
class SubjectTask:
    """One agency's part."""

    id: str
    request: str
    project: str
    agency: str
    handle: bytes
    right: Right
    state: TaskState
    reason: Refusal | None
    opened_ms: int
    due_ms: int
    version: int


def add(connection: Connection, request: SubjectRequest, tasks: Sequence[SubjectTask]) -> None:
    connection.execute(
        insert(REQUEST).values(
            id=request.id,
            project=request.project,
            right=request.right,
            opener=request.opener,
            agency=request.agency,
            handle=request.handle,
            state=request.state,
            opened_ms=request.opened_ms,
            due_ms=request.due_ms,
        )
    )
    for task in tasks:
        connection.execute(
            insert(TASK).values(
                id=task.id,
                request=task.request,
                project=task.project,
                agency=task.agency,
                handle=task.handle,
                right=task.right,
                state=task.state,
                opened_ms=task.opened_ms,
                due_ms=task.due_ms,
                version=task.version,
            )
        )


def open_on(connection: Connection, project: str, agency: str, handle: bytes, right: Right, opener: str) -> bool:
    """Is the same request open already?"""
    found = select(REQUEST.c.id).where(
        REQUEST.c.project == project,
        REQUEST.c.agency == agency,
        REQUEST.c.handle == handle,
        REQUEST.c.right == right,
        REQUEST.c.opener == opener,
        REQUEST.c.state == RequestState.OPEN,
    )
    return connection.execute(found).first() is not None


def find_request(connection: Connection, project: str, opener: str, request: str) -> SubjectRequest | None:
    """A request that this opener made."""
    row = connection.execute(
        select(REQUEST).where(REQUEST.c.id == request, REQUEST.c.project == project, REQUEST.c.opener == opener)
    ).one_or_none()
    return None if row is None else _request(row)


def requests_of(connection: Connection, project: str, opener: str, after: str, limit: int) -> list[SubjectRequest]:
    rows = connection.execute(
        select(REQUEST)
        .where(REQUEST.c.project == project, REQUEST.c.opener == opener, REQUEST.c.id > after)
        .order_by(REQUEST.c.id)
        .limit(limit)
    )
    return [_request(row) for row in rows]


def find_task(connection: Connection, project: str, agency: str, task: str) -> SubjectTask | None:
    """A task that this agency was given."""
    row = connection.execute(
        select(TASK).where(
            TASK.c.id == task,
            TASK.c.project == project,
            TASK.c.agency == agency,
            TASK.c.state != TaskState.WAITING,
        )
    ).one_or_none()
    return None if row is None else _task(row)


def tasks_of(connection: Connection, project: str, agency: str, after: str, limit: int) -> list[SubjectTask]:
    rows = connection.execute(
        select(TASK)
        .where(
            TASK.c.project == project,
            TASK.c.agency == agency,
            TASK.c.state != TaskState.WAITING,
            TASK.c.id > after,
        )
        .order_by(TASK.c.id)
        .limit(limit)
    )
    return [_task(row) for row in rows]


def task_states(connection: Connection, request: str) -> list[TaskState]:
    """For the service itself: no agency reads this."""
    found = connection.execute(select(TASK.c.state).where(TASK.c.request == request))
    return [TaskState(state) for state in found.scalars()]


def request_of(connection: Connection, task: SubjectTask) -> SubjectRequest | None:
    """For the service itself: the request that a task is part of."""
    row = connection.execute(select(REQUEST).where(REQUEST.c.id == task.request)).one_or_none()
    return None if row is None else _request(row)


def overdue(connection: Connection, project: str, now_ms: int, after: str, limit: int) -> list[SubjectTask]:
    """For the operator: tasks of all agencies whose day has passed."""
    rows = connection.execute(
        select(TASK)
        .where(
            TASK.c.project == project,
            TASK.c.state.in_([TaskState.WAITING, TaskState.OPEN]),
            TASK.c.due_ms < now_ms,
            TASK.c.id > after,
        )
        .order_by(TASK.c.id)
        .limit(limit)
    )
    return [_task(row) for row in rows]


def elsewhere_basis(connection: Connection, project: str) -> str:
    """The basis on which a project lets agencies know that a child is known elsewhere; empty when it has none."""
    terms = connection.execute(select(PROJECT.c.terms).where(PROJECT.c.code == project)).scalar()
    return str(json.loads(terms).get("elsewhere_basis", "")) if terms else ""


def set_task(connection: Connection, task: str, state: TaskState, reason: Refusal | None, now_ms: int) -> None:
    answered = None if state is TaskState.OPEN else now_ms
    put = {"state": state, "reason": reason, "answered_ms": answered, "version": TASK.c.version + 1}
    connection.execute(update(TASK).where(TASK.c.id == task).values(put))


def state_of_task(connection: Connection, task: str) -> TaskState | None:
    state = connection.execute(select(TASK.c.state).where(TASK.c.id == task)).scalar()
    return None if state is None else TaskState(state)


def close_request(connection: Connection, request: str, now_ms: int) -> bool:
    """Close it; False when it was closed already."""
    same = (REQUEST.c.id == request, REQUEST.c.state == RequestState.OPEN)
    put = {"state": RequestState.CLOSED, "closed_ms": now_ms}
    return connection.execute(update(REQUEST).where(*same).values(put)).rowcount == 1


def waiting_tasks(connection: Connection, limit: int = 100) -> list[SubjectTask]:
    """Tasks of all projects whose entry is still to be written."""
    rows = connection.execute(select(TASK).where(TASK.c.state == TaskState.WAITING).order_by(TASK.c.id).limit(limit))
    return [_task(row) for row in rows]


def answered_requests(connection: Connection, limit: int = 100) -> list[SubjectRequest]:
    """Open requests of all projects whose tasks are all answered."""
    left = select(TASK.c.id).where(
        TASK.c.request == REQUEST.c.id, TASK.c.state.in_([TaskState.WAITING, TaskState.OPEN])
    )
    rows = connection.execute(
        select(REQUEST).where(REQUEST.c.state == RequestState.OPEN, ~left.exists()).order_by(REQUEST.c.id).limit(limit)
    )
    return [_request(row) for row in rows]


def forget_closed(connection: Connection, project: str, before_ms: int) -> int:
    """Remove requests that were closed before a moment, with their tasks; the log keeps that they were."""
    old = list(
        connection.execute(
            select(REQUEST.c.id).where(REQUEST.c.project == project, REQUEST.c.closed_ms < before_ms).limit(400)
        ).scalars()
    )
    connection.execute(delete(TASK).where(TASK.c.request.in_(old)))
    connection.execute(delete(REQUEST).where(REQUEST.c.id.in_(old)))
    return len(old)


def _request(row: Row[Any]) -> SubjectRequest:
    return SubjectRequest(
        id=row.id,
        project=row.project,
        right=Right(row.right),
        opener=row.opener,
        agency=row.agency,
        handle=bytes(row.handle),
        state=RequestState(row.state),
        opened_ms=row.opened_ms,
        due_ms=row.due_ms,
    )


def _task(row: Row[Any]) -> SubjectTask:
    return SubjectTask(
        id=row.id,
        request=row.request,
        project=row.project,
        agency=row.agency,
        handle=bytes(row.handle),
        right=Right(row.right),
        state=TaskState(row.state),
        reason=None if row.reason is None else Refusal(row.reason),
        opened_ms=row.opened_ms,
        due_ms=row.due_ms,
        version=row.version,
    )
