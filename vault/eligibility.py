"""Must this case be sealed? From the facts of the case and signed findings to one of three answers, with rule ids.

Sealing is mandatory and nobody need ask for it. What counts is the age at each *offence*, never at trial. What the law
leaves to a person is asked of a person, and until an answer is signed nothing is decided. It does not look at the
files (`bundle` does), and it never unseals (`unsealing` does).

In numbered steps:
  1. this kind of record is sealed under this rule set at all;
  2. public-security violations: sealed whatever the age (L44);
  3. the age at each offence: all before 18, all after, or on both sides;
  4. on both sides: a signed finding says whether the main acts were before 18 (L3);
  5. the outcome: a term of five years or less, an exemption, an acquittal for lack of evidence, no prosecution.

A year of age is full on the day after the birthday (SPC 法释〔2006〕1号 art. 2: S), so on the 18th birthday itself
a person is not yet 18; who was born on 29 February is 18 from 1 March (Civil Code art. 202, recalled: U).

May touch: nothing
Sees:      birth and offence dates
Spec:      vault-law L1, L2, L3, L5, L7, L37, L44; section 0 finding 4
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from vault.findings import Answers, Question
from vault.law.rule_set import RuleSet
from vault.vocabulary import CaseOutcome, RecordKind

OLD_CASES_UNTIL = dt.date(2012, 12, 31)
"""Cases closed by then, before the rules on sealing came into force (办法 art. 23: U)."""


@dataclass(frozen=True, slots=True)
class Span:
    """When an offence was committed, from its first day to its last."""

    first: dt.date = field(repr=False)
    last: dt.date = field(repr=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """What eligibility is computed from."""

    outcome: CaseOutcome
    kinds: frozenset[RecordKind]
    birth: dt.date | None = field(repr=False)
    offences: tuple[Span, ...] = field(repr=False)
    term_months: int | None = field(repr=False)
    """The total; 0 if the sentence holds no imprisonment; None if there is no sentence."""
    is_life: bool = field(default=False, repr=False)
    closed_on: dt.date | None = field(default=None, repr=False)


class Reason(StrEnum):
    """Why a person is asked, or why a case may not be sealed."""

    BIRTH_UNKNOWN = "birth-unknown"
    OFFENCES_UNKNOWN = "offences-unknown"
    MAIN_ACTS = "main-acts"
    TERM_UNKNOWN = "term-unknown"
    OF_AGE = "of-age"
    MAIN_ACTS_AFTER_18 = "main-acts-after-18"
    TERM_TOO_LONG = "term-too-long"
    SUBJECT_ASKED = "subject-asked"
    NOT_SEALED_BY_LAW = "not-sealed-by-law"


@dataclass(frozen=True, slots=True)
class MustSeal:
    """The law demands it."""

    rules: tuple[str, ...]
    is_at_limit: bool = False
    """The term is exactly the longest one: it is sealed, and a person decides on every question of unsealing."""


@dataclass(frozen=True, slots=True)
class AsksHuman:
    """A person must find something first; until then nothing is sealed and nothing is released."""

    reason: Reason
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotSealable:
    """The law does not demand it, and this program seals only what the law demands."""

    reason: Reason
    rules: tuple[str, ...]


Verdict = MustSeal | AsksHuman | NotSealable


class _Age(StrEnum):
    MINOR = "minor"
    OF_AGE = "of-age"
    BOTH = "both"


def judge(rules: RuleSet, facts: Facts, answers: Answers | None = None) -> Verdict:
    """The verdict; `answers` are verified findings about this case."""
    given = answers or {}
    law = rules.sealing
    if not facts.kinds or not facts.kinds <= law.kinds:  # 1
        return NotSealable(Reason.NOT_SEALED_BY_LAW, ("L44",) if "L44" in rules.rules else ("L5",))
    if facts.outcome is CaseOutcome.PUBLIC_SECURITY:  # 2
        return _public_security(rules, facts)
    if facts.birth is None:  # 3
        return AsksHuman(Reason.BIRTH_UNKNOWN, ("L1",))
    if not facts.offences:
        return AsksHuman(Reason.OFFENCES_UNKNOWN, ("L1",))
    age = _age_at(facts, law.age_below)
    if age is _Age.OF_AGE:
        return NotSealable(Reason.OF_AGE, ("L1",))
    if age is _Age.BOTH:  # 4
        if Question.MAIN_ACTS_BEFORE_18 not in given:
            return AsksHuman(Reason.MAIN_ACTS, ("L3",))
        if not given[Question.MAIN_ACTS_BEFORE_18]:
            return NotSealable(Reason.MAIN_ACTS_AFTER_18, ("L3",))
    return _by_outcome(facts, law.longest_term_months, ("L3",) if age is _Age.BOTH else ("L1",), given)  # 5


def is_under(age: int, birth: dt.date, day: dt.date) -> bool:
    """Whether somebody born on `birth` is not yet `age` years old on `day`; the birthday itself is still under."""
    try:
        birthday = birth.replace(year=birth.year + age)
    except ValueError:  # 29 February: the last day of the month
        birthday = dt.date(birth.year + age, 2, 28)
    return day <= birthday


def _age_at(facts: Facts, age: int) -> _Age:
    assert facts.birth is not None
    birth = facts.birth
    under = {is_under(age, birth, day) for span in facts.offences for day in (span.first, span.last)}
    if under == {True}:
        return _Age.MINOR
    return _Age.OF_AGE if under == {False} else _Age.BOTH


def _by_outcome(facts: Facts, longest: int, age_rules: tuple[str, ...], answers: Mapping[Question, bool]) -> Verdict:
    match facts.outcome:
        case CaseOutcome.SENTENCED:
            return _sentenced(facts, longest, age_rules)
        case CaseOutcome.EXEMPTED:
            return MustSeal(_with_old(facts, (*age_rules, "L2")))
        case CaseOutcome.ACQUITTED if answers.get(Question.COURT_AGREES):
            return NotSealable(Reason.SUBJECT_ASKED, ("L7",))
        case CaseOutcome.ACQUITTED:
            return MustSeal(_with_old(facts, (*age_rules, "L7")))
        case _:
            return MustSeal(_with_old(facts, (*age_rules, "L5")))


def _sentenced(facts: Facts, longest: int, age_rules: tuple[str, ...]) -> Verdict:
    if facts.is_life:
        return NotSealable(Reason.TERM_TOO_LONG, age_rules)
    if facts.term_months is None:
        return AsksHuman(Reason.TERM_UNKNOWN, age_rules)
    if facts.term_months > longest:
        return NotSealable(Reason.TERM_TOO_LONG, age_rules)
    return MustSeal(_with_old(facts, age_rules), facts.term_months == longest)


def _public_security(rules: RuleSet, facts: Facts) -> Verdict:
    """Age does not matter; a record that also holds something else is a case of its own and is judged as one."""
    if facts.kinds != {RecordKind.PUBLIC_SECURITY_VIOLATION} or "L44" not in rules.rules:
        return NotSealable(Reason.NOT_SEALED_BY_LAW, ("L44",) if "L44" in rules.rules else ("L5",))
    return MustSeal(("L44",))


def _with_old(facts: Facts, named: tuple[str, ...]) -> tuple[str, ...]:
    is_old = facts.closed_on is not None and facts.closed_on <= OLD_CASES_UNTIL
    return (*named, "L37") if is_old else named
