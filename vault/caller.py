"""Who calls the vault: a person of an agency, or an agency's release agent, as the agency's own roster says.

May touch: nothing
Sees:      pseudonyms
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vault.vocabulary import Holder, Role

AGENT: Final = "agent"
"""The name under which a release agent calls."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A verified caller. `holder` is set for release agents alone, who have no roles."""

    person: str
    agency: str
    device: str
    roles: frozenset[Role]
    holder: Holder | None = None
