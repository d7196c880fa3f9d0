"""Every route of the vault service: rosters, records, requests, locks, the ledger, the public log.

A body is a signed form as text; what it says is the flows' matter. Lists are paged by the last id that was read.

May touch: network
Sees:      ciphertext, pseudonyms, hashes
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path as File
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from api.http.bodies import LARGEST_PART, STREAM
from api.vault.app import AGENT, TheVault, call_bytes, called_by, must_be, signed_path
from audit.crypto.signed_object import LONGEST
from audit.publish import CHECKPOINT, VKEYS
from audit.tiles import Tile
from vault import store
from vault.caller import Caller
from vault.checks import SealedEntry
from vault.errors import VaultError
from vault.flows import take_envelope
from vault.flows.admit_call import admit_call, expect_call
from vault.flows.answer_correction import answer_correction
from vault.flows.answer_notice import answer_notice
from vault.flows.ask import ask
from vault.flows.change_record import agree_to_change, propose_change
from vault.flows.decide_request import approve_request, asked_of, decide_request, refuse_request, sees_agencys
from vault.flows.enter_certificate import enter_certificate
from vault.flows.hand_dossier import Handed, envelope_for, hand_dossier
from vault.flows.hand_work import hand_work
from vault.flows.issue_correction import issue_correction
from vault.flows.prove_sealing import prove_sealing
from vault.flows.rotate_halves import halves_to_rotate, rotate_halves
from vault.flows.seal_record import seal_record
from vault.flows.take_lock import take_lock
from vault.flows.take_release import take_delivery, take_release, take_return
from vault.flows.take_roster import take_roster
from vault.house import Vault
from vault.refusals import Refused, Why, need
from vault.vocabulary import AgencyKind, Role

public = APIRouter(tags=["public"])
router = APIRouter(prefix="/v1", tags=["vault"])

Ulid = Annotated[str, Path(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
After = Annotated[str, Query(pattern=r"^([0-7][0-9A-HJKMNP-TV-Z]{25})?$", description="last id that was read")]
AfterHalf = Annotated[
    str,
    Query(pattern=r"^([0-7][0-9A-HJKMNP-TV-Z]{25}:[0-9]{1,15})?$", description="last record version that was read"),
]
Offset = Annotated[int, Path(ge=0, le=2**40)]
_TEXT: Final = "text/plain; charset=utf-8"
_BYTES: Final = {
    "x-callers": "sealer",
    "requestBody": {"required": True, "content": {STREAM: {"schema": {"type": "string"}}}},
}

_ROSTER: Final = _BYTES | {"x-callers": "any"}

Anybody = Annotated[Caller, called_by()]
Sealer = Annotated[Caller, called_by(Role.SEALER)]
Officer = Annotated[Caller, called_by(Role.OFFICER)]
Decider = Annotated[Caller, called_by(Role.DECIDER)]
Approver = Annotated[Caller, called_by(Role.APPROVER)]
Refuser = Annotated[Caller, called_by(Role.DECIDER, Role.APPROVER)]
Locker = Annotated[Caller, called_by(Role.DECIDER, Role.APPROVER, Role.SUPERVISOR)]
Supervisor = Annotated[Caller, called_by(Role.SUPERVISOR)]
Answerer = Annotated[Caller, called_by(Role.DECIDER, Role.SEALER)]
Corrected = Annotated[Caller, called_by(Role.SUPERVISOR, Role.DECIDER, Role.SEALER)]
Agent = Annotated[Caller, called_by(AGENT)]
AgentOrOfficer = Annotated[Caller, called_by(AGENT, Role.OFFICER)]


LONGEST_FORM: Final = 512 * 1024


class Body(BaseModel):
    """Strict, frozen, without unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SignedForm(Body):
    """A signed form as text."""

    signed: str = Field(max_length=LONGEST_FORM)


class SealingBody(SignedForm):
    """A signed sealing form with its signed notices."""

    notices: list[str] = Field(max_length=64)


class RotationBody(SignedForm):
    """A signed rotation."""


# --- open to all -----------------------------------------------------------------------------------------------------


@public.get("/healthz", operation_id="readHealth")
async def read_health() -> dict[str, bool]:
    """This process answers."""
    return {"alive": True}


