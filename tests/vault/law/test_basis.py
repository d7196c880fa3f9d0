"""Bases: default deny, the basis picks the view, the strictest of several kinds. Tests are named after the rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.law.basis import Allowed, Denial, Refused, examine
from vault.law.parsing import JUDICIAL_ORGANS
from vault.law.rules import load_rules, rule_sets
from vault.law.terms import Mark
from vault.law.views import is_within
from vault.requests import REFUSAL_REASONS
from vault.vocabulary import AgencyKind, RecordKind, View

NOW = load_rules("cn-2026-01-01")
BEFORE = load_rules("cn-2022-05-30")
ALL_KINDS = tuple(RecordKind)
SETS = st.sampled_from(rule_sets())
REQUESTERS = st.sampled_from(AgencyKind)
KINDS = st.frozensets(st.sampled_from(RecordKind))
PURPOSES = st.sampled_from(
    ["case-handling", "retrial", "unsealing", "adult-reoffence-judgment", "state-provision", "x"]
)
BASES = st.sampled_from([*NOW.bases, *NOW.refused, "whatever"])


def refused(basis: str, requester: AgencyKind, kinds: tuple[RecordKind, ...], purpose: str) -> Refused:
    found = examine(NOW, basis, requester, kinds, purpose)
    assert isinstance(found, Refused)
    return found


def allowed(basis: str, requester: AgencyKind, kinds: tuple[RecordKind, ...], purpose: str) -> Allowed:
    found = examine(NOW, basis, requester, kinds, purpose)
    assert isinstance(found, Allowed)
    return found


@pytest.mark.parametrize("requester", sorted(JUDICIAL_ORGANS))
def test_L14_accepts_a_judicial_organ_that_handles_a_case(requester: AgencyKind) -> None:
    """The law's own exception would be shut, and other cases could not be handled."""
    found = allowed("judicial-case", requester, (RecordKind.CONVICTION,), "case-handling")
    assert found.view is View.JUDICIAL_EXTRACT
    assert "L14" in found.rules


@pytest.mark.parametrize("requester", sorted(set(AgencyKind) - JUDICIAL_ORGANS))
def test_L14_refuses_everybody_else_under_that_basis(requester: AgencyKind) -> None:
    """A unit could call itself a judicial organ and read case files."""
    found = refused("judicial-case", requester, (RecordKind.CONVICTION,), "case-handling")
    assert found.reason is Denial.NOT_ENTITLED


def test_L14_refuses_a_basis_that_nobody_listed() -> None:
    """The list would be open: whatever an officer writes would be a basis."""
    found = refused("because-i-ask", AgencyKind.COURT, (RecordKind.CONVICTION,), "case-handling")
    assert (found.reason, found.rules) == (Denial.NO_BASIS, ("L14",))


@pytest.mark.parametrize("requester", sorted(JUDICIAL_ORGANS))
def test_L15_accepts_a_judicial_organ_for_a_non_prosecution_record(requester: AgencyKind) -> None:
    """Rule 486's own exception would be shut."""
    found = allowed("judicial-case", requester, (RecordKind.NON_PROSECUTION,), "case-handling")
    assert "L15" in found.rules


@pytest.mark.parametrize("basis", sorted(NOW.bases))
@pytest.mark.parametrize("beside", [(), (RecordKind.CONVICTION,), (RecordKind.ADMINISTRATIVE_PUNISHMENT,)])
def test_L15_refuses_a_unit_whatever_else_the_record_holds(basis: str, beside: tuple[RecordKind, ...]) -> None:
    """A non-prosecution record would reach units by standing beside a conviction."""
    for purpose in NOW.bases[basis].purposes:
        found = refused(basis, AgencyKind.STATE_UNIT, (RecordKind.NON_PROSECUTION, *beside), purpose)
        if found.reason is Denial.NOT_COVERING:
            assert "L15" in found.rules
            assert found.to_say == "nothing-to-release"


def test_L16_accepts_a_scope_that_the_reach_gives() -> None:
    """A court could not copy what the law lets it copy."""
    found = examine(NOW, "judicial-case", AgencyKind.COURT, [RecordKind.CONVICTION], "case-handling", scope="copy")
    assert isinstance(found, Allowed)


def test_L16_refuses_a_scope_beyond_the_reach() -> None:
    """A unit that may read three facts could be handed a copy."""
    kinds = [RecordKind.CONVICTION]
    found = examine(NOW, "state-provision-query", AgencyKind.STATE_UNIT, kinds, "state-provision", scope="copy")
    assert isinstance(found, Refused)
    assert found.reason is Denial.WRONG_SCOPE


