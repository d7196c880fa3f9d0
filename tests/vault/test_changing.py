"""Unsealing, sealing again and shredding: by two agencies, different people, and an entry first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from change_papers import agreement, proposal
from vault_cast import Sealed
from vault_site import VaultSite, now_ms, vault_site

from api.client.calls import ServiceError
from api.vault.agent_program import decided_view
from audit.entry import read
from vault.deciding import approve, decide
from vault.law.calendar import civil_day
from vault.store import half_rows, record_rows
from vault.vocabulary import Holder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultSite]:
    with vault_site(tmp_path_factory.mktemp("vault")) as made:
        yield made


def _propose(site: VaultSite, sealed: Sealed, change: str, decider: str = "decider-court", **other: object) -> bytes:
    site.cast.now_ms = now_ms()
    form = proposal(site.cast, sealed.index.record, change, decider.removeprefix("decider-"), **other)
    signed = form.sign(site.cast.people[decider].signer)
    site.client(decider).propose(signed)
    return signed


def _agree(site: VaultSite, signed: bytes, approver: str = "approver-procuratorate") -> bool:
    return site.client(approver).agree(*agreement(site.cast, signed, approver, now_ms()))


def _state(site: VaultSite, sealed: Sealed) -> str:
    with site.vault.database.reading() as connection:
        found = record_rows.find(connection, sealed.index.record, 1)
    assert found
    return found.state


def test_unsealed_sealed_again_and_shredded(site: VaultSite) -> None:
    """Without it nothing shows that a record's state changes at all, nor that a shredded one is gone everywhere."""
    sealed = site.cast.seal()
    site.store(sealed)
    for change in ("unsealed", "sealed"):
        signed = _propose(site, sealed, change)
        assert _state(site, sealed) != change
        assert _agree(site, signed)
        assert _state(site, sealed) == change
    digests = [digest.hex() for digest in sealed.made.digests.values()]
    assert all((site.vault.envelopes / digest).exists() for digest in digests)
    assert _agree(site, _propose(site, sealed, "shredded"))
    assert not any((site.vault.envelopes / digest).exists() for digest in digests)
    with site.vault.database.reading() as connection:
        assert half_rows.find(connection, sealed.made.id, Holder.COURT) is None
        assert record_rows.signed_form(connection, sealed.index.record, 1) == b""
    events = [read(data).event for data in site.vault.log.entries(0, site.vault.log.head().size)]
    assert events.count("record.change") == 3
    with pytest.raises(ServiceError) as caught:
        _propose(site, sealed, "sealed")
    assert caught.value.code == "wrong-state"


def test_one_agency_alone_changes_nothing(site: VaultSite) -> None:
    """The sealing agency's own approver, another agency's decider, the proposer in a second role: none may suffice."""
    sealed = site.cast.seal()
    site.store(sealed)
    signed = _propose(site, sealed, "unsealed")
    for approver, code in (("approver-court", "malformed"), ("approver-police", "malformed")):
        with pytest.raises(ServiceError) as caught:
            _agree(site, signed, approver)
        assert caught.value.code == code
    assert _state(site, sealed) == "sealed"
    with pytest.raises(ServiceError) as caught:
        _propose(site, sealed, "unsealed", "decider-procuratorate")
    assert caught.value.code == "not-found"
    assert _agree(site, signed) and _agree(site, signed)
    assert _state(site, sealed) == "unsealed"


def test_a_shredded_record_is_not_released(site: VaultSite) -> None:
    """A release that was authorised before the shredding must end with it."""
    cast = site.cast
    sealed = cast.seal()
    site.store(sealed)
    cast.now_ms = now_ms()
    asked, rosters = cast.ask(), cast.rosters()
    site.client("officer-procuratorate").ask(asked.data)
    decision = decide(cast.signer("decider-court"), asked.data, sealed.index, rosters, cast.law, now_ms())
    site.client("decider-court").act(asked.request, "decision", decision)
    said = approve(cast.signer("approver-procuratorate"), asked.data, decision, rosters, now_ms())
    site.client("approver-procuratorate").act(asked.request, "approval", said)
    assert _agree(site, _propose(site, sealed, "shredded"))
    assert asked.request not in site.agent(Holder.COURT).turn().released
    with pytest.raises(ServiceError) as caught:
        site.client("officer-procuratorate").dossier(
            asked.request, lambda data: decided_view(data, rosters), Holder.COURT
        )
    assert caught.value.code == "wrong-state"


@pytest.mark.parametrize("days", [1, -1])
def test_a_change_counts_from_no_day_to_come_and_none_before_the_sealing(site: VaultSite, days: int) -> None:
    """A record would be unsealed on a judgment of next week, or its history say that it never was sealed (L29)."""
    sealed = site.cast.seal()
    site.store(sealed)
    day = civil_day(now_ms()) + dt.timedelta(days=days)
    with pytest.raises(ServiceError) as caught:
        _propose(site, sealed, "unsealed", from_day=day.isoformat())
    assert caught.value.code == "wrong-state"


def test_the_index_lists_unsealed_records_too(site: VaultSite) -> None:
    """A record that was unsealed could never be sealed again: its desk would not find it."""
    sealed = site.cast.seal()
    site.store(sealed)
    assert _agree(site, _propose(site, sealed, "unsealed"))
    listed = {state for state, _ in site.client("decider-court").index()}
    assert listed >= {"unsealed"} and "shredded" not in listed
