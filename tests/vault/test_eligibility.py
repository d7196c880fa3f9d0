"""Who must be sealed: ages to the day, terms to the month, and what only a person may decide."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.eligibility import AsksHuman, Facts, MustSeal, NotSealable, Reason, Span, is_under, judge
from vault.findings import Question
from vault.law.rules import load_rules
from vault.vocabulary import CaseOutcome, RecordKind

NOW = load_rules("cn-2026-01-01")
BEFORE = load_rules("cn-2022-05-30")
BIRTH = dt.date(2006, 5, 10)
EIGHTEENTH = dt.date(2024, 5, 10)
DAY = dt.timedelta(days=1)


def span(first: dt.date, last: dt.date | None = None) -> Span:
    return Span(first, last or first)


CASE = Facts(
    CaseOutcome.SENTENCED, frozenset({RecordKind.CONVICTION}), BIRTH, (span(dt.date(2023, 1, 5)),), term_months=18
)


def case(**changes: object) -> Facts:
    return dataclasses.replace(CASE, **changes)  # type: ignore[arg-type]


def test_L1_accepts_a_minor_with_five_years_or_less() -> None:
    """The rule itself would be gone."""
    assert judge(NOW, CASE) == MustSeal(("L1",))
    assert judge(NOW, case(term_months=0)) == MustSeal(("L1",))


def test_L1_accepts_the_eighteenth_birthday_itself() -> None:
    """A year is full on the day after the birthday: the youth would lose a day of protection."""
    assert isinstance(judge(NOW, case(offences=(span(EIGHTEENTH),))), MustSeal)


def test_L1_refuses_the_day_after_the_eighteenth_birthday() -> None:
    """An adult's case would be sealed as a minor's."""
    assert judge(NOW, case(offences=(span(EIGHTEENTH + DAY),))) == NotSealable(Reason.OF_AGE, ("L1",))


def test_L1_accepts_exactly_five_years_and_marks_it() -> None:
    """Five years is 'five years or less' (CPL 286); unsealing at exactly five is a person's decision (finding 4)."""
    assert judge(NOW, case(term_months=60)) == MustSeal(("L1",), is_at_limit=True)
    assert judge(NOW, case(term_months=59)) == MustSeal(("L1",), is_at_limit=False)


@pytest.mark.parametrize("changes", [{"term_months": 61}, {"term_months": 12, "is_life": True}])
def test_L1_refuses_longer_terms(changes: dict[str, object]) -> None:
    """Records that the law leaves open would vanish."""
    assert judge(NOW, case(**changes)) == NotSealable(Reason.TERM_TOO_LONG, ("L1",))


def test_age_at_trial_does_not_count() -> None:
    """A slow trial would take the protection away."""
    assert isinstance(judge(NOW, case(closed_on=dt.date(2026, 6, 1))), MustSeal)


@pytest.mark.parametrize(
    ("day", "is_minor"),
    [(dt.date(2026, 2, 28), True), (dt.date(2026, 3, 1), False), (dt.date(2024, 2, 29), True)],
)
def test_who_was_born_on_a_leap_day_is_18_from_the_first_of_march(day: dt.date, is_minor: bool) -> None:
    """A birthday that the year does not have would be an error, or shift by a day unnoticed."""
    found = judge(NOW, case(birth=dt.date(2008, 2, 29), offences=(span(day),)))
    assert isinstance(found, MustSeal) is is_minor


@given(st.dates(dt.date(1960, 1, 1), dt.date(2015, 12, 31)), st.integers(0, 40), st.dates(dt.date(1980, 1, 1)))
def test_ages_equal_a_second_way_of_counting(birth: dt.date, age: int, day: dt.date) -> None:
    """Against comparing month and day: off by one day around the birthday, off by one year around new year."""
    full = day.year - birth.year - ((day.month, day.day) <= (birth.month, birth.day))
    assert is_under(age, birth, day) is (full < age)


