"""Unsealing and the end of a record: on listed causes only, never by time or age; nothing leaves the history."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.errors import StateError
from vault.findings import Question
from vault.law.rules import load_rules, rule_sets
from vault.retention import EndGround, KeepReason, Keeps, Shreds, examine_end, log_kept_until
from vault.unsealing import (
    AsksPerson,
    Change,
    Claim,
    Ground,
    SealState,
    StaysSealed,
    Unseals,
    changed,
    examine_claim,
    state_on,
)
from vault.vocabulary import AgencyKind, RecordKind

NOW = load_rules("cn-2026-01-01")
DAY = dt.date(2026, 3, 2)
CONVICTION, ACQUITTAL = [RecordKind.CONVICTION], [RecordKind.ACQUITTAL]
ARISEN = {Question.CAUSE_HAS_ARISEN: True}
BOTH = {AgencyKind.COURT: True, AgencyKind.PROCURATORATE: True}
CAUSES = ["new-offence", "omitted-offence", "retrial"]


@pytest.mark.parametrize("cause", CAUSES)
def test_L28_accepts_a_merged_term_above_five_years(cause: str) -> None:
    """A record that the law opens would stay shut for good."""
    found = examine_claim(NOW, Claim(cause, DAY, 61), CONVICTION, ARISEN)
    assert found == Unseals(DAY, ("L28", "L29"))
    assert isinstance(examine_claim(NOW, Claim(cause, DAY, is_life=True), CONVICTION, ARISEN), Unseals)


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("answers", [{}, {Question.CAUSE_HAS_ARISEN: False}, {Question.UNSEAL_AT_LIMIT: True}])
def test_L28_refuses_without_a_signed_judgment(cause: str, answers: dict[Question, bool]) -> None:
    """Somebody's word would unseal a record."""
    found = examine_claim(NOW, Claim(cause, DAY, 120), CONVICTION, answers)
    assert found == StaysSealed(Ground.NO_JUDGMENT, ("L28", "L29"))


@pytest.mark.parametrize("cause", ["adult-reoffence", "age", "time", "employment", ""])
def test_L28_refuses_whatever_is_no_statutory_cause(cause: str) -> None:
    """No statutory cause, no unsealing (Rules 485): an adult's new offence is none (L30)."""
    found = examine_claim(NOW, Claim(cause, DAY, 120), CONVICTION, ARISEN | {Question.UNSEAL_AT_LIMIT: True})
    assert found == StaysSealed(Ground.NO_STATUTORY_CAUSE, ("L28",))


def test_L28_refuses_shorter_terms_and_other_kinds() -> None:
    """A short new sentence would open an old record, or a conviction's cause an acquittal."""
    assert examine_claim(NOW, Claim("new-offence", DAY, 59), CONVICTION, ARISEN) == StaysSealed(
        Ground.TERM_NOT_REACHED, ("L28", "L29")
    )
    found = examine_claim(NOW, Claim("new-offence", DAY, 90), [RecordKind.NON_PROSECUTION], ARISEN)
    assert found == StaysSealed(Ground.NOT_THIS_KIND, ("L28", "L29"))


@pytest.mark.parametrize("cause", CAUSES)
def test_at_exactly_five_years_a_person_decides(cause: str) -> None:
    """Two texts of the law contradict each other there (finding 4): a program would pick one."""
    claim = Claim(cause, DAY, 60)
    assert examine_claim(NOW, claim, CONVICTION, ARISEN) == AsksPerson(Ground.AT_LIMIT, ("L28", "L29"))
    assert isinstance(examine_claim(NOW, claim, CONVICTION, ARISEN | {Question.UNSEAL_AT_LIMIT: False}), StaysSealed)
    assert isinstance(examine_claim(NOW, claim, CONVICTION, ARISEN | {Question.UNSEAL_AT_LIMIT: True}), Unseals)
    unknown = examine_claim(NOW, Claim(cause, DAY), CONVICTION, ARISEN)
    assert unknown == AsksPerson(Ground.TERM_UNKNOWN, ("L28", "L29"))


def test_L7_accepts_an_acquitted_subject_with_the_courts_consent_later() -> None:
    """The wish could only be heard before sealing."""
    answers = ARISEN | {Question.COURT_AGREES: True}
    assert examine_claim(NOW, Claim("subject-asks", DAY), ACQUITTAL, answers) == Unseals(DAY, ("L7", "L29"))


def test_L7_refuses_the_wish_alone_and_any_other_record() -> None:
    """A subject pressed by an employer could be made to open his own conviction."""
    assert examine_claim(NOW, Claim("subject-asks", DAY), ACQUITTAL, ARISEN) == StaysSealed(
        Ground.COURT_DOES_NOT_AGREE, ("L7", "L29")
    )
    answers = ARISEN | {Question.COURT_AGREES: True}
    assert isinstance(examine_claim(NOW, Claim("subject-asks", DAY), CONVICTION, answers), StaysSealed)


