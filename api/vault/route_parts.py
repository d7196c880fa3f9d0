"""What routes of the vault share: who calls, what a path or a body may be, how a dossier looks as JSON.

A body is a signed form as text; what it says is the flows' matter. Lists are paged by the last id that was read.

May touch: network
Sees:      ciphertext, pseudonyms, hashes
"""

from __future__ import annotations

import base64
from typing import Annotated, Any, Final

from fastapi import Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from api.http.bodies import STREAM
from api.vault.app import AGENT, called_by
from vault.caller import Caller
from vault.checks import SealedEntry
from vault.flows.hand_dossier import Handed
from vault.refusals import Why, need
from vault.vocabulary import Role

Ulid = Annotated[str, Path(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
After = Annotated[str, Query(pattern=r"^([0-7][0-9A-HJKMNP-TV-Z]{25})?$", description="last id that was read")]
STREAMED: Final = {
    "x-callers": "sealer",
    "requestBody": {"required": True, "content": {STREAM: {"schema": {"type": "string"}}}},
}

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


def dossier_view(handed: Handed) -> dict[str, Any]:
    """A dossier with what was released on it, as JSON."""
    one = handed.dossier
    return {
        "request": one.request.decode(),
        "decision": one.decision.decode(),
        "approvals": [data.decode() for data in one.approvals],
        "cover": base64.b64encode(one.cover).decode(),
        "sealing": sealing_view(one.sealing),
        "entry": one.entry.decode(),
        "proof": one.proof.decode(),
        "salt": one.salt.hex(),
        "halves": {"key": one.halves.key, "sealed": base64.b64encode(one.halves.sealed).decode()},
        "releases": [data.decode() for data in handed.releases],
    }


def sealing_view(proven: SealedEntry) -> dict[str, str]:
    """A proven entry of a sealing, as JSON."""
    return {"entry": proven.entry.decode(), "proof": proven.proof.decode()}


async def collected(request: Request, most: int, too_large: str) -> bytes:
    """The body, refused as soon as it is longer than `most` bytes."""
    held = bytearray()
    async for piece in request.stream():
        held += piece
        need(len(held) <= most, Why.TOO_LARGE, too_large)
    return bytes(held)