@public.get("/log/{name}", operation_id="readLogFile")
def read_log_file(name: Annotated[str, Path(pattern="^(checkpoint|vkeys)$")], vault: TheVault) -> Response:
    """The signed root, or the verifier keys; verify with pinned keys, not with these."""
    return _published(vault, {"checkpoint": CHECKPOINT, "vkeys": VKEYS}[name], _TEXT)


@public.get("/log/tile/{level}/{place:path}", operation_id="readTile")
def read_tile(
    level: Annotated[int, Path(ge=0, le=63)], place: Annotated[str, Path(max_length=64)], vault: TheVault
) -> Response:
    """Hashes alone."""
    tile = Tile.parse(f"tile/{level}/{place}")
    if tile is None:
        raise Refused(Why.NOT_FOUND, "tile: not a tile of this log")
    return _published(vault, tile.path, STREAM)


# --- rosters ---------------------------------------------------------------------------------------------------------


@public.put("/v1/rosters", operation_id="putRoster", status_code=204)
def put_roster(body: SignedForm, vault: TheVault) -> Response:
    """An agency's new roster of half a mebibyte at most; the pinned roster key's signature is the credential."""
    take_roster(vault, body.signed.encode())
    return Response(status_code=204)


@router.put("/rosters/large", operation_id="putLargeRoster", status_code=204, openapi_extra=_ROSTER)
async def put_large_roster(request: Request, vault: TheVault) -> Response:
    """A roster of more than some hundred people: the same credential, and a call by somebody who stands already.

    Whoever is known to nobody makes the vault hold half a mebibyte and no more.
    """
    call, path = call_bytes(request), signed_path(request)
    await run_in_threadpool(expect_call, vault, call, "PUT", path)
    data = await _collected(request, LONGEST, "roster: longer than 4 MiB")
    digest = hashlib.sha256(data).hexdigest()

    def taken() -> None:
        admit_call(vault, call, "PUT", path, digest)
        take_roster(vault, data)

    await run_in_threadpool(taken)
    return Response(status_code=204)


@router.get("/rosters", operation_id="readRosters")
def read_rosters(caller: Anybody, vault: TheVault) -> dict[str, list[str]]:
    """The newest of each agency, as signed."""
    with vault.database.reading() as connection:
        return {"rosters": [data.decode() for data in store.newest_rosters(connection)]}


# --- records ---------------------------------------------------------------------------------------------------------


@router.get("/uploads/{upload}", operation_id="readUpload")
def read_upload(upload: Ulid, caller: Sealer, vault: TheVault) -> dict[str, int]:
    """How far an envelope's upload is."""
    return {"offset": take_envelope.offset_of(vault, caller, upload)}


@router.put("/uploads/{upload}/{offset}", operation_id="putPart", openapi_extra=_BYTES)
async def put_part(
    upload: Ulid, offset: Annotated[int, Path(ge=0)], request: Request, vault: TheVault
) -> dict[str, int]:
    """The next part of an envelope, whose hash the signed call states."""
    call, path = call_bytes(request), signed_path(request)
    # Nobody unknown fills the memory: 64 MiB are read from whom the call's signature names, and then admitted.
    must_be(await run_in_threadpool(expect_call, vault, call, "PUT", path), frozenset({Role.SEALER}))
    data = await _collected(request, LARGEST_PART, "envelope: a part longer than 64 MiB")
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
        found = store.index_entries(connection, caller.agency, after)
    entries = [
        {"record": one.record, "state": one.state, "entry": base64.b64encode(one.entry).decode()} for one in found
    ]
    return {"entries": entries, "after": found[-1].record if len(found) == store.PAGE else None}


@router.get("/records/{record}/{version}/sealing", operation_id="readSealing")
def read_sealing(
    record: Ulid, version: Annotated[int, Path(ge=1, le=2**31)], caller: Decider, vault: TheVault
) -> dict[str, Any]:
    """The entry of a sealing of the caller's agency, as it was first witnessed, and the covers of its envelopes."""
    with vault.database.reading() as connection:
        found = store.record(connection, record, version)
        owned = found is not None and found.agency == caller.agency
        need(owned, Why.NOT_FOUND, "record: none of this agency")
        covers = store.covers_by_view(connection, record, version)
    shown = {view.value: base64.b64encode(cover).decode() for view, cover in covers.items()}
    return {**_sealing(prove_sealing(vault, record, version)), "covers": shown}


