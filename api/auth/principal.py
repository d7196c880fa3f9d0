"""Who a verified credential belongs to. Made by the authenticators only; routes and flows read it.

May touch: nothing
Sees:      codes of agencies and accounts
"""

from __future__ import annotations

from dataclasses import dataclass

from api.auth.permissions import GRANTS, Permission, Role
from audit.entry import Actor
from linkage.caller import Caller


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller whose credential was checked.

    `subject` is the client or account code, `agency` the agency whose rows it may touch (None at the unit), `auth` how
    it was proven (`private-key-jwt`, `oidc`, `local`), `device` a code of the key or session it is bound to,
    `is_fresh` whether a person proved it a short time ago.
    """

    subject: str
    role: Role
    agency: str | None
    auth: str
    device: str
    is_fresh: bool = True

    def may(self, permission: Permission) -> bool:
        return permission in GRANTS[self.role]

    def caller(self) -> Caller:
        """The same for flows: the actor that the log will name."""
        actor = Actor(self.subject, self.agency or "linkage-unit", str(self.role), self.auth, self.device)
        return Caller(actor, self.agency)
