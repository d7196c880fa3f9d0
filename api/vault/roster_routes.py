"""Rosters: an agency hands in its newest, everybody who stands in one reads them all.

May touch: network
Sees:      ciphertext, pseudonyms, hashes
"""

from __future__ import annotations

import hashlib
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.vault.app import TheVault, call_bytes, signed_path
from api.vault.route_parts import STREAMED, Anybody, SignedForm, collected
from audit.crypto.signed_object import LONGEST
from vault.flows.admit_call import admit_call, expect_call
from vault.flows.take_roster import take_roster
from vault.store import (
    roster_rows,
)

router = APIRouter(prefix="/v1", tags=["rosters"])

_ROSTER: Final = STREAMED | {"x-callers": "any"}


@router.put("/rosters", operation_id="putRoster", status_code=204)
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
    data = await collected(request, LONGEST, "roster: longer than 4 MiB")
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
        return {"rosters": [data.decode() for data in roster_rows.newest(connection)]}
