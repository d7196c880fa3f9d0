"""An agency in the register: its states, and which may follow which.

    active ⇄ suspended      it may call, or not for now
    active, suspended → removed      for good; its code is never given to another

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class AgencyState(StrEnum):
    """Whether an agency's programs are let in."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REMOVED = "removed"


FOLLOWS: Final[Mapping[AgencyState, frozenset[AgencyState]]] = MappingProxyType(
    {
        AgencyState.ACTIVE: frozenset({AgencyState.SUSPENDED, AgencyState.REMOVED}),
        AgencyState.SUSPENDED: frozenset({AgencyState.ACTIVE, AgencyState.REMOVED}),
        AgencyState.REMOVED: frozenset(),
    }
)
"""The states that may follow each state."""
