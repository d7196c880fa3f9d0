"""One record at a time over HTTP: is the child that stands at the door known?

May touch: network (the answer at hand)
Sees:      one sealed record, one answer
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from api.auth.guard import allowed
from api.auth.permissions import Permission
from api.auth.principal import Principal
from api.http.idempotency import Once
from api.linkage.app import TheUnit
from api.linkage.schemas import Body, Code, RequestId
from linkage.flows import match_one
from linkage.flows.match_one import Known
from linkage.quotas import Quota
from linkage.refusals import Refused, Why

router = APIRouter(prefix="/v1/projects/{project}/match", tags=["match"])

LONGEST: Final = 131_072

Project = Annotated[Code, Path(description="the project's code")]
Asker = Annotated[Principal, allowed(Permission.MATCH_ONE)]
Sealed = Annotated[str, Field(max_length=LONGEST, pattern=r"^[A-Za-z0-9+/]+={0,2}$")]


class FreshRecordBody(Body):
    """A sealed batch of exactly one record, in base64."""

    record: Sealed


class MatchView(Body):
    """What may be told: of the agency's own records, and of others' only where the project states a basis."""

    job: RequestId = Field(description="whose standing records the answer is about")
    known: Known = Field(strict=False)
    pseudonym: str | None = Field(
        pattern=r"^[0-9a-f]{32}$", examples=["c4" * 16], description="the agency's own name for the child"
    )
    known_elsewhere: bool | None = Field(description="null unless the project states a basis for telling it")


@router.post(
    "",
    operation_id="matchOne",
    summary="Match one fresh record",
    responses={200: {"model": MatchView}},
    response_class=Response,
)
def match(project: Project, body: FreshRecordBody, who: Asker, once: Once, unit: TheUnit, request: Request) -> Response:
    """Within the agency's quota; questions that look like probing are refused for an hour."""
    quota: Quota = getattr(request.app.state, "match_quota", Quota())
    released = match_one.match_one(unit, who.caller(), project, _bytes(body.record), quota)
    headers = {"Cache-Control": "no-store", "Sealink-Salt": released.salt.hex()}
    return Response(released.data, media_type="application/json", headers=headers)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Refused(Why.MALFORMED, "body: not base64") from None
