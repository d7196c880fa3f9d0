"""How long a sealed record and its log are kept, and who may end a record.

Sealing is not erasure: a record ends only when the court and the procuratorate have both decided so, and no hold stands
on it. It does not end with time, nor with age (L33), nor because somebody asks. The log of a record outlives it (L42).
Destroying the halves is `flows`' matter.

May touch: nothing
Sees:      nothing personal
Spec:      vault-law L33, L42; section 5 (shredding)
"""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from vault.law.rule_set import RuleSet
from vault.vocabulary import AgencyKind


class EndGround(StrEnum):
    """Why somebody wants a record to end. Only the first can."""

    COMPETENT_DECISION = "competent-decision"
    AGE = "age"
    TIME = "time"
    SUBJECT_ASKS = "subject-asks"


class KeepReason(StrEnum):
    """Why a record is kept."""

    NO_GROUND = "no-ground"
    NOT_ALL_DECIDED = "not-all-decided"
    ON_HOLD = "on-hold"


@dataclass(frozen=True, slots=True)
class Shreds:
    """Both agencies' halves may be destroyed, everywhere; a tombstone and the log stay."""

    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Keeps:
    """Nothing is destroyed."""

    reason: KeepReason
    rules: tuple[str, ...]


def examine_end(
    rules: RuleSet, ground: EndGround, decided: Mapping[AgencyKind, bool], *, is_on_hold: bool
) -> Shreds | Keeps:
    """May the record be shredded? `decided`: verified findings (`Question.SHRED`) by kind of agency."""
    if ground is not EndGround.COMPETENT_DECISION:
        return Keeps(KeepReason.NO_GROUND, ("L33",))
    if is_on_hold:
        return Keeps(KeepReason.ON_HOLD, rules.retention.rules)
    if not all(decided.get(kind) for kind in rules.retention.shredding_needs):
        return Keeps(KeepReason.NOT_ALL_DECIDED, rules.retention.rules)
    return Shreds(rules.retention.rules)


def log_kept_until(rules: RuleSet, written_on: dt.date, record_ended_on: dt.date | None) -> dt.date | None:
    """The first day on which an entry about a record may be dropped; None as long as the record lives."""
    if rules.retention.log_outlives_record and record_ended_on is None:
        return None
    latest = written_on if record_ended_on is None else max(written_on, record_ended_on)
    year, month = divmod(latest.year * 12 + latest.month - 1 + rules.retention.log_months, 12)
    day = min(latest.day, monthrange(year, month + 1)[1])
    return dt.date(year, month + 1, day) + dt.timedelta(days=1)
