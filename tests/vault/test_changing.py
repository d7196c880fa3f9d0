"""Unsealing, sealing again and shredding: by two agencies, different people, and an entry first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from vault_cast import Sealed
from vault_site import VaultSite, now_ms, vault_site

from api.client.calls import ServiceError
from api.vault.agent_program import decided_view
from audit.entry import read
from audit.request_id import new_request_id
from vault import store
from vault.changing import Agreement, Proposal
from vault.deciding import approve, decide
from vault.forms import open_form
from vault.halves import ViewId
from vault.vocabulary import Holder, View


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultSite]:
    with vault_site(tmp_path_factory.mktemp("vault")) as made:
        yield made


def _propose(site: VaultSite, sealed: Sealed, change: str, decider: str = "decider-court") -> bytes:
    human = site.cast.people[decider]
    form = Proposal(
        proposal=new_request_id(now_ms()),
        record=sealed.index.record,
        version=1,
        agency=human.agency,
        decider=human.person,
        change=change,
        cause="new-offence",
        rules="5" * 64,
        judgment="d" * 64,
        from_day="2026-11-27",
        proposed_ms=now_ms(),
    )
    signed = form.sign(human.signer)
    site.client(decider).propose(signed)
    return signed


def _agree(site: VaultSite, proposal: bytes, approver: str = "approver-procuratorate") -> bool:
    human = site.cast.people[approver]
    read_back = open_form(Proposal, proposal, [one.signer.verifying_key for one in site.cast.people.values()])
    form = Agreement(
        agreement=new_request_id(now_ms()),
        proposal=read_back.form.proposal,
        proposal_digest=read_back.hex,
        approver=human.person,
        agency=human.agency,
        agreed_ms=now_ms(),
    )
    return site.client(approver).agree(read_back.form.proposal, form.sign(human.signer))


def _state(site: VaultSite, sealed: Sealed) -> str:
    with site.vault.database.reading() as connection:
        found = store.record(connection, sealed.index.record, 1)
    assert found
    return found.state


def test_unsealed_sealed_again_and_shredded(site: VaultSite) -> None:
    """Without it nothing shows that a record's state changes at all, nor that a shredded one is gone everywhere."""
    sealed = site.cast.seal()
    site.store(sealed)
    for change in ("unsealed", "sealed"):
        proposal = _propose(site, sealed, change)
        assert _state(site, sealed) != change
        assert _agree(site, proposal)
        assert _state(site, sealed) == change
    digests = [one.digest.hex() for one in sealed.views.values()]
    assert all((site.vault.envelopes / digest).exists() for digest in digests)
    assert _agree(site, _propose(site, sealed, "shredded"))
    assert not any((site.vault.envelopes / digest).exists() for digest in digests)
    with site.vault.database.reading() as connection:
        view = ViewId(sealed.index.record, 1, View.COURT_FULL, "court-a", 1)
        assert store.half_of(connection, view, Holder.COURT) is None
        assert store.record_data(connection, sealed.index.record, 1) == b""
    events = [read(data).event for data in site.vault.log.entries(0, site.vault.log.head().size)]
    assert events.count("record.change") == 3
    with pytest.raises(ServiceError) as caught:
        _propose(site, sealed, "sealed")
    assert caught.value.code == "wrong-state"


def test_one_agency_alone_changes_nothing(site: VaultSite) -> None:
    """The sealing agency's own approver, another agency's decider, the proposer in a second role: none may suffice."""
    sealed = site.cast.seal()
    site.store(sealed)
    proposal = _propose(site, sealed, "unsealed")
    for approver, code in (("approver-court", "malformed"), ("approver-police", "malformed")):
        with pytest.raises(ServiceError) as caught:
            _agree(site, proposal, approver)
        assert caught.value.code == code
    assert _state(site, sealed) == "sealed"
    with pytest.raises(ServiceError) as caught:
        _propose(site, sealed, "unsealed", "decider-procuratorate")
    assert caught.value.code == "not-found"
    assert _agree(site, proposal) and _agree(site, proposal)
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
