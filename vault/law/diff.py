"""What changes between two rule sets, and which past decisions would come out otherwise under the newer one.

It compares and replays, and changes no decision: a decision that was lawful under the version that its request pinned
stays lawful. Who wants to know before a new rule file comes into force reads this first.

    {"basis": "judicial-case", "requester": "police", "kinds": ["conviction"], "purpose": "case-handling",
     "view": "judicial_extract"}                      one past decision a line; `view` null: refused; `scope` optional

May touch: nothing
Sees:      nothing personal: no decision names a subject, a case or an officer
Spec:      architecture D8; vault-law V9
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from vault.errors import LawError
from vault.law.basis import Allowed, Refused, examine
from vault.law.rule_set import RuleSet
from vault.law.views import is_within
from vault.requests import SCOPES
from vault.strict_table import StrictTable
from vault.vocabulary import AgencyKind, RecordKind, View

SECTIONS = ("rules", "bases", "refused", "deadlines", "unsealing", "purposes")
_LONGEST_LINE = 4096


class Kind(StrEnum):
    """How a part of the rules differs."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One part of the rules that differs."""

    section: str
    id: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class PastDecision:
    """What was asked and what was given, without anybody's name."""

    line: int
    basis: str
    requester: AgencyKind
    kinds: frozenset[RecordKind]
    purpose: str
    scope: str
    view: View | None
    """None: refused."""


class Turn(StrEnum):
    """What would become of a past decision."""

    SAME = "same"
    REFUSED_NOW = "refused-now"
    ALLOWED_NOW = "allowed-now"
    NARROWER = "narrower"
    WIDER = "wider"


@dataclass(frozen=True, slots=True)
class Replayed:
    """A past decision under the newer rules."""

    decision: PastDecision
    turn: Turn
    view: View | None
    rules: tuple[str, ...]
    """The rules that the newer verdict rests on."""
    was_by_the_book: bool
    """Whether the older rules give what was given then; if not, the decision itself is worth a look."""


def differences(old: RuleSet, new: RuleSet) -> list[Difference]:
    """Every part that differs, section by section, in the order of ids."""
    found: list[Difference] = []
    for section in SECTIONS:
        before: Mapping[str, object] = getattr(old, section)
        after: Mapping[str, object] = getattr(new, section)
        for id in sorted(before.keys() | after.keys(), key=_by_number):
            if id not in before:
                found.append(Difference(section, id, Kind.ADDED))
            elif id not in after:
                found.append(Difference(section, id, Kind.REMOVED))
            elif before[id] != after[id]:
                found.append(Difference(section, id, Kind.CHANGED))
    for part in ("sealing", "retention"):
        if getattr(old, part) != getattr(new, part):
            found.append(Difference(part, part, Kind.CHANGED))
    return found


def replay(decisions: Iterable[PastDecision], old: RuleSet, new: RuleSet) -> Iterator[Replayed]:
    """Each decision under `new`, in their order."""
    for decision in decisions:
        before, after = _verdict(old, decision), _verdict(new, decision)
        view = after.view if isinstance(after, Allowed) else None
        given = before.view if isinstance(before, Allowed) else None
        yield Replayed(decision, _turn(decision.view, view), view, after.rules, given is decision.view)


def parse_decisions(lines: Iterable[str]) -> Iterator[PastDecision]:
    """Read past decisions, one JSON object a line; LawError names the line and the rule."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _decision(line, number)


def _decision(line: str, number: int) -> PastDecision:
    place = f"decisions: line {number}"
    if len(line) > _LONGEST_LINE:
        raise LawError(f"{place}: too long")
    try:
        table = StrictTable(json.loads(line, object_pairs_hook=_no_twins), place, LawError)
    except (ValueError, RecursionError):
        raise LawError(f"{place}: not one JSON object without repeated fields") from None
    found = PastDecision(
        number,
        table.code("basis"),
        table.word("requester", AgencyKind),
        frozenset(table.words("kinds", RecordKind)),
        table.code("purpose"),
        table.text("scope") if table.has("scope") else "read",
        None if table.is_null("view") else table.word("view", View),
    )
    table.end()
    if found.scope not in SCOPES:
        table.fail("scope: not a word of its list")
    return found


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError
    return dict(pairs)


def _verdict(rules: RuleSet, decision: PastDecision) -> Allowed | Refused:
    return examine(rules, decision.basis, decision.requester, decision.kinds, decision.purpose, scope=decision.scope)


def _turn(before: View | None, after: View | None) -> Turn:
    if before is after:
        return Turn.SAME
    if after is None:
        return Turn.REFUSED_NOW
    if before is None:
        return Turn.ALLOWED_NOW
    return Turn.NARROWER if is_within(after, before) else Turn.WIDER


def _by_number(id: str) -> tuple[int, str]:
    return (int(id[1:]) if id[1:].isdecimal() else 0, id)
