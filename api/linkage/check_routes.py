"""Custodians' checks: an agency sees which of its own records it is asked to look at, and answers.

May touch: nothing
Sees:      record handles of one agency
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Response, status
from pydantic import Field

from api.auth.guard import allowed
from api.auth.permissions import Permission
from api.auth.principal import Principal
from api.http.pagination import ThePage
from api.linkage.app import TheUnit
from api.linkage.etags import IfVersion, etag
from api.linkage.schemas import Body, Code, Count, Handle, RequestId
from linkage.checks import Answer, CheckReason, CheckState
from linkage.flows import answer_check, read_checks

if TYPE_CHECKING:
    from linkage.store.checks import Check

router = APIRouter(prefix="/v1/projects/{project}/checks", tags=["review"])

Project = Annotated[Code, Path(description="the project's code")]
CheckId = Annotated[RequestId, Path(description="the check's id")]
Custodian = Annotated[Principal, allowed(Permission.CHECK_ANSWER)]


class CheckView(Body):
    """One of the agency's own records to be checked."""

    check: RequestId
    handle: Handle
    reason: CheckReason = Field(strict=False)
    state: CheckState = Field(strict=False)
    asked_ms: Count
    due_ms: Count
    version: Count


class ChecksPage(Body):
    """A page of checks."""

    checks: list[CheckView]


class CheckAnswer(Body):
    """The custodian's answer."""

    answer: Answer = Field(
        strict=False,
        description="`corrected`: the record was changed · `confirmed`: it is right · `declined`: cannot tell",
        examples=["confirmed"],
    )


@router.get("", operation_id="listChecks", summary="Records that the agency is asked to check")
def list_checks(
    project: Project,
    who: Custodian,
    unit: TheUnit,
    page: ThePage,
) -> ChecksPage:
    """Its own alone, open and answered ones."""
    found = read_checks.list_checks(unit, who.caller(), project, page.after, page.limit)
    return ChecksPage(checks=[_view(each) for each in page.turn(found, lambda each: each.id)])


@router.get("/{check}", operation_id="readCheck", summary="One check")
def read_check(project: Project, check: CheckId, who: Custodian, unit: TheUnit, response: Response) -> CheckView:
    """With the ETag that an answer needs."""
    found = read_checks.read_check(unit, who.caller(), project, check)
    response.headers["ETag"] = etag(found.version)
    return _view(found)


@router.put(
    "/{check}/answer",
    operation_id="answerCheck",
    summary="Answer a check",
    status_code=status.HTTP_204_NO_CONTENT,
)
def answer(
    project: Project, check: CheckId, body: CheckAnswer, who: Custodian, version: IfVersion, unit: TheUnit
) -> None:
    """Once; a correction itself is sent as a correction of the record."""
    answer_check.answer_check(unit, who.caller(), project, check, version, body.answer)


def _view(found: Check) -> CheckView:
    return CheckView(
        check=found.id,
        handle=found.handle.hex(),
        reason=found.reason,
        state=found.state,
        asked_ms=found.asked_ms,
        due_ms=found.due_ms,
        version=found.version,
    )
