"""The rule sets that this program ships: by date, by id and by the hash that a request pins.

A rule set that is not shipped is not guessed: who asks for it gets LawError.

May touch: this package's own files (`package_data`)
Sees:      nothing personal
Spec:      architecture D8
"""

from __future__ import annotations

import datetime as dt
from functools import cache

from vault.errors import LawError
from vault.law.package_data import shipped
from vault.law.parsing import parse_rules
from vault.law.rule_set import RuleSet

__all__ = ["RuleSet", "by_digest", "in_force", "load_rules", "rule_sets"]


@cache
def rule_sets() -> tuple[RuleSet, ...]:
    """All of them, the earliest first."""
    found = [parse_rules(data, name) for name, data in shipped("rules")]
    days = {rules.in_force_from for rules in found}
    if len(days) != len(found):
        raise LawError("rules: two rule sets came into force on one day")
    return tuple(sorted(found, key=lambda rules: rules.in_force_from))


def load_rules(version_id: str) -> RuleSet:
    """The rule set of that id, for example `cn-2026-01-01`."""
    for rules in rule_sets():
        if rules.id == version_id:
            return rules
    raise LawError("rules: no rule set of that id is shipped")


def in_force(day: dt.date) -> RuleSet:
    """The rule set in force on a civil day in China."""
    for rules in reversed(rule_sets()):
        if rules.in_force_from <= day:
            return rules
    raise LawError("rules: no rule set was in force on that day")


def by_digest(sha256: str) -> RuleSet:
    """The rule set whose file has that SHA-256 (lower-case hex)."""
    for rules in rule_sets():
        if rules.sha256 == sha256:
            return rules
    raise LawError("rules: no shipped rule set has that hash")