def test_L29_accepts_a_change_from_the_day_on_which_the_cause_arose() -> None:
    """Unsealing would count from when somebody got round to it, or wipe what was before."""
    history = changed((), Change(SealState.SEALED, dt.date(2024, 1, 1)))
    history = changed(history, Change(SealState.UNSEALED, DAY))
    history = changed(history, Change(SealState.SEALED, dt.date(2026, 9, 1)))
    days = [dt.date(2023, 1, 1), dt.date(2024, 1, 1), DAY, dt.date(2026, 12, 1)]
    assert [state_on(history, day) for day in days] == [None, SealState.SEALED, SealState.UNSEALED, SealState.SEALED]
    assert len(history) == 3
    assert (
        state_on(changed(history, Change(SealState.UNSEALED, dt.date(2026, 9, 1))), dt.date(2026, 9, 1)) == "unsealed"
    )


@pytest.mark.parametrize(
    "change",
    [
        Change(SealState.SEALED, DAY),
        Change(SealState.UNSEALED, dt.date(2023, 12, 31)),
    ],
)
def test_L29_refuses_a_change_that_does_not_follow(change: Change) -> None:
    """History would be rewritten."""
    history = changed((), Change(SealState.SEALED, dt.date(2024, 1, 1)))
    with pytest.raises(StateError, match=r"^history"):
        changed(history, change)
    with pytest.raises(StateError):
        changed((), Change(SealState.UNSEALED, DAY))
    with pytest.raises(StateError):
        changed((*history, Change(SealState.SHREDDED, DAY)), Change(SealState.SEALED, DAY))


@given(
    st.sampled_from(rule_sets()), st.sampled_from([*NOW.unsealing, "x"]), st.integers(0, 300),
    st.frozensets(st.sampled_from(RecordKind)), st.dictionaries(st.sampled_from(Question), st.booleans()),
)  # fmt: skip
def test_nothing_unseals_without_a_signed_cause(rules, cause, term, kinds, answers) -> None:  # type: ignore[no-untyped-def]
    """Some combination of claims would open a record that nobody judged."""
    found = examine_claim(rules, Claim(cause, DAY, term), kinds, answers)
    if isinstance(found, Unseals):
        assert answers.get(Question.CAUSE_HAS_ARISEN) is True
        assert term > 60 or answers.get(Question.UNSEAL_AT_LIMIT) or answers.get(Question.COURT_AGREES)


def test_L33_accepts_an_end_that_both_agencies_decided() -> None:
    """No record could ever end, and a wrongly sealed one would stay."""
    assert examine_end(NOW, EndGround.COMPETENT_DECISION, BOTH, is_on_hold=False) == Shreds(("L33", "L42"))


@pytest.mark.parametrize("ground", [EndGround.AGE, EndGround.TIME, EndGround.SUBJECT_ASKS])
def test_L33_refuses_to_end_protection_with_age(ground: EndGround) -> None:
    """At 18 the duties towards the youth would lapse."""
    assert examine_end(NOW, ground, BOTH, is_on_hold=False) == Keeps(KeepReason.NO_GROUND, ("L33",))


@pytest.mark.parametrize(
    "decided",
    [{}, {AgencyKind.COURT: True}, {AgencyKind.PROCURATORATE: True}, BOTH | {AgencyKind.COURT: False},
     {AgencyKind.POLICE: True, AgencyKind.JUSTICE: True}],
)  # fmt: skip
def test_one_agency_alone_shreds_nothing(decided: dict[AgencyKind, bool]) -> None:
    """One agency could destroy the evidence of what it did."""
    found = examine_end(NOW, EndGround.COMPETENT_DECISION, decided, is_on_hold=False)
    assert isinstance(found, Keeps) and found.reason is KeepReason.NOT_ALL_DECIDED
    assert isinstance(examine_end(NOW, EndGround.COMPETENT_DECISION, BOTH, is_on_hold=True), Keeps)


def test_L42_accepts_dropping_entries_of_a_record_long_ended() -> None:
    """A log would grow for ever although nothing of it may matter any more."""
    assert log_kept_until(NOW, dt.date(2026, 1, 31), dt.date(2027, 8, 31)) == dt.date(2030, 9, 1)
    assert log_kept_until(NOW, dt.date(2028, 2, 29), dt.date(2027, 1, 1)) == dt.date(2031, 3, 1)


def test_L42_refuses_to_drop_entries_while_the_record_lives() -> None:
    """Who read a record could no longer be shown."""
    assert log_kept_until(NOW, dt.date(1990, 1, 1), None) is None
    assert all(rules.retention.log_months >= 6 for rules in rule_sets())
