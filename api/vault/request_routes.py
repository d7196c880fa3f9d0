"""Requests: asked, decided, approved or refused, and what an officer gets and gives back.

May touch: network
Sees:      ciphertext, pseudonyms, hashes
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from api.http.bodies import STREAM
from api.vault.app import TheVault
from api.vault.route_parts import (
    After,
    AgentOrOfficer,
    Anybody,
    Approver,
    Decider,
    Officer,
    Refuser,
    SignedForm,
    Ulid,
    dossier_view,
)
from vault.flows import take_envelope
from vault.flows.ask import ask
from vault.flows.decide_request import approve_request, asked_of, decide_request, refuse_request, sees_agencys
from vault.flows.hand_dossier import envelope_for, hand_dossier
from vault.flows.take_release import take_delivery, take_return
from vault.store import (
    act_rows,
    request_rows,
)
from vault.store.pages import PAGE

router = APIRouter(prefix="/v1", tags=["requests"])


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
            found = request_rows.seen_by(connection, caller.agency, is_approver, after)
        else:
            found = request_rows.of_officer(connection, caller.agency, caller.person, after)
    items = [_listed(one) for one in found]
    return {"requests": items, "after": found[-1].id if len(found) == PAGE else None}


@router.get("/requests/{request_id}", operation_id="readRequest")
def read_request(request_id: Ulid, caller: Anybody, vault: TheVault) -> dict[str, Any]:
    """One request with the acts on it so far, as signed."""
    found = asked_of(vault, caller, request_id)
    with vault.database.reading() as connection:
        acts = {
            kind: [act.data.decode() for act in act_rows.of_request(connection, request_id, kind)]
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
    return dossier_view(hand_dossier(vault, caller, request_id))


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


def _listed(one: request_rows.StoredRequest) -> dict[str, Any]:
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
