"""A change's grounds: read by those who must agree alone, examined under the law at the first desk and the second."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from change_papers import JUDGMENT, finding, findings, law_now, proposal
from test_vault_attacks import LyingClient, _desk, _lying
from vault_cast import DAY, Cast

from api.vault import change_work
from audit.crypto.hpke import OpeningKey
from audit.request_id import new_request_id
from vault.change_grounds import ChangeGrounds, examine_change, read_change_grounds
from vault.changing import Proposal
from vault.errors import ChangeRefusedError, MalformedFormError, StateError, VaultError
from vault.findings import Question
from vault.forms import Signed, open_form
from vault.index import seal_index
from vault.law.calendar import civil_day
from vault.vocabulary import RecordKind

RECORD = new_request_id(1)
CONVICTION = [RecordKind.CONVICTION]


@pytest.fixture(scope="module")
def cast() -> Cast:
    return Cast()


def grounds_for(cast: Cast, change: str, **other: Any) -> ChangeGrounds:
    said = {
        "kinds": CONVICTION, "term_months": 61, "is_life": False, "findings": findings(cast, RECORD, change),
    } | other  # fmt: skip
    return ChangeGrounds.of(**said)


def examined(cast: Cast, change: str, grounds: ChangeGrounds, **fields: Any) -> None:
    form = proposal(cast, RECORD, change, grounds=grounds, **fields)
    examine_change(form, grounds, cast.rosters(), cast.now_ms)


def signed(cast: Cast, form: Proposal) -> Signed[Proposal]:
    signer = cast.people[form.decider].signer
    return open_form(Proposal, form.sign(signer), [signer.verifying_key])


@pytest.mark.parametrize("change", ["unsealed", "sealed", "shredded"])
def test_L28_accepts_a_lawful_change(cast: Cast, change: str) -> None:
    """No record could change at all."""
    examined(cast, change, grounds_for(cast, change))


def about(cast: Cast, who: str, question: Question, answer: bool, cause: str, **other: Any) -> bytes:
    said = {"record": RECORD, "sealed_by": "court-a", "cause": cause} | other
    return finding(cast, who, question, answer, **said)


def _unlawful(cast: Cast) -> list[tuple[str, dict[str, Any], dict[str, Any], str]]:
    """(change, grounds, fields of the proposal, what is said)."""
    arisen = about(cast, "decider-court", Question.CAUSE_HAS_ARISEN, True, "new-offence")
    both = findings(cast, RECORD, "shredded")
    held = about(cast, "decider-procuratorate", Question.ON_HOLD, True, "competent-decision")
    asks = about(cast, "decider-police", Question.COURT_AGREES, True, "subject-asks")
    own = about(cast, "decider-court", Question.CAUSE_HAS_ARISEN, True, "subject-asks")
    limit = about(cast, "decider-court", Question.UNSEAL_AT_LIMIT, False, "new-offence")
    acquittal = [RecordKind.ACQUITTAL]
    tomorrow = (civil_day(cast.now_ms) + dt.timedelta(days=1)).isoformat()
    return [
        ("unsealed", {}, {"cause": "employment"}, "no-statutory-cause"),
        ("unsealed", {}, {"cause": "adult-reoffence"}, "no-statutory-cause"),
        ("unsealed", {"kinds": [RecordKind.NON_PROSECUTION]}, {}, "not-this-kind"),
        ("unsealed", {"findings": []}, {}, "no-judgment"),
        ("unsealed", {"term_months": 59}, {}, "term-not-reached"),
        ("unsealed", {"term_months": None}, {}, "term-unknown"),
        ("unsealed", {"term_months": 60}, {}, "at-limit"),
        ("unsealed", {"term_months": 60, "findings": [arisen, limit]}, {}, "at-limit"),
        ("unsealed", {"kinds": acquittal, "findings": [own, asks]}, {"cause": "subject-asks"}, "court-does-not-agree"),
        ("unsealed", {}, {"from_day": tomorrow}, "has not come"),
        ("unsealed", {}, {"judgment": "e" * 64}, "another paper"),
        ("sealed", {}, {"cause": "new-offence"}, "no-statutory-cause"),
        ("shredded", {}, {"cause": "age"}, "no-statutory-cause|no-ground"),
        ("shredded", {}, {"cause": "new-offence"}, "no-ground"),
        ("shredded", {"findings": both[:1] + both[2:]}, {}, "not-all-decided"),
        ("shredded", {"findings": both[1:]}, {}, "not-all-decided"),
        ("shredded", {"findings": both[:2]}, {}, "on-hold"),
        ("shredded", {"findings": [*both, held]}, {}, "on-hold"),
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(18))
def test_L28_L33_refuse_an_unlawful_change_at_both_desks(cast: Cast, number: int, tmp_path: Path) -> None:
    """Two agencies together would unseal or destroy a record that the law keeps sealed, by oversight or favour."""
    change, other, fields, said = _unlawful(cast)[number]
    cause = fields.get("cause", "")
    if cause and "findings" not in other:
        other |= {"findings": findings(cast, RECORD, change, cause=cause)}
    grounds = grounds_for(cast, change, **other)
    with pytest.raises(ChangeRefusedError, match=said):
        examined(cast, change, grounds, **fields)
    # The second desk, whose first desk lied to it: it is listed with the reason, and nothing is signed.
    form = proposal(cast, RECORD, change, grounds=grounds, **fields)
    data = form.sign(cast.people["decider-court"].signer)
    client = proposing(cast, [data])
    desk = _desk(cast, tmp_path, "approver-procuratorate", client)
    (listed,) = change_work.read_proposals(desk)
    assert listed.why_not
    with pytest.raises(ChangeRefusedError, match=said):
        change_work.agree(desk, listed.proposal)
    assert client.acts == 0


def proposing(cast: Cast, sent: list[bytes]) -> LyingClient:
    client = _lying(cast, b"")
    client.proposals = lambda: sent  # type: ignore[attr-defined]
    client.agree = client.act  # type: ignore[attr-defined]
    client.propose = client.act  # type: ignore[attr-defined]
    return client


def test_the_first_desk_signs_nothing_unlawful(tmp_path: Path) -> None:
    """A decider would only learn from another agency that the law does not allow what was proposed in their name."""
    cast = Cast()
    sealed = cast.seal()
    entry = seal_index(sealed.index, cast.desks["court-a"].sealing_key, sealed.sealer.signer)
    client = proposing(cast, [])
    client.index = lambda: [("unsealed", entry)]  # type: ignore[method-assign]
    desk = _desk(cast, tmp_path, "decider-court", client)
    today = civil_day(cast.now_ms).isoformat()
    record = sealed.index.record
    wanted = change_work.Wanted(record, "unsealed", "new-offence", JUDGMENT, today, 61)
    with pytest.raises(ChangeRefusedError, match="no-judgment"):
        change_work.propose(desk, wanted)
    assert client.acts == 0
    change_work.propose(desk, change_work.Wanted(record, "sealed", "cause-fell-away", JUDGMENT, today))
    assert client.acts == 1  # and an unsealed record is found


def test_findings_about_another_record_cause_or_by_nobody_who_may_are_refused(cast: Cast) -> None:
    """One judgment's finding would unseal every record of the agency."""
    ask = Question.CAUSE_HAS_ARISEN
    for wrong in (
        about(cast, "decider-court", ask, True, "new-offence", record=new_request_id(2)),
        about(cast, "decider-court", ask, True, "omitted-offence"),
        about(cast, "decider-court", ask, True, "new-offence", sealed_by="police-a"),
        about(cast, "sealer-court", ask, True, "new-offence"),
        b"not a finding",
    ):
        with pytest.raises((StateError, MalformedFormError)):
            examined(cast, "unsealed", grounds_for(cast, "unsealed", findings=[wrong]))
    other = about(cast, "decider-police", ask, True, "new-offence")  # another agency's word is no judgment
    with pytest.raises(ChangeRefusedError, match="no-judgment"):
        examined(cast, "unsealed", grounds_for(cast, "unsealed", findings=[other]))