@pytest.mark.parametrize(
    ("basis", "requester", "purpose", "view"),
    [
        ("judicial-case", AgencyKind.POLICE, "case-handling", View.JUDICIAL_EXTRACT),
        ("retrial-review", AgencyKind.COURT, "retrial", View.COURT_FULL),
        ("unsealing-examination", AgencyKind.PROCURATORATE, "unsealing", View.COURT_FULL),
        ("state-provision-query", AgencyKind.STATE_UNIT, "state-provision", View.UNIT_MINIMAL),
    ],
)
def test_L21_accepts_the_view_of_each_basis(basis: str, requester: AgencyKind, purpose: str, view: View) -> None:
    """A basis would show more or less than the law gives it."""
    assert allowed(basis, requester, (RecordKind.CONVICTION,), purpose).view is view


@given(SETS, BASES, KINDS, PURPOSES)
def test_L21_refuses_a_unit_more_than_the_minimal_view(rules, basis, kinds, purpose) -> None:  # type: ignore[no-untyped-def]
    """Some combination of kinds would hand a unit the case file."""
    found = examine(rules, basis, AgencyKind.STATE_UNIT, kinds, purpose)
    assert isinstance(found, Refused) or found.view is View.UNIT_MINIMAL


def test_L10_accepts_a_query_in_the_statutory_procedure() -> None:
    """Sealing would forbid the one procedure that the law keeps."""
    assert allowed("judicial-case", AgencyKind.COURT, (RecordKind.CONVICTION,), "case-handling")


def test_L10_refuses_to_be_a_platforms_source() -> None:
    """A sharing platform would be fed from sealed records (办法 art. 10)."""
    found = refused("platform-interface", AgencyKind.STATE_UNIT, ALL_KINDS, "state-provision")
    assert found == Refused(Denial.REFUSED_BASIS, ("L10",))


def test_L24_accepts_a_unit_that_names_a_state_provision() -> None:
    """The exception 'law otherwise provides' would be shut."""
    assert allowed("state-provision-query", AgencyKind.STATE_UNIT, (RecordKind.CONVICTION,), "state-provision")


@pytest.mark.parametrize("basis", ["ordinary-check", "visa-or-travel", "ordinary-employment"])
@pytest.mark.parametrize("requester", AgencyKind)
def test_L24_refuses_ordinary_checks(basis: str, requester: AgencyKind) -> None:
    """A counter could learn of a sealed record by asking the vault."""
    found = refused(basis, requester, (RecordKind.CONVICTION,), "state-provision")
    assert found.reason is Denial.REFUSED_BASIS
    assert "L24" in found.rules


def test_L26_accepts_no_employer_but_a_named_provision() -> None:
    """Posts that a state provision bars by name (a teacher, a judge) could not be checked at all."""
    found = allowed("state-provision-query", AgencyKind.STATE_UNIT, (RecordKind.CONVICTION,), "state-provision")
    assert found.view is View.UNIT_MINIMAL


@pytest.mark.parametrize("basis", ["ordinary-employment", "enlistment"])
@pytest.mark.parametrize("requester", AgencyKind)
def test_L26_refuses_employment_and_enlistment(basis: str, requester: AgencyKind) -> None:
    """The duty that art. 9 lifts would return by the back door."""
    found = refused(basis, requester, (RecordKind.CONVICTION,), "state-provision")
    assert found.reason is Denial.REFUSED_BASIS
    assert "L26" in found.rules


def test_L30_accepts_the_court_that_judges_an_adults_new_offence() -> None:
    """The judgment could not state the earlier record."""
    found = allowed("adult-reoffence", AgencyKind.COURT, (RecordKind.CONVICTION,), "adult-reoffence-judgment")
    assert (found.view, Mark.UNCONFIRMED in found.marks) == (View.JUDICIAL_EXTRACT, True)


@pytest.mark.parametrize("requester", sorted(set(AgencyKind) - {AgencyKind.COURT}))
def test_L30_refuses_everybody_but_the_court(requester: AgencyKind) -> None:
    """The court's own basis would be everybody's."""
    found = refused("adult-reoffence", requester, (RecordKind.CONVICTION,), "adult-reoffence-judgment")
    assert found.reason is Denial.NOT_ENTITLED


def test_L32_accepts_a_court_on_its_own_ground() -> None:
    """Protection from publicity would shut out the handling of a case."""
    assert allowed("judicial-case", AgencyKind.COURT, (RecordKind.CONVICTION,), "case-handling")


def test_L32_refuses_publication() -> None:
    """A record could be asked for to be published."""
    found = refused("media-publication", AgencyKind.STATE_UNIT, (RecordKind.CONVICTION,), "state-provision")
    assert (found.reason, found.rules) == (Denial.REFUSED_BASIS, ("L32",))


def test_L34_accepts_what_is_no_discrimination() -> None:
    """The rule against discrimination would shut the state provisions that bar named posts."""
    assert allowed("state-provision-query", AgencyKind.STATE_UNIT, (RecordKind.CONVICTION,), "state-provision")


