"""Results over HTTP: pages, one Arrow stream, and what became of earlier pseudonyms. An agency's own, nothing else.

Each answer is a delivery with its own entry in the log; `Sealink-Salt` is what its hash there was salted with. A
caller that holds an answer already gets 304 and no entry is written.

May touch: network (the answer at hand)
Sees:      one agency's own handles and pseudonyms
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from api.auth.guard import allowed
from api.auth.permissions import Permission
from api.auth.principal import Principal
from api.http.conditional import is_held, unless_held
from api.http.pagination import ThePage
from api.linkage.app import TheUnit
from api.linkage.etags import etag
from api.linkage.schemas import Body, Code, Count, Handle, RequestId
from audit.release import Release
from linkage.flows import deliver_results
from linkage.pseudonyms import ChangeKind

router = APIRouter(prefix="/v1/projects/{project}/results", tags=["results"])

ARROW: Final = "application/vnd.apache.arrow.stream"
_HELD: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "as it was read before (If-None-Match)"}}

_SINCE: Final = r"^([0-7][0-9A-HJKMNP-TV-Z]{25})?$"

Project = Annotated[Code, Path(description="the project's code")]
Reader = Annotated[Principal, allowed(Permission.RESULT_READ)]
Pseudonym = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", examples=["c4" * 16])]


class ResultView(Body):
    """One of the agency's own records and the name of its child, which no other agency's results know."""

    handle: Handle
    pseudonym: Pseudonym
    known_elsewhere: bool | None = Field(description="null unless the project states a basis for telling it")


class ResultsPage(Body):
    """A page of records, in the order of their handles."""

    job: RequestId
    results: list[ResultView]


class ChangeView(Body):
    """What became of a pseudonym: it now holds records of the `others` too, or they hold records that were its own."""

    job: RequestId
    number: Count
    kind: ChangeKind = Field(strict=False)
    pseudonym: Pseudonym
    others: list[Pseudonym]


class ChangesPage(Body):
    """A page of changes, in the order of jobs."""

    changes: list[ChangeView]


@router.get(
    "",
    operation_id="listResults",
    summary="The agency's own records with their pseudonyms",
    responses={200: {"model": ResultsPage}, **_HELD},
    response_class=Response,
    openapi_extra={"x-problems": ["stale"]},
)
def list_results(project: Project, who: Reader, unit: TheUnit, page: ThePage, request: Request) -> Response:
    """Of the last job that was done. When a later one ends between two pages, begin again (412)."""
    job, _, handle = page.after.partition(":")
    share = deliver_results.find_share(unit, who.caller(), project, job)
    tag = etag(share.tag("page", page.after, page.limit))
    if is_held(request, tag):
        return unless_held(request, Response(), tag)
    released = deliver_results.deliver_page(unit, who.caller(), share, bytes.fromhex(handle) or None, page.limit)
    found = ResultsPage.model_validate_json(released.data).results
    return _answer(released, tag, "application/json", page.links(found, lambda row: f"{share.result.job}:{row.handle}"))


@router.get(
    ".arrow",
    operation_id="streamResults",
    summary="The same as one Arrow stream",
    responses={
        200: {
            "description": "Columns `handle`, `pseudonym` (16 bytes each), `known_elsewhere` where it may be told",
            "content": {ARROW: {"schema": {"type": "string", "format": "binary"}}},
        },
        **_HELD,
    },
    response_class=Response,
)
def stream_results(project: Project, who: Reader, unit: TheUnit, request: Request) -> Response:
    """All of one job; its metadata name project and job."""
    share = deliver_results.find_share(unit, who.caller(), project)
    tag = etag(share.tag("stream"))
    if is_held(request, tag):
        return unless_held(request, Response(), tag)
    return _answer(deliver_results.deliver_stream(unit, who.caller(), share), tag, ARROW, {})


@router.get(
    "/changes",
    operation_id="listResultChanges",
    summary="Pseudonyms that merged or split",
    responses={200: {"model": ChangesPage}},
    response_class=Response,
)
def list_changes(
    project: Project,
    who: Reader,
    unit: TheUnit,
    page: ThePage,
    since: Annotated[
        str,
        Query(
            pattern=r"^([0-7][0-9A-HJKMNP-TV-Z]{25})?$", description="all jobs after this one; empty: the last alone"
        ),
    ] = "",
) -> Response:
    """A pseudonym that is not mentioned stands for the same records as before, as far as they still stand."""
    share = deliver_results.find_share(unit, who.caller(), project)
    found = deliver_results.find_changes(unit, who.caller(), share, since, page.after, page.limit)
    released = deliver_results.deliver_changes(unit, who.caller(), share, found)
    return _answer(released, None, "application/json", page.links(found, lambda each: each.place))


def _answer(released: Release, tag: str | None, media_type: str, links: dict[str, str]) -> Response:
    headers = {"Cache-Control": "no-store", "Sealink-Salt": released.salt.hex(), **links}
    if tag is not None:
        headers["ETag"] = tag
    return Response(released.data, media_type=media_type, headers=headers)
