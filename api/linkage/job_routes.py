"""Jobs over HTTP: ask for one, see how far it is, follow it live, cancel it.

The stream of events ends with its job, or after a few minutes, so that no credential is believed for ever; whoever
wants to go on sends the last number as Last-Event-ID, as browsers do by themselves, and misses nothing.

May touch: network (the answer at hand)
Sees:      states and counts
Spec:      WHATWG HTML, server-sent events
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Header, Path, Request, Response, status
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from pydantic import Field

from api.auth.guard import allowed
from api.auth.permissions import Permission
from api.auth.principal import Principal
from api.http.conditional import strong_tag, unless_held
from api.http.idempotency import Once
from api.http.pagination import ThePage
from api.linkage.app import TheUnit
from api.linkage.schemas import Body, Code, Count, RequestId
from linkage.caller import Caller
from linkage.flows import cancel_job, read_jobs, start_job
from linkage.jobs import WHOLE, Failure, JobKind, JobState, Phase
from linkage.unit import Unit

if TYPE_CHECKING:
    from linkage.jobs import Job
    from linkage.store.jobs import JobEvent

router = APIRouter(prefix="/v1/projects/{project}/jobs", tags=["jobs"])

STREAM_S: Final = 240.0
"""How long one stream lasts at most, less than a token."""
LOOK_S: Final = 0.25
HEARTBEAT_S: Final = 15.0
_ASK_AGAIN_S: Final = 1

Project = Annotated[Code, Path(description="the project's code")]
JobId = Annotated[RequestId, Path(description="the job's id")]
Runner = Annotated[Principal, allowed(Permission.JOB_RUN)]
Reader = Annotated[Principal, allowed(Permission.JOB_READ)]
Fraction = Annotated[float, Field(ge=0, le=1, examples=[0.5], description="share that is done; it never falls")]


class NewJob(Body):
    """What is to be done."""

    kind: JobKind = Field(
        JobKind.MATCH, strict=False, description="match all standing records, or apply what reviewers decided since"
    )


class JobFiguresView(Body):
    """What a job found, over all agencies."""

    records: Count
    links: Count = Field(description="pairs of records of one child")
    clusters: Count = Field(description="children with more than one record")
    reviews: Count = Field(description="unsure pairs")


class JobView(Body):
    """Where a job stands; `figures` are told to the unit's people only."""

    job: RequestId
    kind: JobKind = Field(strict=False)
    state: JobState = Field(strict=False)
    phase: Phase = Field(strict=False)
    done: Fraction
    attempts: Count = Field(description="workers that took it")
    failure: Failure | None = Field(strict=False, description="why it failed")
    created_ms: Count
    started_ms: Count | None
    ended_ms: Count | None
    figures: JobFiguresView | None


class JobsPage(Body):
    """A page of jobs."""

    jobs: list[JobView]


class EventView(Body):
    """The data of one event; its id is its number."""

    state: JobState = Field(strict=False)
    phase: Phase = Field(strict=False)
    done: Fraction
    attempt: Count
    at_ms: Count


@router.post("", operation_id="startJob", summary="Start a job", status_code=status.HTTP_202_ACCEPTED)
def start(project: Project, body: NewJob, who: Runner, once: Once, unit: TheUnit, response: Response) -> JobView:
    """One at a time in a project. Its Location tells how far it is."""
    made = start_job.start_job(unit, who.caller(), project, body.kind)
    response.headers["Location"] = f"/v1/projects/{project}/jobs/{made.id}"
    response.headers["Retry-After"] = str(_ASK_AGAIN_S)
    return _view(made, who)


@router.get("", operation_id="listJobs", summary="The project's jobs")
def list_all(project: Project, who: Reader, unit: TheUnit, page: ThePage) -> JobsPage:
    """In the order of time."""
    found = read_jobs.list_jobs(unit, who.caller(), project, page.after, page.limit)
    return JobsPage(jobs=[_view(each, who) for each in page.turn(found, lambda each: each.id)])


@router.get(
    "/{job}",
    operation_id="readJob",
    summary="Where a job stands",
    responses={200: {"model": JobView}, 304: {"description": "as it was read before (If-None-Match)"}},
    response_class=Response,
)
def read(project: Project, job: JobId, who: Reader, unit: TheUnit, request: Request) -> Response:
    """With Retry-After until it has ended."""
    found = read_jobs.read_job(unit, who.caller(), project, job)
    data = _view(found, who).model_dump_json().encode()
    answer = Response(data, media_type="application/json")
    if not found.state.is_end:
        answer.headers["Retry-After"] = str(_ASK_AGAIN_S)
    return unless_held(request, answer, strong_tag(data))


@router.delete("/{job}", operation_id="cancelJob", summary="Cancel a job", status_code=status.HTTP_204_NO_CONTENT)
def cancel(project: Project, job: JobId, who: Runner, unit: TheUnit) -> None:
    """By whoever asked for it, or the operator, while it has not ended. Nothing that it did counts."""
    cancel_job.cancel_job(unit, who.caller(), project, job)


@router.get(
    "/{job}/events",
    operation_id="followJob",
    summary="Follow a job live",
    responses={
        200: {
            "description": "Server-sent events of type `progress`; the data of each is an `EventView`",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
    response_class=Response,  # the framework's own marker would have the refusals inside the stream
)
async def follow(
    project: Project,
    job: JobId,
    who: Reader,
    unit: TheUnit,
    request: Request,
    last_event_id: Annotated[
        str, Header(pattern=r"^[0-9]{0,15}$", description="number of the last event that was seen")
    ] = "",
) -> EventSourceResponse:
    """From the beginning, or after Last-Event-ID. Ends with the job, or after some minutes: then go on from there."""
    caller, after = who.caller(), int(last_event_id or 0)
    await run_in_threadpool(read_jobs.read_job, unit, caller, project, job)  # a refusal is an answer, not a stream
    lasts_s: float = getattr(request.app.state, "event_stream_s", STREAM_S)
    return EventSourceResponse(_stream(unit, caller, project, job, after, lasts_s))


async def _stream(
    unit: Unit, caller: Caller, project: str, job: str, after: int, lasts_s: float
) -> AsyncIterator[bytes]:
    began = spoke = time.monotonic()
    while True:
        found = await run_in_threadpool(read_jobs.read_events, unit, caller, project, job, after)
        for event in found:
            yield _event(event)
            if event.state.is_end:
                return
            after = event.number
        now = time.monotonic()
        if now - began >= lasts_s:
            return
        if found:
            spoke = now
        elif now - spoke >= HEARTBEAT_S:
            yield KEEPALIVE_COMMENT
            spoke = now
        await asyncio.sleep(LOOK_S)


def _event(event: JobEvent) -> bytes:
    data = EventView(
        state=event.state, phase=event.phase, done=event.done / WHOLE, attempt=event.attempt, at_ms=event.at_ms
    )
    return format_sse_event(event="progress", id=str(event.number), data_str=data.model_dump_json())


def _view(job: Job, who: Principal) -> JobView:
    found = job.figures if who.agency is None else None
    return JobView(
        job=job.id, kind=job.kind, state=job.state, phase=job.phase, done=job.done / WHOLE, attempts=job.attempts,
        failure=job.failure, created_ms=job.created_ms, started_ms=job.started_ms, ended_ms=job.ended_ms,
        figures=None if found is None else JobFiguresView(
            records=found.records, links=found.links, clusters=found.clusters, reviews=found.reviews
        ),
    )  # fmt: skip