def test_L7_accepts_the_courts_own_word_that_it_agrees(cast: Cast) -> None:
    """An acquitted person's wish could never be granted where the police sealed the record."""
    said = [
        about(cast, "decider-police", Question.CAUSE_HAS_ARISEN, True, "subject-asks", sealed_by="police-a"),
        about(cast, "decider-court", Question.COURT_AGREES, True, "subject-asks", sealed_by="police-a"),
    ]
    grounds = grounds_for(cast, "unsealed", kinds=[RecordKind.ACQUITTAL], term_months=None, findings=said)
    form = proposal(cast, RECORD, "unsealed", "police", grounds, cause="subject-asks")
    examine_change(form, grounds, cast.rosters(), cast.now_ms)


def test_grounds_are_for_those_who_must_agree_and_the_same_for_all(cast: Cast) -> None:
    """The vault, or another agency, would learn the kinds of a record; or two approvers read different grounds."""
    rosters = cast.rosters()
    form = proposal(cast, RECORD, "unsealed")
    one = signed(cast, form)
    for agency in ("court-a", "procuratorate-a"):
        assert read_change_grounds(one, cast.desks[agency], agency, rosters).term_months == 61
    assert b"conviction" not in form.sign(cast.people["decider-court"].signer)
    lengths = {len(text) for change in ("unsealed", "sealed") for text in proposal(cast, RECORD, change).sealed_grounds}
    assert len(lengths) == 1
    with pytest.raises(MalformedFormError):
        read_change_grounds(one, cast.desks["police-a"], "police-a", rosters)
    with pytest.raises(MalformedFormError):
        read_change_grounds(one, OpeningKey.generate(), "court-a", rosters)
    other = signed(cast, replace(form, grounds="0" * 64))
    with pytest.raises(MalformedFormError, match="not those that it names"):
        read_change_grounds(other, cast.desks["court-a"], "court-a", rosters)


def test_a_newer_rule_set_and_an_unknown_one_are_asked_too(cast: Cast) -> None:
    """A proposal could name a rule file that nobody knows, or one that was replaced."""
    grounds = grounds_for(cast, "unsealed")
    with pytest.raises(VaultError, match="no shipped rule set"):
        examined(cast, "unsealed", grounds, rules="0" * 64)
    assert law_now(cast) != "0" * 64
    form = proposal(cast, RECORD, "unsealed", grounds=grounds)
    with pytest.raises(VaultError):  # and a finding of the future
        examine_change(form, grounds, cast.rosters(), cast.now_ms - 2 * DAY)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b'{"findings":[],"is_life":1,"kinds":[],"salt":"","term_months":null}', b"\xff"]
)
def test_grounds_have_one_form(text: bytes) -> None:
    """A desk would fail in the middle of a list, or take a number for a yes."""
    with pytest.raises(MalformedFormError):
        ChangeGrounds.parse(text)
