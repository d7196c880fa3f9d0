"""Notices to correct over the service: an entry first, the told agency's answer alone, overdue without one (L35)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from test_vault_attacks import _desk
from vault_cast import DAY
from vault_site import VaultSite, now_ms, vault_site

from api.client.calls import ServiceError
from api.vault import correction_work
from api.vault.desk_work import Desk
from audit.entry import read
from vault.caller import Caller
from vault.corrections import Correction, CorrectionState, check_issued
from vault.errors import MalformedFormError, VaultError
from vault.flows.answer_correction import answer_correction
from vault.forms import open_form
from vault.store import correction_rows
from vault.vocabulary import Role

ABOUT = "a" * 64


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultSite]:
    with vault_site(tmp_path_factory.mktemp("vault")) as made:
        yield made


@pytest.fixture
def desks(site: VaultSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Desks by person, under the cast's own law."""
    monkeypatch.setattr(correction_work, "LAW", site.cast.law)
    site.cast.now_ms = now_ms()

    def made(person: str) -> Desk:
        folder = tmp_path / person
        folder.mkdir(exist_ok=True)
        desk = _desk(site.cast, folder, person, cast(Any, None))
        return replace(desk, client=site.client(person), now_ms=now_ms)

    return made


def refused(code: str, call: Any, *parts: Any) -> None:
    with pytest.raises(ServiceError) as caught:
        call(*parts)
    assert caught.value.code == code


def events(site: VaultSite) -> list[Any]:
    return [read(data) for data in site.vault.log.entries(0, site.vault.log.head().size)]


def test_l35_accepts_a_notice_that_is_read_and_answered(site: VaultSite, desks: Any) -> None:
    """The procuratorate could see a fault in its ledger and tell nobody in a way that binds."""
    supervisor, police = desks("supervisor-procuratorate"), desks("decider-police")
    notice = correction_work.issue(supervisor, "police-a", "sealed-late", ABOUT, "封存迟延:某某案")
    (shown,) = correction_work.read(police)
    assert (shown.words, shown.state, shown.answer) == ("封存迟延:某某案", CorrectionState.ISSUED, None)
    correction_work.answer(police, notice, "corrected", "已封存")
    (seen,) = correction_work.read(supervisor)
    assert (seen.state, seen.answer_words, seen.words) == (CorrectionState.ANSWERED, "已封存", "封存迟延:某某案")
    mine = [one for one in events(site) if notice in (one.req, one.prev)]
    assert [one.event for one in mine] == ["correction.issue", "correction.answer"]
    assert mine[1].facts == {"agency": "police-a", "late": False}
    with site.vault.database.reading() as connection:
        row = correction_rows.find(connection, notice)
    assert row and "某某".encode() not in row.data + (row.answer or b"")


def test_l35_refuses_whoever_may_not_issue_answer_or_see(site: VaultSite, desks: Any) -> None:
    """Another agency could put a rival in the wrong, close a notice for it, or read what it did."""
    supervisor = desks("supervisor-procuratorate")
    for person in ("officer-procuratorate", "decider-police", "supervisor-court"):
        code = "wrong-state" if person == "supervisor-court" else "not-entitled"
        refused(code, correction_work.issue, desks(person), "justice-a", "leaked", ABOUT, "x")
    with pytest.raises(MalformedFormError):
        correction_work.issue(supervisor, "nobody-a", "leaked", ABOUT, "x")
    notice = correction_work.issue(supervisor, "justice-a", "leaked", ABOUT, "x")
    court = desks("decider-court")
    assert notice not in [one.notice.form.correction for one in correction_work.read(court)]
    refused("not-entitled", desks("officer-justice").client.corrections)
    justice = desks("sealer-justice")
    with pytest.raises(MalformedFormError, match="not what was read"):  # nothing is answered unread
        correction_work.answer(justice, notice, "corrected", "x")
    correction_work.read(justice)
    form = next(one for one in correction_work.read(justice) if one.notice.form.correction == notice)
    correction_work.answer(justice, notice, "no-fault", "x")
    with site.vault.database.reading() as connection:
        kept = correction_rows.find(connection, notice)
    assert kept and kept.answer
    size = site.vault.log.head().size
    justice.client.answer_correction(notice, kept.answer)  # a retry changes nothing
    supervisor.client.correct(kept.data)
    assert not [one for one in events(site)[size:] if one.event.startswith("correction.")]
    refused("wrong-state", correction_work.answer, justice, notice, "corrected", "y")
    refused("malformed", court.client.answer_correction, notice, kept.answer)  # in another's hand
    assert form.answer is None


