"""Records: envelopes in parts, sealings, index entries, notices to those who hold a part.

May touch: network
Sees:      ciphertext, pseudonyms, hashes
"""

from __future__ import annotations

import base64
import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from api.http.bodies import LARGEST_PART
from api.vault.app import TheVault, call_bytes, must_be, signed_path
from api.vault.route_parts import STREAMED, After, Decider, Sealer, SignedForm, Ulid, collected, sealing_view
from vault.flows import take_envelope
from vault.flows.admit_call import admit_call, expect_call
from vault.flows.answer_notice import answer_notice
from vault.flows.prove_sealing import prove_sealing
from vault.flows.seal_record import seal_record
from vault.refusals import Why, need
from vault.store import (
    envelope_rows,
    notice_rows,
    record_rows,
)
from vault.store.pages import PAGE
from vault.vocabulary import Role

router = APIRouter(prefix="/v1", tags=["records"])


class SealingBody(SignedForm):
    """A signed sealing form with its signed notices."""

    notices: list[str] = Field(max_length=64)


@router.get("/uploads/{upload}", operation_id="readUpload")
def read_upload(upload: Ulid, caller: Sealer, vault: TheVault) -> dict[str, int]:
    """How far an envelope's upload is."""
    return {"offset": take_envelope.offset_of(vault, caller, upload)}


@router.put("/uploads/{upload}/{offset}", operation_id="putPart", openapi_extra=STREAMED)
async def put_part(
    upload: Ulid, offset: Annotated[int, Path(ge=0)], request: Request, vault: TheVault
) -> dict[str, int]:
    """The next part of an envelope, whose hash the signed call states."""
    call, path = call_bytes(request), signed_path(request)
    # Nobody unknown fills the memory: 64 MiB are read from whom the call's signature names, and then admitted.
    must_be(await run_in_threadpool(expect_call, vault, call, "PUT", path), frozenset({Role.SEALER}))
    data = await collected(request, LARGEST_PART, "envelope: a part longer than 64 MiB")
    digest = hashlib.sha256(data).hexdigest()

    def taken() -> int:
        caller = must_be(admit_call(vault, call, "PUT", path, digest), frozenset({Role.SEALER}))
        return take_envelope.take_part(vault, caller, upload, offset, data)

    return {"offset": await run_in_threadpool(taken)}


@router.post("/uploads/{upload}", operation_id="finishUpload")
def finish_upload(upload: Ulid, caller: Sealer, vault: TheVault) -> dict[str, str]:
    """Verify the whole envelope and keep it."""
    return {"digest": take_envelope.finish(vault, caller, upload).digest}


@router.post("/records", operation_id="sealRecord", status_code=201)
def post_record(body: SealingBody, caller: Sealer, vault: TheVault) -> dict[str, str]:
    """Hand a sealed record over."""
    signed = seal_record(vault, caller, body.signed.encode(), [notice.encode() for notice in body.notices])
    return {"record": signed.form.record, "sealing": signed.hex}


@router.get("/index", operation_id="readIndex")
def read_index(caller: Decider, vault: TheVault, after: After = "") -> dict[str, Any]:
    """Index entries of the caller's agency, sealed to its desk; a page at most."""
    with vault.database.reading() as connection:
        found = record_rows.index_entries(connection, caller.agency, after)
    entries = [
        {"record": one.record, "state": one.state, "entry": base64.b64encode(one.entry).decode()} for one in found
    ]
    return {"entries": entries, "after": found[-1].record if len(found) == PAGE else None}


@router.get("/records/{record}/{version}/sealing", operation_id="readSealing")
def read_sealing(
    record: Ulid, version: Annotated[int, Path(ge=1, le=2**31)], caller: Decider, vault: TheVault
) -> dict[str, Any]:
    """The entry of a sealing of the caller's agency, as it was first witnessed, and the covers of its envelopes."""
    with vault.database.reading() as connection:
        found = record_rows.find(connection, record, version)
        owned = found is not None and found.agency == caller.agency
        need(owned, Why.NOT_FOUND, "record: none of this agency")
        covers = envelope_rows.covers(connection, record, version)
    shown = {view.value: base64.b64encode(cover).decode() for view, cover in covers.items()}
    return {**sealing_view(prove_sealing(vault, record, version)), "covers": shown}


@router.get("/notices", operation_id="readNotices")
def read_notices(caller: Sealer, vault: TheVault) -> dict[str, list[str]]:
    """Sealing notices to the caller's agency that it has not answered."""
    with vault.database.reading() as connection:
        return {"notices": [data.decode() for data in notice_rows.unanswered(connection, caller.agency)]}


@router.post("/notices", operation_id="answerNotice", status_code=204)
def post_answer(body: SignedForm, caller: Sealer, vault: TheVault) -> Response:
    """The acknowledgement of a notice."""
    answer_notice(vault, caller, body.signed.encode())
    return Response(status_code=204)