def test_L2_accepts_an_exemption_from_punishment() -> None:
    """Convicted without a term would count as having no term to compare."""
    assert judge(NOW, case(outcome=CaseOutcome.EXEMPTED, term_months=None)) == MustSeal(("L1", "L2"))


def test_L2_refuses_an_exempted_adult() -> None:
    """An exemption would seal whatever the age."""
    adult = case(outcome=CaseOutcome.EXEMPTED, term_months=None, offences=(span(EIGHTEENTH + DAY),))
    assert judge(NOW, adult) == NotSealable(Reason.OF_AGE, ("L1",))


BOTH = case(offences=(span(dt.date(2023, 1, 5)), span(EIGHTEENTH + 30 * DAY)))
LASTING = case(offences=(span(EIGHTEENTH - DAY, EIGHTEENTH + DAY),))


@pytest.mark.parametrize("facts", [BOTH, LASTING])
def test_L3_accepts_a_signed_finding_that_the_main_acts_were_before_18(facts: Facts) -> None:
    """The whole case would stay open although its main acts were a minor's."""
    assert judge(NOW, facts, {Question.MAIN_ACTS_BEFORE_18: True}) == MustSeal(("L3",))


@pytest.mark.parametrize("facts", [BOTH, LASTING])
def test_L3_refuses_to_decide_without_a_person(facts: Facts) -> None:
    """A program would weigh which acts are the main ones."""
    assert judge(NOW, facts) == AsksHuman(Reason.MAIN_ACTS, ("L3",))
    found = judge(NOW, facts, {Question.MAIN_ACTS_BEFORE_18: False})
    assert found == NotSealable(Reason.MAIN_ACTS_AFTER_18, ("L3",))


def test_L3_refuses_a_total_above_five_years() -> None:
    """A finding about the acts would override the term."""
    both = dataclasses.replace(BOTH, term_months=61)
    found = judge(NOW, both, {Question.MAIN_ACTS_BEFORE_18: True})
    assert found == NotSealable(Reason.TERM_TOO_LONG, ("L3",))


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (CaseOutcome.NON_PROSECUTED, RecordKind.NON_PROSECUTION),
        (CaseOutcome.ADMINISTRATIVE, RecordKind.ADMINISTRATIVE_PUNISHMENT),
        (CaseOutcome.ADMINISTRATIVE, RecordKind.SPECIAL_EDUCATION),
        (CaseOutcome.NON_PROSECUTED, RecordKind.COMPULSORY_MEASURE),
    ],
)
def test_L5_accepts_the_other_kinds(outcome: CaseOutcome, kind: RecordKind) -> None:
    """PJDL 59's second paragraph would be forgotten."""
    found = judge(NOW, case(outcome=outcome, kinds=frozenset({kind}), term_months=None))
    assert found == MustSeal(("L1", "L5"))


def test_L5_refuses_an_adults_punishment_and_no_kind_at_all() -> None:
    """Whatever stands in a file would be sealed."""
    kinds = frozenset({RecordKind.ADMINISTRATIVE_PUNISHMENT})
    adult = case(outcome=CaseOutcome.ADMINISTRATIVE, kinds=kinds, offences=(span(EIGHTEENTH + DAY),))
    assert isinstance(judge(NOW, adult), NotSealable)
    assert isinstance(judge(NOW, case(kinds=frozenset())), NotSealable)


ACQUITTED = case(outcome=CaseOutcome.ACQUITTED, kinds=frozenset({RecordKind.ACQUITTAL}), term_months=None)


def test_L7_accepts_an_acquittal_for_lack_of_evidence() -> None:
    """The suspicion would stay readable."""
    assert judge(NOW, ACQUITTED) == MustSeal(("L1", "L7"))
    assert judge(NOW, ACQUITTED, {Question.COURT_AGREES: False}) == MustSeal(("L1", "L7"))


