"""The states of a request and which act leads from which to which. It knows no time, no person and no storage.

    asked ─▶ decided ─▶ authorised ─▶ released ─▶ delivered ─▶ returned
      ╰────────╰──▶ refused
A request whose own time is over is expired wherever it stands before `delivered`; no state follows from silence.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from vault.errors import StateError


class RequestState(StrEnum):
    """Where a request stands."""

    ASKED = "asked"
    DECIDED = "decided"
    AUTHORISED = "authorised"  # the log holds the intent; agents may act
    RELEASED = "released"  # both halves are re-sealed
    DELIVERED = "delivered"
    RETURNED = "returned"
    REFUSED = "refused"


class Act(StrEnum):
    """What moves a request. Approvals move it only when the last one is there."""

    DECIDE = "decide"
    AUTHORISE = "authorise"
    RELEASE = "release"
    DELIVER = "deliver"
    RETURN = "return"
    REFUSE = "refuse"


NEXT: Final[Mapping[tuple[RequestState, Act], RequestState]] = {
    (RequestState.ASKED, Act.DECIDE): RequestState.DECIDED,
    (RequestState.ASKED, Act.REFUSE): RequestState.REFUSED,
    (RequestState.DECIDED, Act.REFUSE): RequestState.REFUSED,
    (RequestState.DECIDED, Act.AUTHORISE): RequestState.AUTHORISED,
    (RequestState.AUTHORISED, Act.RELEASE): RequestState.RELEASED,
    (RequestState.RELEASED, Act.DELIVER): RequestState.DELIVERED,
    (RequestState.DELIVERED, Act.RETURN): RequestState.RETURNED,
}


def after(state: RequestState, act: Act) -> RequestState:
    """The state that follows; StateError when the act is not one of this state's."""
    found = NEXT.get((state, act))
    if found is None:
        raise StateError(f"request: {act.value} does not follow {state.value}")
    return found
