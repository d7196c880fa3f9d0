"""Uploads, batches and single records over HTTP. Parts are read as they arrive: memory holds two blocks a connection.

Disk and hashing run in a thread, block by block, while the next block arrives, so that a slow disk holds up nobody
else. A part is the body of one PUT, with its offset and `Content-Digest` (SHA-256).

May touch: network (the body at hand)
Sees:      sealed bytes
Spec:      RFC 9530 (Content-Digest)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Header, Path, Request, Response, status
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from starlette.requests import ClientDisconnect

from api.auth.guard import allowed
from api.auth.permissions import Permission
from api.auth.principal import Principal
from api.http.digests import sha256_of
from api.http.idempotency import Once
from api.http.pagination import ThePage
from api.linkage.app import TheUnit
from api.linkage.schemas import Body, Code, Count, RequestId, Sha256
from linkage.batches import LARGEST_UPLOAD, BatchKind, BatchState, UploadState
from linkage.flows import change_records, commit_upload, upload_batch
from linkage.refusals import Refused, Why

if TYPE_CHECKING:
    from linkage.staging import Part
    from linkage.store.batches import StoredBatch
    from linkage.store.uploads import Upload

router = APIRouter(prefix="/v1/projects/{project}", tags=["batches"])

BLOCK: Final = 1024 * 1024

Project = Annotated[Code, Path(description="the project's code")]
UploadId = Annotated[RequestId, Path(description="the upload's id")]
Submitter = Annotated[Principal, allowed(Permission.BATCH_SUBMIT)]
BatchReader = Annotated[Principal, allowed(Permission.BATCH_READ)]
Changer = Annotated[Principal, allowed(Permission.RECORD_CHANGE)]
RecordHandle = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="the record's handle")]


class NewUpload(Body):
    """What will be sent: one sealed container."""

    kind: BatchKind = Field(BatchKind.WHOLE, strict=False, description="a whole file, or records to add or correct")
    length: Annotated[int, Field(ge=1, le=LARGEST_UPLOAD)]
    sha256: Sha256


class UploadView(Body):
    """Where an upload stands; `received` is the offset of the next part."""

    upload: RequestId
    kind: BatchKind = Field(strict=False)
    length: Count
    received: Count
    state: UploadState = Field(strict=False)
    rule: str | None
    expires_ms: Count


class BatchView(Body):
    """A batch that was received."""

    batch: RequestId
    kind: BatchKind = Field(strict=False)
    state: BatchState = Field(strict=False)
    epoch: Count
    records: Count
    digest: Sha256
    received_ms: Count


class BatchesPage(Body):
    """A page of batches."""

    batches: list[BatchView]


@router.post("/uploads", operation_id="beginUpload", summary="Begin an upload", status_code=status.HTTP_201_CREATED)
def begin(
    project: Project, body: NewUpload, who: Submitter, once: Once, unit: TheUnit, response: Response
) -> UploadView:
    """Then PUT parts to its Location, and commit."""
    made = upload_batch.begin_upload(unit, who.caller(), project, body.kind, body.length, body.sha256)
    response.headers["Location"] = f"/v1/projects/{project}/uploads/{made.id}"
    return _upload(made, response)


@router.get("/uploads/{upload}", operation_id="readUpload", summary="Where an upload stands")
def read_upload(project: Project, upload: UploadId, who: Submitter, unit: TheUnit, response: Response) -> UploadView:
    """After a cut connection: go on at `Upload-Offset`."""
    return _upload(upload_batch.read_upload(unit, who.caller(), project, upload), response)


@router.head(
    "/uploads/{upload}",
    operation_id="headUpload",
    summary="Where an upload stands, in headers alone",
    status_code=status.HTTP_204_NO_CONTENT,
)
def head_upload(project: Project, upload: UploadId, who: Submitter, unit: TheUnit, response: Response) -> None:
    """As the read, for whoever wants `Upload-Offset` and `Upload-Length` alone."""
    _upload(upload_batch.read_upload(unit, who.caller(), project, upload), response)


@router.put(
    "/uploads/{upload}",
    operation_id="putPart",
    summary="Send a part",
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {}}}},
)
async def put_part(
    project: Project,
    upload: UploadId,
    who: Submitter,
    unit: TheUnit,
    request: Request,
    response: Response,
    upload_offset: Annotated[int, Header(ge=0, le=LARGEST_UPLOAD, description="where the part begins")],
    content_digest: Annotated[str, Header(max_length=200, description="sha-256 of the part, as RFC 9530 writes it")],
) -> UploadView:
    """At most 64 MiB; durable when it is answered."""
    digest = sha256_of(content_digest)
    with ExitStack() as stack:
        receiving = upload_batch.receiving_part(unit, who.caller(), project, upload, upload_offset, digest)
        part = await run_in_threadpool(stack.enter_context, receiving)
        await _write(part, _blocks(request))
        await run_in_threadpool(stack.close)
    found = await run_in_threadpool(upload_batch.read_upload, unit, who.caller(), project, upload)
    return _upload(found, response)


@router.post("/uploads/{upload}/commit", operation_id="commitUpload", summary="Commit an upload")
def commit(project: Project, upload: UploadId, who: Submitter, once: Once, unit: TheUnit) -> BatchView:
    """All or nothing; asked again, it answers the same."""
    return _batch(commit_upload.commit_upload(unit, who.caller(), project, upload))


@router.get("/batches", operation_id="listBatches", summary="The agency's own batches")
def list_batches(project: Project, who: BatchReader, unit: TheUnit, page: ThePage) -> BatchesPage:
    """In the order of time."""
    found = change_records.list_batches(unit, who.caller(), project, page.after, page.limit)
    return BatchesPage(batches=[_batch(each) for each in page.turn(found, lambda each: each.id)])


@router.delete(
    "/records/{handle}",
    operation_id="deleteRecord",
    summary="Delete one of the agency's own records",
    status_code=status.HTTP_204_NO_CONTENT,
)
def delete_record(project: Project, handle: RecordHandle, who: Changer, unit: TheUnit) -> None:
    """It takes no part in any later job. Sent again, it stands again."""
    change_records.delete_record(unit, who.caller(), project, bytes.fromhex(handle))


async def _write(part: Part, blocks: AsyncIterator[bytearray]) -> None:
    """Each block in a thread while the next one arrives.

    When it returns or raises, nothing is being written any more.
    """
    writing: asyncio.Future[None] | None = None
    try:
        async for block in blocks:
            if writing is not None:
                await writing
            writing = asyncio.ensure_future(run_in_threadpool(part.write, block))
    finally:
        if writing is not None:
            await writing


async def _blocks(request: Request) -> AsyncIterator[bytearray]:
    """The body in blocks of about a mebibyte: few hops between threads."""
    held = bytearray()
    try:
        async for piece in request.stream():
            held += piece
            if len(held) >= BLOCK:
                yield held
                held = bytearray()
    except ClientDisconnect:
        raise Refused(Why.WRONG_DIGEST, "part: the connection was cut; send it again") from None
    if held:
        yield held


def _upload(found: Upload, response: Response) -> UploadView:
    response.headers["Upload-Offset"] = str(found.received)
    response.headers["Upload-Length"] = str(found.length)
    return UploadView(
        upload=found.id, kind=found.kind, length=found.length, received=found.received, state=found.state,
        rule=found.rule, expires_ms=found.expires_ms,
    )  # fmt: skip


def _batch(found: StoredBatch) -> BatchView:
    return BatchView(
        batch=found.id, kind=found.kind, state=found.state, epoch=found.epoch, records=found.records,
        digest=found.digest, received_ms=found.received_ms,
    )  # fmt: skip
