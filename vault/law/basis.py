"""Does a basis reach these kinds of record for this agency and purpose, and which view does it give?

Default deny: what no reach names is refused. The basis picks the view, the officer never does; a record that holds
several kinds takes the strictest, so that each kind must be reached and the narrowest view counts. It knows neither
the record nor the person, and decides nothing: a decider may still refuse what is allowed here.

In numbered steps:
  1. the basis is one of the closed list, and not one that is refused by name;
  2. the purpose and the scope are of this basis;
  3. this kind of agency may use it;
  4. every kind of the record is reached, or stands beside one that is;
  5. the narrowest view of the reaches that were used.

May touch: nothing
Sees:      nothing personal
Spec:      vault-law L14, L15, L21, L24, L26, L30, L34, L38, L44
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from vault.law.rule_set import Basis, Reach, RuleSet
from vault.law.terms import Mark
from vault.law.views import narrowest
from vault.vocabulary import AgencyKind, RecordKind, View


class Denial(StrEnum):
    """Why a basis is refused. Only the last two depend on the record."""

    NO_BASIS = "no-basis"  # not of the closed list
    REFUSED_BASIS = "refused-basis"  # refused by name
    WRONG_PURPOSE = "wrong-purpose"
    WRONG_SCOPE = "wrong-scope"
    NOT_ENTITLED = "not-entitled"  # not for this kind of agency
    NO_KIND = "no-kind"  # the record states no kind
    NOT_COVERING = "not-covering"  # a kind of the record is not reached


_RULE_OF_KIND = {RecordKind.NON_PROSECUTION: "L15", RecordKind.PUBLIC_SECURITY_VIOLATION: "L44"}
_SAID = {
    Denial.NO_BASIS: "no-basis",
    Denial.REFUSED_BASIS: "no-basis",
    Denial.WRONG_PURPOSE: "basis-not-covering",
    Denial.WRONG_SCOPE: "basis-not-covering",
    Denial.NOT_ENTITLED: "not-entitled",
    Denial.NO_KIND: "nothing-to-release",
    Denial.NOT_COVERING: "nothing-to-release",
}


@dataclass(frozen=True, slots=True)
class Allowed:
    """The view that the basis gives, how long it stays open, and the rules that it rests on with their marks."""

    view: View
    expires_s: int
    longest_not_after_s: int
    rules: tuple[str, ...]
    marks: tuple[Mark, ...]
    """Surest first; with `U` among them the screen says that counsel has not confirmed it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing is shown."""

    reason: Denial
    rules: tuple[str, ...]

    @property
    def to_say(self) -> str:
        """The word of `requests.REFUSAL_REASONS` for the applicant; it never tells that there is a record (L20)."""
        return _SAID[self.reason]


def examine(
    rules: RuleSet,
    basis_id: str,
    requester: AgencyKind,
    record_kinds: Collection[RecordKind],
    purpose: str,
    *,
    scope: str = "read",
) -> Allowed | Refused:
    """What the basis gives. `scope` is what is to be done with it (`requests.SCOPES`)."""
    basis = rules.bases.get(basis_id)
    if basis is None:  # 1
        named = rules.refused.get(basis_id)
        return Refused(Denial.REFUSED_BASIS, named.rules) if named else Refused(Denial.NO_BASIS, ("L14",))
    if purpose not in basis.purposes:  # 2
        return Refused(Denial.WRONG_PURPOSE, ("L16", "L38"))
    mine = [reach for reach in basis.reaches if requester in reach.requesters]  # 3
    if not mine:
        return Refused(Denial.NOT_ENTITLED, _all_rules(basis.reaches))
    kinds = frozenset(record_kinds)
    if not kinds:
        return Refused(Denial.NO_KIND, ("L14",))
    used = [reach for reach in mine if reach.kinds & kinds]  # 4
    reached = frozenset[RecordKind]().union(*(reach.kinds | reach.beside for reach in used))
    if not kinds <= reached:
        return Refused(Denial.NOT_COVERING, _barred_by(rules, kinds - reached))
    if not all(scope in reach.scopes for reach in used):
        return Refused(Denial.WRONG_SCOPE, ("L16", "L21"))
    return _allowed(rules, basis, used)


def _allowed(rules: RuleSet, basis: Basis, used: list[Reach]) -> Allowed:
    named = _all_rules(used)
    marks = {reach.source.mark for reach in used} | set(rules.mark_of(named))
    view = narrowest(reach.view for reach in used)  # 5
    return Allowed(view, basis.expires_s, basis.longest_not_after_s, named, tuple(m for m in Mark if m in marks))


def _barred_by(rules: RuleSet, unreached: frozenset[RecordKind]) -> tuple[str, ...]:
    """L14 and the rules that shut off these kinds in particular."""
    named = {"L14"} | {rule for kind, rule in _RULE_OF_KIND.items() if kind in unreached}
    return tuple(sorted(named & set(rules.rules)))


def _all_rules(reaches: Collection[Reach]) -> tuple[str, ...]:
    named = {rule for reach in reaches for rule in reach.rules}
    return tuple(sorted(named, key=lambda rule: int(rule[1:])))