def test_L7_refuses_when_the_subject_asks_and_the_court_agrees() -> None:
    """Who wants the acquittal known would be silenced."""
    assert judge(NOW, ACQUITTED, {Question.COURT_AGREES: True}) == NotSealable(Reason.SUBJECT_ASKED, ("L7",))
    assert isinstance(judge(NOW, CASE, {Question.COURT_AGREES: True}), MustSeal)


def test_L37_accepts_a_case_closed_before_2013() -> None:
    """Back files would be left out."""
    old = case(birth=dt.date(1990, 1, 1), offences=(span(dt.date(2007, 3, 1)),), closed_on=dt.date(2012, 12, 31))
    assert judge(NOW, old) == MustSeal(("L1", "L37"))
    assert judge(NOW, dataclasses.replace(old, closed_on=dt.date(2013, 1, 1))) == MustSeal(("L1",))


def test_L37_refuses_an_old_case_that_was_never_sealable() -> None:
    """Age of the file would be taken for a ground of its own."""
    old = case(birth=dt.date(1990, 1, 1), offences=(span(dt.date(2009, 3, 1)),), closed_on=dt.date(2010, 1, 1))
    assert judge(NOW, old) == NotSealable(Reason.OF_AGE, ("L1",))


VIOLATION = Facts(
    CaseOutcome.PUBLIC_SECURITY, frozenset({RecordKind.PUBLIC_SECURITY_VIOLATION}), dt.date(1980, 1, 1),
    (span(dt.date(2026, 2, 1)),), term_months=None,
)  # fmt: skip


def test_L44_accepts_an_adults_violation() -> None:
    """Since 2026 everybody's violation records are sealed; a birth date is not even needed."""
    assert judge(NOW, VIOLATION) == MustSeal(("L44",))
    assert judge(NOW, dataclasses.replace(VIOLATION, birth=None)) == MustSeal(("L44",))


def test_L44_refuses_before_2026_and_beside_a_crime() -> None:
    """A crime could be sealed whatever the age by calling it a violation, or a law applied before it was made."""
    assert judge(BEFORE, VIOLATION) == NotSealable(Reason.NOT_SEALED_BY_LAW, ("L5",))
    mixed = dataclasses.replace(VIOLATION, kinds=VIOLATION.kinds | {RecordKind.CONVICTION})
    assert judge(NOW, mixed) == NotSealable(Reason.NOT_SEALED_BY_LAW, ("L44",))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"birth": None}, Reason.BIRTH_UNKNOWN),
        ({"offences": ()}, Reason.OFFENCES_UNKNOWN),
        ({"term_months": None}, Reason.TERM_UNKNOWN),
    ],
)
def test_what_is_not_known_is_asked(changes: dict[str, object], reason: Reason) -> None:
    """A missing date would be guessed into sealed or not sealed."""
    found = judge(NOW, case(**changes))
    assert isinstance(found, AsksHuman) and found.reason is reason


@given(
    st.sampled_from(CaseOutcome), st.frozensets(st.sampled_from(RecordKind)), st.integers(0, 120),
    st.lists(st.dates(dt.date(2020, 1, 1), dt.date(2026, 1, 1)), max_size=3),
    st.dictionaries(st.sampled_from(Question), st.booleans()),
)  # fmt: skip
def test_every_verdict_names_rules_that_there_are(outcome, kinds, term, days, answers) -> None:  # type: ignore[no-untyped-def]
    """A verdict could not be explained to the person it is about."""
    facts = Facts(outcome, kinds, BIRTH, tuple(span(day) for day in days), term)
    for rules in (NOW, BEFORE):
        assert set(judge(rules, facts, answers).rules) <= set(rules.rules)


def test_facts_keep_dates_out_of_what_is_printed() -> None:
    """A birth date would stand in a traceback."""
    assert "2006" not in repr(CASE) and "2023" not in repr(CASE)
