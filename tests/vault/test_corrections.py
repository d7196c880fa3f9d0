"""Correction notices: issued by the procuratorate's supervisor, answered by who was told, or overdue (L35)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_cast import AGENCIES, DAY, HOLDS, NOW, Human

from audit.crypto.hpke import OpeningKey
from audit.crypto.signatures import SigningKey
from audit.request_id import new_request_id
from vault.checks import SKEW_MS
from vault.corrections import (
    Corrected,
    Correction,
    CorrectionState,
    Fault,
    Measure,
    check_answer,
    check_issued,
    state_of,
)
from vault.errors import MalformedFormError, StateError
from vault.forms import Signed, open_form
from vault.law.deadlines import Due
from vault.pins import PinnedAgency, Pins
from vault.rosters import AgentKeys, Roster, Rosters
from vault.vocabulary import AgencyKind, Role

WEEK = Due(NOW + 7 * DAY, NOW + 10 * DAY)
SUPERVISOR = Human("supervisor-1", "procuratorate-a", frozenset({Role.SUPERVISOR}))
APPROVER = Human("approver-1", "procuratorate-a", frozenset({Role.APPROVER}))
DECIDER = Human("decider-1", "police-a", frozenset({Role.DECIDER}))
OFFICER = Human("officer-1", "police-a", frozenset({Role.OFFICER}))
JUDGE = Human("judge-1", "court-a", frozenset({Role.DECIDER, Role.SUPERVISOR}))


def rosters(*people: Human) -> Rosters:
    agencies = {
        code: PinnedAgency(code, kind, SigningKey.generate().verifying_key, HOLDS.get(code))
        for code, kind in {**AGENCIES, "school-office": AgencyKind.STATE_UNIT}.items()
    }
    made = Rosters(Pins(agencies, None))  # type: ignore[arg-type]  (nothing here asks the log)
    for code in agencies:
        agent = AgentKeys(SigningKey.generate().verifying_key, "", 1) if code in HOLDS else None
        own = tuple(person.on_roster(NOW) for person in people if person.agency == code)
        made.take(Roster(code, 1, NOW - DAY, NOW + 20 * DAY, OpeningKey.generate().sealing_key, own, agent))
    return made


EVERYBODY = rosters(SUPERVISOR, APPROVER, DECIDER, OFFICER, JUDGE)


def signed(form: Correction | Corrected, signer: Human) -> Signed:
    return open_form(type(form), form.sign(signer.signer), [signer.signer.verifying_key])


NOTICE = Correction(
    correction=new_request_id(NOW),
    supervisor=SUPERVISOR.person,
    agency="procuratorate-a",
    to="police-a",
    fault=Fault.SEALED_LATE.value,
    about="a" * 64,
    rules="b" * 64,
    words=("AAAA", "AAAA"),
    issued_ms=NOW,
)
SIGNED = signed(NOTICE, SUPERVISOR)
ANSWER = Corrected(
    answer=new_request_id(NOW),
    correction=NOTICE.correction,
    correction_digest=SIGNED.hex,
    person=DECIDER.person,
    agency="police-a",
    measure=Measure.CORRECTED.value,
    words=("AAAA", "AAAA"),
    answered_ms=NOW + DAY,
)


def test_l35_accepts_a_notice_and_its_answer() -> None:
    """The procuratorate could tell nobody to put right what its ledger shows."""
    check_issued(SIGNED, EVERYBODY, NOW)
    check_answer(signed(ANSWER, DECIDER), SIGNED, EVERYBODY, NOW + DAY)


@pytest.mark.parametrize(
    ("form", "signer", "said"),
    [
        (replace(NOTICE, supervisor=APPROVER.person), APPROVER, "somebody who may"),
        (NOTICE, APPROVER, "somebody who may"),
        (replace(NOTICE, agency="court-a", supervisor=JUDGE.person), JUDGE, "only the procuratorate"),
        (replace(NOTICE, to="procuratorate-a"), SUPERVISOR, "not to an agency"),
        (replace(NOTICE, to="school-office"), SUPERVISOR, "not to an agency"),
        (replace(NOTICE, issued_ms=NOW + 2 * SKEW_MS), SUPERVISOR, "later than now"),
    ],
)
def test_l35_refuses_a_notice_of_anybody_else(form: Correction, signer: Human, said: str) -> None:
    """Any agency could put a rival in the wrong, with a deadline."""
    with pytest.raises(StateError, match=said):
        check_issued(signed(form, signer), EVERYBODY, NOW)


@pytest.mark.parametrize(
    ("form", "signer", "said"),
    [
        (replace(ANSWER, person=OFFICER.person), OFFICER, "somebody who may"),
        (ANSWER, OFFICER, "somebody who may"),
        (replace(ANSWER, agency="court-a", person=JUDGE.person), JUDGE, "another agency"),
        (replace(ANSWER, correction_digest="c" * 64), DECIDER, "another notice"),
        (replace(ANSWER, correction=new_request_id(NOW + 1)), DECIDER, "another notice"),
        (replace(ANSWER, answered_ms=NOW - 2 * SKEW_MS), DECIDER, "before it was issued"),
        (replace(ANSWER, answered_ms=NOW + 2 * DAY), DECIDER, "later than now"),
    ],
)
def test_l35_refuses_an_answer_that_is_none(form: Corrected, signer: Human, said: str) -> None:
    """A notice would be closed by somebody else, or by an answer to an easier one."""
    with pytest.raises(StateError, match=said):
        check_answer(signed(form, signer), SIGNED, EVERYBODY, NOW + DAY)


def test_a_revoked_supervisor_issues_nothing() -> None:
    """Somebody who left the procuratorate could go on telling agencies what to do."""
    gone = replace(SUPERVISOR, revoked_ms=NOW - 1)
    with pytest.raises(StateError, match="somebody who may"):
        check_issued(SIGNED, rosters(gone), NOW)


@given(
    st.integers(NOW, NOW + 30 * DAY),
    st.one_of(st.none(), st.integers(NOW, NOW + 30 * DAY)),
    st.integers(0, 10 * DAY),
)
def test_silence_is_never_an_answer_and_late_stays_late(now: int, answered: int | None, later: int) -> None:
    """An agency would get out of a notice by waiting, or by a date that it writes itself."""
    state = state_of(WEEK, answered, now)
    if answered is None:
        assert state in (CorrectionState.ISSUED, CorrectionState.OVERDUE)
        assert (state is CorrectionState.OVERDUE) == (now >= WEEK.escalate_ms)
        assert state is not CorrectionState.OVERDUE or state_of(WEEK, None, now + later) is CorrectionState.OVERDUE
    else:
        assert (state is CorrectionState.ANSWERED_LATE) == (answered >= WEEK.escalate_ms)
        assert state_of(WEEK, answered, now + later) is state


@pytest.mark.parametrize(
    ("field", "value"), [("fault", "rude"), ("words", ("王小明",)), ("about", "x"), ("to", "某院")]
)
def test_a_notice_has_no_field_for_a_name(field: str, value: str) -> None:
    """Names would travel and be kept where only codes belong."""
    with pytest.raises(MalformedFormError, match=f"correction.{field}"):
        replace(NOTICE, **{field: value})