@router.get("/notices", operation_id="readNotices")
def read_notices(caller: Sealer, vault: TheVault) -> dict[str, list[str]]:
    """Sealing notices to the caller's agency that it has not answered."""
    with vault.database.reading() as connection:
        return {"notices": [data.decode() for data in store.notices_for(connection, caller.agency)]}


@router.post("/notices", operation_id="answerNotice", status_code=204)
def post_answer(body: SignedForm, caller: Sealer, vault: TheVault) -> Response:
    """The acknowledgement of a notice."""
    answer_notice(vault, caller, body.signed.encode())
    return Response(status_code=204)


# --- requests --------------------------------------------------------------------------------------------------------


@router.post("/requests", operation_id="ask", status_code=201)
def post_request(body: SignedForm, caller: Officer, vault: TheVault) -> dict[str, str]:
    """An officer asks."""
    return {"request": ask(vault, caller, body.signed.encode()).form.request}


@router.get("/requests", operation_id="readRequests")
def read_requests(caller: Anybody, vault: TheVault, after: After = "") -> dict[str, Any]:
    """Requests that the caller's agency made, was asked, must approve or release (an officer's own); a page."""
    is_approver = caller.agency in vault.pins.approvers("")
    with vault.database.reading() as connection:
        if sees_agencys(caller):
            found = store.requests_seen_by(connection, caller.agency, is_approver, after)
        else:
            found = store.requests_of(connection, caller.agency, caller.person, after)
    items = [_listed(one) for one in found]
    return {"requests": items, "after": found[-1].id if len(found) == store.PAGE else None}


@router.get("/requests/{request_id}", operation_id="readRequest")
def read_request(request_id: Ulid, caller: Anybody, vault: TheVault) -> dict[str, Any]:
    """One request with the acts on it so far, as signed."""
    found = asked_of(vault, caller, request_id)
    with vault.database.reading() as connection:
        acts = {
            kind: [act.data.decode() for act in store.acts_on(connection, request_id, kind)]
            for kind in ("decision", "approval", "refusal")
        }
    return {**_listed(found), "signed": found.data.decode(), **acts}


@router.post("/requests/{request_id}/decision", operation_id="decide", status_code=204)
def post_decision(request_id: Ulid, body: SignedForm, caller: Decider, vault: TheVault) -> Response:
    """The decider of the agency that was asked allows a view."""
    decide_request(vault, caller, request_id, body.signed.encode())
    return Response(status_code=204)


@router.post("/requests/{request_id}/approval", operation_id="approve", status_code=204)
def post_approval(request_id: Ulid, body: SignedForm, caller: Approver, vault: TheVault) -> Response:
    """An approver of a half-holding agency agrees; the last one authorises the release."""
    approve_request(vault, caller, request_id, body.signed.encode())
    return Response(status_code=204)


@router.post("/requests/{request_id}/refusal", operation_id="refuse", status_code=204)
def post_refusal(request_id: Ulid, body: SignedForm, caller: Refuser, vault: TheVault) -> Response:
    """Either of them refuses, in writing."""
    refuse_request(vault, caller, request_id, body.signed.encode())
    return Response(status_code=204)


@router.get("/requests/{request_id}/dossier", operation_id="readDossier")
def read_dossier(request_id: Ulid, caller: AgentOrOfficer, vault: TheVault) -> dict[str, Any]:
    """Everything that a release rests on; an agent gets its own halves, the officer what was released."""
    return _dossier(hand_dossier(vault, caller, request_id))


@router.post("/requests/{request_id}/release", operation_id="release", status_code=204)
def post_release(request_id: Ulid, body: SignedForm, caller: Agent, vault: TheVault) -> Response:
    """An agent's released half."""
    take_release(vault, caller, request_id, body.signed.encode())
    return Response(status_code=204)


@router.get("/requests/{request_id}/envelope", operation_id="readEnvelope", response_class=FileResponse)
def read_envelope(request_id: Ulid, caller: Officer, vault: TheVault) -> FileResponse:
    """The envelope that was decided on: ciphertext, for the officer who asked, until it expires."""
    return FileResponse(take_envelope.envelope_path(vault, envelope_for(vault, caller, request_id)), media_type=STREAM)


