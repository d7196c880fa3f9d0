"""Who stands behind a call of a flow: the actor as the log will name them, and whose records they may touch.

It does not say what they may do: permissions are checked at the edge, ownership in the stores.

May touch: nothing
Sees:      codes of agencies and accounts
"""

from __future__ import annotations

from dataclasses import dataclass

from audit.entry import Actor


@dataclass(frozen=True, slots=True)
class Caller:
    """`agency` is the code of the agency that calls, or None for people and programs of the linkage unit."""

    actor: Actor
    agency: str | None = None
