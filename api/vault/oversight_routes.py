"""Locks, the ledger, notices to correct, certificates, what is overdue.

May touch: network
Sees:      ciphertext, pseudonyms, hashes
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from api.vault.app import TheVault
from api.vault.route_parts import After, Answerer, Anybody, Corrected, Locker, SignedForm, Supervisor, Ulid
from vault.flows.answer_correction import answer_correction
from vault.flows.enter_certificate import enter_certificate
from vault.flows.issue_correction import issue_correction
from vault.flows.take_lock import take_lock
from vault.refusals import Why, need
from vault.store import (
    correction_rows,
    lock_rows,
    notice_rows,
    request_rows,
)
from vault.store.pages import PAGE
from vault.vocabulary import AgencyKind, Role

router = APIRouter(prefix="/v1", tags=["oversight"])


@router.post("/locks", operation_id="lock", status_code=204)
def post_lock(body: SignedForm, caller: Locker, vault: TheVault) -> Response:
    """Lock every release at once, or agree to open again."""
    take_lock(vault, caller, body.signed.encode())
    return Response(status_code=204)


@router.get("/locks", operation_id="readLocks")
def read_locks(caller: Anybody, vault: TheVault) -> dict[str, list[str]]:
    """Every lock and opening, as signed: agents verify them themselves."""
    with vault.database.reading() as connection:
        return {"locks": [data.decode() for data in lock_rows.every(connection)]}


@router.get("/ledger", operation_id="readLedger")
def read_ledger(caller: Anybody, vault: TheVault) -> dict[str, Any]:
    """Sealing notices with their answers: an agency's own, or all for the procuratorate's supervisors."""
    kind = vault.pins.agency(caller.agency).kind
    sees_all = kind is AgencyKind.PROCURATORATE and Role.SUPERVISOR in caller.roles
    with vault.database.reading() as connection:
        return {"notices": notice_rows.ledger(connection, None if sees_all else caller.agency, vault.now_ms())}


@router.post("/certificates", operation_id="enterCertificate", status_code=201)
def post_certificate(body: SignedForm, caller: Answerer, vault: TheVault) -> dict[str, str]:
    """A no-record certificate is about to be issued: a number and a hash."""
    return {"certificate": enter_certificate(vault, caller, body.signed.encode())}


@router.post("/corrections", operation_id="issueCorrection", status_code=201)
def post_correction(body: SignedForm, caller: Supervisor, vault: TheVault) -> dict[str, str]:
    """The procuratorate tells an agency to put a fault right."""
    return {"correction": issue_correction(vault, caller, body.signed.encode()).form.correction}


@router.get("/corrections", operation_id="readCorrections")
def read_corrections(caller: Corrected, vault: TheVault, after: After = "") -> dict[str, Any]:
    """Notices that the caller's agency issued or got, with their answers, as signed; a page."""
    with vault.database.reading() as connection:
        found = correction_rows.of_agency(connection, caller.agency, after)
    items = [
        {
            "signed": one.data.decode(),
            "due_ms": one.due_ms,
            "answer": None if one.answer is None else one.answer.decode(),
            "answered_ms": one.answered_ms,
        }
        for one in found
    ]
    return {"corrections": items, "after": found[-1].id if len(found) == PAGE else None}


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
            "requests": request_rows.overdue(connection, now),
            "unmarked": request_rows.unmarked(connection, now),
            "corrections": correction_rows.unanswered(connection, caller.agency, now),
        }