@router.post("/requests/{request_id}/delivery", operation_id="deliver", status_code=204)
def post_delivery(request_id: Ulid, body: SignedForm, caller: Officer, vault: TheVault) -> Response:
    """The officer opened it."""
    take_delivery(vault, caller, request_id, body.signed.encode())
    return Response(status_code=204)


@router.post("/requests/{request_id}/return", operation_id="giveBack", status_code=204)
def post_return(request_id: Ulid, body: SignedForm, caller: Officer, vault: TheVault) -> Response:
    """What became of it."""
    take_return(vault, caller, request_id, body.signed.encode())
    return Response(status_code=204)


# --- changes of a record's state --------------------------------------------------------------------------------------


@router.post("/proposals", operation_id="proposeChange", status_code=201)
def post_proposal(body: SignedForm, caller: Decider, vault: TheVault) -> dict[str, str]:
    """The sealing agency proposes to unseal, seal again or shred a record."""
    return {"proposal": propose_change(vault, caller, body.signed.encode()).form.proposal}


@router.get("/proposals", operation_id="readProposals")
def read_proposals(caller: Approver, vault: TheVault) -> dict[str, list[str]]:
    """Proposals that wait for agreements, as signed; for approvers of half-holding agencies."""
    need(caller.agency in vault.pins.approvers(""), Why.NOT_ENTITLED, "proposals: for half-holding agencies")
    with vault.database.reading() as connection:
        return {"proposals": [data.decode() for data in store.open_proposals(connection)]}


@router.post("/proposals/{proposal_id}/agreement", operation_id="agreeToChange")
def post_agreement(proposal_id: Ulid, body: SignedForm, caller: Approver, vault: TheVault) -> dict[str, bool]:
    """A half-holding agency agrees; with the last one the change is done."""
    return {"done": agree_to_change(vault, caller, proposal_id, body.signed.encode())}


# --- locks, rotation, supervision ------------------------------------------------------------------------------------


@router.post("/locks", operation_id="lock", status_code=204)
def post_lock(body: SignedForm, caller: Locker, vault: TheVault) -> Response:
    """Lock every release at once, or agree to open again."""
    take_lock(vault, caller, body.signed.encode())
    return Response(status_code=204)


@router.get("/locks", operation_id="readLocks")
def read_locks(caller: Anybody, vault: TheVault) -> dict[str, list[str]]:
    """Every lock and opening, as signed: agents verify them themselves."""
    with vault.database.reading() as connection:
        return {"locks": [data.decode() for data in store.locks(connection)]}


@router.get("/work", operation_id="readWork")
def read_work(
    caller: Agent, vault: TheVault, known: Annotated[str, Query(pattern="^[0-9a-f]{64}$")], after: After = ""
) -> dict[str, Any]:
    """An agent's turn in one call: rosters unless it knows them, locks, dossiers that wait for its half; a page."""
    work = hand_work(vault, caller, known, after)
    return {
        "rosters": None if work.rosters is None else [data.decode() for data in work.rosters],
        "locks": [data.decode() for data in work.locks],
        "waiting": [
            {"request": request, "stopped": str(found)}
            if isinstance(found, VaultError)
            else {"request": request, "dossier": _dossier(found)}
            for request, found in work.waiting
        ],
        "after": work.after,
    }


@router.get("/halves", operation_id="readHalves")
def read_halves(
    caller: Agent,
    vault: TheVault,
    key: Annotated[str, Query(pattern="^[0-9a-f]{32}$")],
    after: AfterHalf = "",
    covers: bool = False,
) -> dict[str, Any]:
    """Halves of the agent's own holder under one of its keys for rotation; a page."""
    return {"halves": halves_to_rotate(vault, caller, key, after, covers=covers)}


@router.post("/halves", operation_id="rotateHalves")
def post_halves(body: RotationBody, caller: Agent, vault: TheVault) -> dict[str, int]:
    """The same halves sealed to the agent's new key."""
    return {"left": rotate_halves(vault, caller, body.signed.encode())}


@router.get("/ledger", operation_id="readLedger")
def read_ledger(caller: Anybody, vault: TheVault) -> dict[str, Any]:
    """Sealing notices with their answers: an agency's own, or all for the procuratorate's supervisors."""
    kind = vault.pins.agency(caller.agency).kind
    sees_all = kind is AgencyKind.PROCURATORATE and Role.SUPERVISOR in caller.roles
    with vault.database.reading() as connection:
        return {"notices": store.ledger(connection, None if sees_all else caller.agency, vault.now_ms())}