@pytest.mark.parametrize("basis", ["school-admission", "ordinary-employment", "risk-scoring"])
def test_L34_refuses_schools_employers_and_scores(basis: str) -> None:
    """A school could turn a child away over a sealed record, or a score be made of it."""
    found = refused(basis, AgencyKind.STATE_UNIT, (RecordKind.CONVICTION,), "state-provision")
    assert found.reason is Denial.REFUSED_BASIS
    assert "L34" in found.rules


def test_L38_accepts_a_purpose_of_the_basis() -> None:
    """No purpose would ever fit, and necessity could not be stated."""
    assert "L38" in allowed("judicial-case", AgencyKind.COURT, (RecordKind.CONVICTION,), "case-handling").rules


@pytest.mark.parametrize("purpose", ["", "state-provision", "curiosity", "CASE-HANDLING"])
def test_L38_refuses_another_purpose(purpose: str) -> None:
    """A basis would serve purposes that it was not given for."""
    found = refused("judicial-case", AgencyKind.COURT, (RecordKind.CONVICTION,), purpose)
    assert found.reason is Denial.WRONG_PURPOSE


def test_L44_accepts_a_case_and_a_named_provision() -> None:
    """PSAPL 136's own exceptions would be shut."""
    kinds = (RecordKind.PUBLIC_SECURITY_VIOLATION,)
    assert "L44" in allowed("judicial-case", AgencyKind.POLICE, kinds, "case-handling").rules
    assert allowed("state-provision-query", AgencyKind.STATE_UNIT, kinds, "state-provision").view is View.UNIT_MINIMAL


def test_L44_refuses_a_violation_record_for_retrial_and_reoffence() -> None:
    """Bases for criminal cases would open violation records that they do not name."""
    kinds = (RecordKind.PUBLIC_SECURITY_VIOLATION, RecordKind.CONVICTION)
    for basis, purpose in (("retrial-review", "retrial"), ("adult-reoffence", "adult-reoffence-judgment")):
        found = refused(basis, AgencyKind.COURT, kinds, purpose)
        assert found.rules == ("L14", "L44")


def test_violation_records_had_no_basis_before_2026() -> None:
    """Old decisions would be replayed under a law that was not there."""
    kinds = (RecordKind.PUBLIC_SECURITY_VIOLATION,)
    found = examine(BEFORE, "judicial-case", AgencyKind.POLICE, kinds, "case-handling")
    assert found == Refused(Denial.NOT_COVERING, ("L14",))


@given(SETS, BASES, REQUESTERS, KINDS, st.sampled_from(RecordKind), PURPOSES)
def test_another_kind_never_widens_a_view(rules, basis, requester, kinds, more, purpose) -> None:  # type: ignore[no-untyped-def]
    """A record with several kinds would take the most generous one instead of the strictest."""
    wider = examine(rules, basis, requester, kinds | {more}, purpose)
    narrower = examine(rules, basis, requester, kinds, purpose)
    if isinstance(wider, Allowed) and isinstance(narrower, Allowed):
        assert is_within(wider.view, narrower.view)


@given(SETS, BASES, REQUESTERS, KINDS, PURPOSES)
def test_what_is_allowed_names_each_kind(rules, basis, requester, kinds, purpose) -> None:  # type: ignore[no-untyped-def]
    """Default deny would have a hole: a kind that no reach of this agency names would be shown."""
    found = examine(rules, basis, requester, kinds, purpose)
    if isinstance(found, Refused):
        assert found.to_say in REFUSAL_REASONS
        assert found.rules and set(found.rules) <= set(NOW.rules)
        return
    reaches = [reach for reach in rules.bases[basis].reaches if requester in reach.requesters]
    assert all(any(kind in reach.kinds | reach.beside for reach in reaches) for kind in kinds)
    assert any(kind in reach.kinds for reach in reaches for kind in kinds)
    assert 0 < found.expires_s <= 7 * 24 * 3600


def test_accompanying_material_alone_reaches_no_unit() -> None:
    """A unit could query a record that holds nothing but a social investigation."""
    found = refused(
        "state-provision-query", AgencyKind.STATE_UNIT, (RecordKind.SOCIAL_INVESTIGATION,), "state-provision"
    )
    assert found.reason is Denial.NOT_COVERING


def test_how_long_a_basis_opens_and_a_request_stands() -> None:
    """A day in the rule file would be an hour, or a week, on the officer's device."""
    found = allowed("judicial-case", AgencyKind.COURT, (RecordKind.CONVICTION,), "case-handling")
    assert (found.expires_s, found.longest_not_after_s) == (24 * 3600, 30 * 24 * 3600)
    unit = allowed("state-provision-query", AgencyKind.STATE_UNIT, (RecordKind.CONVICTION,), "state-provision")
    assert (unit.expires_s, unit.longest_not_after_s) == (24 * 3600, 14 * 24 * 3600)
