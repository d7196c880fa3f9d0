"""The shipped rule sets as the lawbook that agents and desks decide under (`checks.Lawbook`).

A rule set that is not shipped gives no view.

May touch: this package's own files (`package_data`)
Sees:      nothing personal
Spec:      architecture D8; checks, step 6
"""

from __future__ import annotations

from collections.abc import Sequence

from vault.checks import Given
from vault.errors import LawError
from vault.law.basis import Allowed, examine
from vault.law.calendar import civil_day
from vault.law.deadlines import deadline, due
from vault.law.rules import by_digest, in_force
from vault.vocabulary import AgencyKind, RecordKind

_DAY_MS = 24 * 3600 * 1000
_WARN_DAYS, _ESCALATE_DAYS, _CORRECT_DAYS = 3, 7, 10


class ShippedLaw:
    """`checks.Lawbook` over what this program ships."""

    def gives(
        self, rules: str, basis: str, requester: AgencyKind, kinds: Sequence[RecordKind], purpose: str, scope: str
    ) -> Given | None:
        """What a basis gives under the rule file of that hash; None when refused or unknown."""
        try:
            found = examine(by_digest(rules), basis, requester, kinds, purpose, scope=scope)
        except LawError:
            return None
        if isinstance(found, Allowed):
            return Given(found.view, found.expires_s, found.longest_not_after_s)
        return None

    def in_force(self, now_ms: int) -> str:
        """Hash (hex) of the rule file in force at a time; LawError before the first."""
        return in_force(civil_day(now_ms)).sha256

    def may_ask(self, rules: str, basis: str, requester: AgencyKind, purpose: str, scope: str) -> bool:
        """Whether some kind of record would be given."""
        return any(self.gives(rules, basis, requester, (kind,), purpose, scope) for kind in RecordKind)

    def decide_by(self, rules: str, asked_ms: int) -> tuple[int, int]:
        """The statutory periods; in a year without holiday data plain days, which never warn later than the law."""
        return self._due(rules, "decide-request", asked_ms, _ESCALATE_DAYS)

    def seal_by(self, rules: str, told_ms: int) -> int:
        """The end of the statutory three days."""
        return self._due(rules, "seal-own-part", told_ms, _WARN_DAYS)[1]

    def correct_by(self, rules: str, told_ms: int) -> tuple[int, int]:
        """The period of `answer-correction`; in a year without holiday data plain days."""
        return self._due(rules, "answer-correction", told_ms, _CORRECT_DAYS)

    def _due(self, rules: str, period: str, start_ms: int, days: int) -> tuple[int, int]:
        try:
            found = due(deadline(by_digest(rules), period), start_ms)
        except LawError:
            return start_ms + _WARN_DAYS * _DAY_MS, start_ms + days * _DAY_MS
        return found.warn_ms, found.escalate_ms