def test_a_notice_of_another_day_or_other_rules_is_refused(site: VaultSite, desks: Any) -> None:
    """A deadline could be over when the agency hears of it, or be counted under rules that were replaced."""
    supervisor = desks("supervisor-procuratorate")
    old = replace(supervisor, now_ms=lambda: now_ms() - 5 * 60_000)
    with site.vault.database.reading() as connection:
        before = correction_rows.of_agency(connection, "procuratorate-a", "")
    human = site.cast.people["supervisor-procuratorate"]
    signed = open_form(Correction, before[0].data, [human.signer.verifying_key])
    for changes in ({"issued_ms": old.now_ms()}, {"rules": "6" * 64}, {"to": "nobody-a"}, {"words": ("AAAA",)}):
        form = replace(
            signed.form, **({"correction": "7" + signed.form.correction[1:], "issued_ms": now_ms()} | changes)
        )
        refused("malformed", supervisor.client.correct, form.sign(human.signer))


def test_l35_an_unanswered_notice_stays_overdue_and_a_late_answer_late(tmp_path: Path, monkeypatch: Any) -> None:
    """An agency would get out of a notice by waiting, and the procuratorate not see that it did."""
    with vault_site(tmp_path) as site:
        monkeypatch.setattr(correction_work, "LAW", site.cast.law)
        folder = tmp_path / "desk"
        folder.mkdir()
        supervisor = replace(
            _desk(site.cast, folder, "supervisor-procuratorate", cast(Any, None)),
            client=site.client("supervisor-procuratorate"), now_ms=now_ms,
        )  # fmt: skip
        site.store(site.cast.seal())
        notice = correction_work.issue(supervisor, "police-a", "not-sealed", ABOUT, "x")
        assert supervisor.client.overdue()["corrections"] == []
        with site.vault.database.reading() as connection:
            for days in (11, 400):
                (late,) = correction_rows.unanswered(connection, "procuratorate-a", now_ms() + days * DAY)
                assert late["id"] == notice
            assert correction_rows.unanswered(connection, "court-a", now_ms() + 11 * DAY) == []
        later = replace(site.vault, now_ms=lambda: now_ms() + 11 * DAY)
        police = replace(
            _desk(site.cast, folder, "decider-police", cast(Any, None)), client=cast(Any, Straight(site, later)),
            now_ms=later.now_ms,
        )  # fmt: skip
        correction_work.read(police)
        correction_work.answer(police, notice, "corrected", "y")
        (answered,) = [one for one in events(site) if one.event == "correction.answer"]
        assert answered.facts["late"] is True
        (seen,) = correction_work.read(replace(supervisor, now_ms=later.now_ms))
        assert seen.state is CorrectionState.ANSWERED_LATE


class Straight:
    """The flows at another time than the service's, called as a client calls them."""

    def __init__(self, site: VaultSite, vault: Any) -> None:
        self._client, self._vault = site.client("decider-police"), vault

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def answer_correction(self, correction: str, answer: bytes) -> None:
        caller = Caller("decider-police", "police-a", "device-decider-police", frozenset({Role.DECIDER}))
        answer_correction(self._vault, caller, correction, answer)


def test_a_notice_whose_issuer_left_since_is_still_one(site: VaultSite, desks: Any) -> None:
    """A fault would be forgiven with the supervisor's retirement; and a revoked key could still issue one."""
    supervisor = desks("supervisor-procuratorate")
    correction_work.issue(supervisor, "police-a", "leaked", ABOUT, "stays")
    human = site.cast.people["supervisor-procuratorate"]
    human.revoked_ms = now_ms() + 1
    try:
        later = now_ms() + 60_000
        rosters = site.cast.rosters()
        notices = [one["signed"].encode() for one in desks("decider-police").client.corrections()]
        newest = open_form(Correction, notices[-1], [human.signer.verifying_key])
        check_issued(newest, rosters, later)
        late = replace(newest.form, issued_ms=later)
        with pytest.raises(VaultError):
            check_issued(open_form(Correction, late.sign(human.signer), [human.signer.verifying_key]), rosters, later)
    finally:
        human.revoked_ms = None
