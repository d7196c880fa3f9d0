"""Who the linkage unit is: the keys that batches are sealed to and answers are signed with, and its log.

Custodians pin these keys at their first sign-in and compare their fingerprint by telephone.

May touch: nothing
Sees:      public keys
"""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from api.auth.guard import public
from api.linkage.app import TheUnit
from api.linkage.schemas import Body

router = APIRouter(prefix="/v1", tags=["unit"])


class UnitView(Body):
    """The unit's public face."""

    sealing_key: str = Field(description="what batches are sealed to, one printable line")
    verifying_key: str = Field(description="what the unit's signatures verify with, one printable line")
    log_origin: str = Field(examples=["log.example/linkage"])
    log_keys: list[str] = Field(description="vkey lines of the log, its own first, then its witnesses'")


@router.get("/unit", operation_id="readUnit", summary="The unit's public keys and its log", dependencies=[public()])
def read_unit(unit: TheUnit) -> UnitView:
    """Read before anything is sealed; the answer never changes without a ceremony."""
    keys = unit.keys
    return UnitView(
        sealing_key=keys.opening.sealing_key.to_text(),
        verifying_key=keys.signing.verifying_key.to_text(),
        log_origin=unit.log.store.origin,
        log_keys=list(unit.log_keys),
    )
