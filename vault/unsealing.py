"""May a sealed record be unsealed? Only on a cause of the closed list, on a judgment that somebody signed for.

No statutory cause, no unsealing (Procuratorate Rules 485). An adult's new offence is no cause (L30), nor is age, time
or anybody's wish save that of an acquitted subject with whom the court agrees (L7). At exactly five years the record
stays sealed until a person has found otherwise. What was sealed, and from when to when, stays in the history for good.

May touch: nothing
Sees:      nothing personal
Spec:      vault-law L7, L28, L29, L30; section 0 finding 4
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from vault.errors import StateError
from vault.findings import Answers, Question
from vault.law.rule_set import RuleSet
from vault.vocabulary import RecordKind


class Ground(StrEnum):
    """Why a record stays sealed, or what a person is asked."""

    NO_STATUTORY_CAUSE = "no-statutory-cause"
    NOT_THIS_KIND = "not-this-kind"
    NO_JUDGMENT = "no-judgment"
    TERM_NOT_REACHED = "term-not-reached"
    TERM_UNKNOWN = "term-unknown"
    COURT_DOES_NOT_AGREE = "court-does-not-agree"
    AT_LIMIT = "at-limit"


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody says has arisen: a cause, its judgment's day, and the merged or new term."""

    cause: str
    arose_on: dt.date
    term_months: int | None = None
    is_life: bool = False


@dataclass(frozen=True, slots=True)
class Unseals:
    """Unsealed from that day on."""

    from_day: dt.date
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StaysSealed:
    """Nothing changes."""

    ground: Ground
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AsksPerson:
    """It stays sealed, and a person decides."""

    ground: Ground
    rules: tuple[str, ...]


def examine_claim(
    rules: RuleSet, claim: Claim, kinds: Collection[RecordKind], answers: Answers
) -> Unseals | StaysSealed | AsksPerson:
    """The verdict on a claim; `answers` are verified findings about this record."""
    cause = rules.unsealing.get(claim.cause)
    if cause is None:
        return StaysSealed(Ground.NO_STATUTORY_CAUSE, ("L28",))
    if not kinds or not cause.kinds & set(kinds):
        return StaysSealed(Ground.NOT_THIS_KIND, cause.rules)
    if not answers.get(Question.CAUSE_HAS_ARISEN):
        return StaysSealed(Ground.NO_JUDGMENT, cause.rules)
    if cause.needs_court_consent and not answers.get(Question.COURT_AGREES):
        return StaysSealed(Ground.COURT_DOES_NOT_AGREE, cause.rules)
    limit = cause.shortest_term_months
    if limit is not None and not claim.is_life:
        if claim.term_months is None:
            return AsksPerson(Ground.TERM_UNKNOWN, cause.rules)
        if claim.term_months < limit:
            return StaysSealed(Ground.TERM_NOT_REACHED, cause.rules)
        if claim.term_months == limit and Question.UNSEAL_AT_LIMIT not in answers:
            return AsksPerson(Ground.AT_LIMIT, cause.rules)
        if claim.term_months == limit and not answers[Question.UNSEAL_AT_LIMIT]:
            return StaysSealed(Ground.AT_LIMIT, cause.rules)
    return Unseals(claim.arose_on, cause.rules)


class ResealCause(StrEnum):
    """Why a record that was unsealed is sealed again. Sealing is the law's default: no judgment need say so anew."""

    CAUSE_FELL_AWAY = "cause-fell-away"  # the judgment that unsealed it was set aside, or gives five years or less
    UNSEALED_WITHOUT_CAUSE = "unsealed-without-cause"  # it never had one; the procuratorate may have said so (L35)


@dataclass(frozen=True, slots=True)
class SealsAgain:
    """Under seal again."""

    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StaysUnsealed:
    """Nothing changes."""

    ground: Ground
    rules: tuple[str, ...]


def examine_resealing(rules: RuleSet, cause: str, kinds: Collection[RecordKind]) -> SealsAgain | StaysUnsealed:
    """The verdict on sealing again; no finding is asked for, since no record is shown by it."""
    if cause not in set(ResealCause):
        return StaysUnsealed(Ground.NO_STATUTORY_CAUSE, ("L28",))
    if not rules.sealing.kinds & set(kinds):
        return StaysUnsealed(Ground.NOT_THIS_KIND, rules.sealing.rules)
    return SealsAgain(rules.sealing.rules)


class SealState(StrEnum):
    """Whether a record is under seal."""

    SEALED = "sealed"
    UNSEALED = "unsealed"
    SHREDDED = "shredded"


@dataclass(frozen=True, slots=True)
class Change:
    """A record's state from a day on."""

    state: SealState
    from_day: dt.date


def changed(history: Sequence[Change], change: Change) -> tuple[Change, ...]:
    """The history with one change more; StateError if it does not follow. Nothing is ever taken out of it (L29)."""
    if not history:
        if change.state is not SealState.SEALED:
            raise StateError("history: a record begins sealed")
        return (change,)
    last = history[-1]
    if last.state is SealState.SHREDDED:
        raise StateError("history: a shredded record does not change")
    if change.state is last.state:
        raise StateError("history: the record is in that state already")
    if change.from_day < last.from_day:
        raise StateError("history: a change before the one before it")
    return (*history, change)


def state_on(history: Sequence[Change], day: dt.date) -> SealState | None:
    """The state on a day; None before the record was sealed."""
    known = [change.state for change in history if change.from_day <= day]
    return known[-1] if known else None
