"""What release agents call: their work, a released half, rotation. An agent gets its own holder's halves only.

May touch: network
Sees:      ciphertext, pseudonyms, hashes
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from api.vault.app import TheVault
from api.vault.route_parts import After, Agent, SignedForm, Ulid, dossier_view
from vault.errors import VaultError
from vault.flows.hand_work import hand_work
from vault.flows.rotate_halves import halves_to_rotate, rotate_halves
from vault.flows.take_release import take_release

router = APIRouter(prefix="/v1", tags=["agents"])

AfterHalf = Annotated[
    str,
    Query(pattern=r"^([0-7][0-9A-HJKMNP-TV-Z]{25}:[0-9]{1,15})?$", description="last record version that was read"),
]


@router.get("/work", operation_id="readWork")
def read_work(
    caller: Agent, vault: TheVault, known: Annotated[str, Query(pattern="^[0-9a-f]{64}$")], after: After = ""
) -> JSONResponse:
    """An agent's turn in one call: rosters unless it knows them, locks, dossiers that wait for its half; a page."""
    work = hand_work(vault, caller, known, after)
    return JSONResponse(
        {
            "rosters": None if work.rosters is None else [data.decode() for data in work.rosters],
            "locks": [data.decode() for data in work.locks],
            "waiting": [
                {"request": request, "stopped": str(found)}
                if isinstance(found, VaultError)
                else {"request": request, "dossier": dossier_view(found)}
                for request, found in work.waiting
            ],
            "after": work.after,
        }
    )


@router.post("/requests/{request_id}/release", operation_id="release", status_code=204)
def post_release(request_id: Ulid, body: SignedForm, caller: Agent, vault: TheVault) -> Response:
    """An agent's released half."""
    take_release(vault, caller, request_id, body.signed.encode())
    return Response(status_code=204)


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
def post_halves(body: SignedForm, caller: Agent, vault: TheVault) -> dict[str, int]:
    """The same halves sealed to the agent's new key."""
    return {"left": rotate_halves(vault, caller, body.signed.encode())}