@router.post("/corrections", operation_id="issueCorrection", status_code=201)
def post_correction(body: SignedForm, caller: Supervisor, vault: TheVault) -> dict[str, str]:
    """The procuratorate tells an agency to put a fault right."""
    return {"correction": issue_correction(vault, caller, body.signed.encode()).form.correction}


@router.post("/certificates", operation_id="enterCertificate", status_code=201)
def post_certificate(body: SignedForm, caller: Answerer, vault: TheVault) -> dict[str, str]:
    """A no-record certificate is about to be issued: a number and a hash."""
    return {"certificate": enter_certificate(vault, caller, body.signed.encode())}


@router.get("/corrections", operation_id="readCorrections")
def read_corrections(caller: Corrected, vault: TheVault, after: After = "") -> dict[str, Any]:
    """Notices that the caller's agency issued or got, with their answers, as signed; a page."""
    with vault.database.reading() as connection:
        found = store.corrections_of(connection, caller.agency, after)
    items = [
        {
            "signed": one.data.decode(),
            "due_ms": one.due_ms,
            "answer": None if one.answer is None else one.answer.decode(),
            "answered_ms": one.answered_ms,
        }
        for one in found
    ]
    return {"corrections": items, "after": found[-1].id if len(found) == store.PAGE else None}


@router.post("/corrections/{correction_id}/answer", operation_id="answerCorrection", status_code=204)
def post_corrected(correction_id: Ulid, body: SignedForm, caller: Answerer, vault: TheVault) -> Response:
    """The agency that was told answers."""
    answer_correction(vault, caller, correction_id, body.signed.encode())
    return Response(status_code=204)


@router.get("/overdue", operation_id="readOverdue")
def read_overdue(caller: Supervisor, vault: TheVault) -> dict[str, Any]:
    """Requests and notices to correct that wait too long, deliveries whose receiving case is not marked."""
    kind = vault.pins.agency(caller.agency).kind
    need(kind is AgencyKind.PROCURATORATE, Why.NOT_ENTITLED, "overdue: for the procuratorate's supervisors")
    with vault.database.reading() as connection:
        now = vault.now_ms()
        return {
            "requests": store.overdue(connection, now),
            "unmarked": store.unmarked(connection, now),
            "corrections": store.unanswered_corrections(connection, caller.agency, now),
        }


ROUTERS: Final[tuple[APIRouter, ...]] = (public, router)
"""Every router of the vault service."""


def _listed(one: store.StoredRequest) -> dict[str, Any]:
    return {
        "request": one.id,
        "agency": one.agency,
        "to": one.recipient,
        "state": one.state.value,
        "asked_ms": one.asked_ms,
        "warn_ms": one.warn_ms,
        "escalate_ms": one.escalate_ms,
        "expires_ms": one.expires_ms,
    }


def _dossier(handed: Handed) -> dict[str, Any]:
    one = handed.dossier
    return {
        "request": one.request.decode(),
        "decision": one.decision.decode(),
        "approvals": [data.decode() for data in one.approvals],
        "cover": base64.b64encode(one.cover).decode(),
        "sealing": _sealing(one.sealing),
        "entry": one.entry.decode(),
        "proof": one.proof.decode(),
        "salt": one.salt.hex(),
        "halves": {"key": one.halves.key, "sealed": base64.b64encode(one.halves.sealed).decode()},
        "releases": [data.decode() for data in handed.releases],
    }


def _sealing(proven: SealedEntry) -> dict[str, str]:
    return {"entry": proven.entry.decode(), "proof": proven.proof.decode()}


def _published(vault: Vault, name: str, media_type: str) -> Response:
    path: File = vault.folder / "log" / name
    try:
        return Response(path.read_bytes(), media_type=media_type, headers={"Cache-Control": "no-cache"})
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise Refused(Why.NOT_FOUND, "log: not published, or grown into a larger tile") from None


async def _collected(request: Request, most: int, too_large: str) -> bytes:
    held = bytearray()
    async for piece in request.stream():
        held += piece
        need(len(held) <= most, Why.TOO_LARGE, too_large)
    return bytes(held)
