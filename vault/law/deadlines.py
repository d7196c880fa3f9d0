"""When a period of the law warns and when it escalates, in civil days of China.

A period counts from the day after it starts and ends with its last day; a last day that is free moves to the next
working day (CPL art. 105: S). Where two periods differ, the earlier end warns and the later escalates.
Silence never approves: nothing here gives, renews or replaces a decision; a standing has no word for consent.

May touch: nothing
Sees:      nothing personal
Spec:      vault-law L11, L12, L18, L25, L35
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from vault.errors import LawError
from vault.law.calendar import civil_day, is_working_day, start_of
from vault.law.rule_set import Deadline, Period, RuleSet
from vault.law.terms import Unit

_DAY = dt.timedelta(days=1)


class Standing(StrEnum):
    """How a deadline stands. None of these means that anything was agreed to."""

    RUNNING = "running"
    WARNED = "warned"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True)
class Due:
    """The first milliseconds after the shorter and after the statutory period."""

    warn_ms: int
    escalate_ms: int

    def standing(self, now_ms: int) -> Standing:
        """How it stands at a time."""
        if now_ms >= self.escalate_ms:
            return Standing.ESCALATED
        return Standing.WARNED if now_ms >= self.warn_ms else Standing.RUNNING


def due(deadline: Deadline, start_ms: int) -> Due:
    """When a period that started at `start_ms` warns and escalates; LawError for years without holidays."""
    start = civil_day(start_ms)
    ends = [start_of(last_day(period, start) + _DAY) for period in (deadline.warn, deadline.escalate)]
    # Around long holidays three working days end after seven days: the warning must not come after the escalation.
    return Due(min(ends), ends[1])


def deadline(rules: RuleSet, id: str) -> Deadline:
    """The deadline of that id; LawError if the rule set has none."""
    if id not in rules.deadlines:
        raise LawError("deadline: not one of this rule set")
    return rules.deadlines[id]


def last_day(period: Period, start: dt.date) -> dt.date:
    """The last day of a period that started on a day, which itself does not count."""
    if period.unit is Unit.DAYS:
        return _next_working(start + period.count * _DAY)
    day, left = start, period.count
    while left:
        day += _DAY
        left -= is_working_day(day)
    return day


def _next_working(day: dt.date) -> dt.date:
    while not is_working_day(day):
        day += _DAY
    return day
