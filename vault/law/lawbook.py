"""The shipped rule sets as the lawbook that agents and desks decide under (`checks.Lawbook`).

A rule set that is not shipped gives no view.

May touch: this package's own files (`package_data`)
Sees:      nothing personal
Spec:      architecture D8; checks, step 6
"""

from __future__ import annotations

from collections.abc import Sequence

from vault.errors import LawError
from vault.law.basis import Allowed, examine
from vault.law.calendar import civil_day
from vault.law.rules import by_digest, in_force
from vault.vocabulary import AgencyKind, RecordKind, View


class ShippedLaw:
    """`checks.Lawbook` over what this program ships."""

    def view_of(
        self, rules: str, basis: str, requester: AgencyKind, kinds: Sequence[RecordKind], purpose: str
    ) -> View | None:
        """The view that a basis gives under the rule file of that hash; None when refused or unknown."""
        try:
            found = examine(by_digest(rules), basis, requester, kinds, purpose)
        except LawError:
            return None
        return found.view if isinstance(found, Allowed) else None

    def in_force(self, now_ms: int) -> str:
        """Hash (hex) of the rule file in force at a time; LawError before the first."""
        return in_force(civil_day(now_ms)).sha256
