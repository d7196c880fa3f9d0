"""Changes of a record's state, that the sealing agency proposes and both half-holding agencies carry out.

May touch: network
Sees:      ciphertext, pseudonyms, hashes
"""

from __future__ import annotations

from fastapi import APIRouter

from api.vault.app import TheVault
from api.vault.route_parts import Approver, Decider, SignedForm, Ulid
from vault.flows.change_record import agree_to_change, propose_change
from vault.refusals import Why, need
from vault.store import (
    proposal_rows,
)

router = APIRouter(prefix="/v1", tags=["changes"])


@router.post("/proposals", operation_id="proposeChange", status_code=201)
def post_proposal(body: SignedForm, caller: Decider, vault: TheVault) -> dict[str, str]:
    """The sealing agency proposes to unseal, seal again or shred a record."""
    return {"proposal": propose_change(vault, caller, body.signed.encode()).form.proposal}


@router.get("/proposals", operation_id="readProposals")
def read_proposals(caller: Approver, vault: TheVault) -> dict[str, list[str]]:
    """Proposals that wait for agreements, as signed; for approvers of half-holding agencies."""
    need(caller.agency in vault.pins.approvers(""), Why.NOT_ENTITLED, "proposals: for half-holding agencies")
    with vault.database.reading() as connection:
        return {"proposals": [data.decode() for data in proposal_rows.waiting(connection)]}


@router.post("/proposals/{proposal_id}/agreement", operation_id="agreeToChange")
def post_agreement(proposal_id: Ulid, body: SignedForm, caller: Approver, vault: TheVault) -> dict[str, bool]:
    """A half-holding agency agrees; with the last one the change is done."""
    return {"done": agree_to_change(vault, caller, proposal_id, body.signed.encode())}
