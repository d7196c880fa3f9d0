"""The vault service with real log, witnesses and HTTP: the whole story, and what it must refuse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from vault_cast import DAY, Human, PaperLaw
from vault_site import VaultSite, now_ms, vault_site

from api.client.calls import ServiceError
from api.vault.agent_program import decided_view
from audit.crypto.signed_object import Kind, open_object
from audit.entry import read
from audit.request_id import new_request_id
from vault.agent import Dossier
from vault.asking import Asked
from vault.checks import Given
from vault.deciding import approve, decide
from vault.handing_over import Acknowledgement
from vault.index import open_index
from vault.receiving import deliver, give_back, open_release
from vault.requests import Lock
from vault.vocabulary import Holder, Role, View


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultSite]:
    with vault_site(tmp_path_factory.mktemp("vault")) as made:
        yield made


def asked_at(site: VaultSite, to: str = "court-a") -> Asked:
    cast = site.cast
    cast.now_ms = now_ms()
    asked = cast.ask(to=to)
    site.client("officer-procuratorate").ask(asked.data)
    return asked


def agree_on(site: VaultSite, asked: Asked, to: str = "court-a") -> None:
    """Decider finds the record in its own index; every approver agrees."""
    cast, short = site.cast, to.split("-")[0]
    rosters = cast.rosters()
    desk = site.client(f"decider-{short}")
    sealers = [cast.people[f"sealer-{short}"].signer.verifying_key]
    entries = [open_index(data, cast.desks[to], sealers) for _, data in desk.index()]
    decision = decide(cast.signer(f"decider-{short}"), asked.data, entries[-1], rosters, cast.law, now_ms())
    desk.act(asked.request, "decision", decision)
    for agency in rosters.pins.approvers(to):
        person = f"approver-{agency.split('-')[0]}"
        said = approve(cast.signer(person), asked.data, decision, rosters, now_ms())
        site.client(person).act(asked.request, "approval", said)


def dossier_of(site: VaultSite, asked: Asked) -> tuple[Dossier, list[bytes]]:
    officer = site.client("officer-procuratorate")
    return officer.dossier(asked.request, lambda data: decided_view(data, site.cast.rosters()), Holder.COURT)


@pytest.mark.parametrize("agency", ["court-a", "police-a"])
def test_the_whole_story(site: VaultSite, agency: str) -> None:
    """From sealing to return over HTTP, with real witnesses: without it no part is known to fit the next."""
    site.store(site.cast.seal(agency), notify=("procuratorate-a",))
    asked = asked_at(site, agency)
    agree_on(site, asked, agency)
    for holder in Holder:
        turn = site.agent(holder).turn()
        assert turn.stopped == () and turn.released == (asked.request,)
    dossier, releases = dossier_of(site, asked)
    officer = site.client("officer-procuratorate")
    envelope = site.envelope(officer, asked.request)
    opened = open_release(asked, dossier, releases, envelope, site.cast.rosters(), now_ms())
    assert opened.container.read(10**6).startswith(b"judicial_extract\nthe file")
    officer.act(asked.request, "delivery", deliver(site.cast.officer("officer-procuratorate"), opened, now_ms()))
    statement = give_back(site.cast.officer("officer-procuratorate"), asked.request, "destroyed", True, now_ms())
    officer.act(asked.request, "return", statement)
    assert officer.request(asked.request)["state"] == "returned"
    events = [read(data) for data in site.vault.log.entries(0, site.vault.log.head().size)]
    mine = [one.event for one in events if asked.request in (one.req, one.prev) or one.event == "release.delivered"]
    assert {"access.request", "access.decision", "release.intent", "release.delivered", "release.returned"} <= set(mine)


def test_retries_change_nothing(site: VaultSite) -> None:
    """Every act may be sent again after a lost answer; a second entry or release would be a second act."""
    site.store(site.cast.seal())
    asked = asked_at(site)
    site.client("officer-procuratorate").ask(asked.data)
    agree_on(site, asked)
    size = site.vault.log.head().size
    found = site.client("approver-procuratorate").request(asked.request)
    site.client("decider-court").act(asked.request, "decision", found["decision"][0].encode())
    site.client("approver-procuratorate").act(asked.request, "approval", found["approval"][0].encode())
    site.agent(Holder.COURT).turn()
    site.agent(Holder.COURT).turn()
    intents = [
        data for data in site.vault.log.entries(0, site.vault.log.head().size)
        if read(data).event == "release.intent" and read(data).prev == asked.request
    ]  # fmt: skip
    assert len(intents) == 1
    beyond = [read(data).event for data in site.vault.log.entries(size, site.vault.log.head().size)]
    assert set(beyond) <= {"heartbeat"}


def test_who_may_call_what(site: VaultSite) -> None:
    """A person of another role or agency, a stranger, a replayed or altered call: each must be refused alike."""
    asked = asked_at(site)
    for person, code in (
        ("officer-court", "not-entitled"),
        ("decider-justice", "not-found"),
        ("decider-police", "not-found"),
    ):
        with pytest.raises(ServiceError) as caught:
            site.client(person).act(asked.request, "decision", b"sealink/v1/decision\n{}\n")
        assert caught.value.code == code
    stranger = Human("officer-court", "court-a", frozenset({Role.OFFICER}))
    known, site.cast.people["officer-court"] = site.cast.people["officer-court"], stranger
    try:
        with pytest.raises(ServiceError) as caught:
            site.client("officer-court").requests()
        assert caught.value.code == "not-admitted"
    finally:
        site.cast.people["officer-court"] = known
    client = site.client("officer-court")
    headers = client._headers("GET", "/v1/rosters", b"")
    client._headers = lambda *_: headers  # type: ignore[method-assign]
    client.rosters()
    for call in (client.rosters, client.locks):
        with pytest.raises(ServiceError) as caught:
            call()
        assert caught.value.code == "not-admitted"


def test_an_officer_sees_own_dossier_only(site: VaultSite) -> None:
    """Another officer, a decider, an agent of the other half: none may fetch what is not theirs."""
    site.store(site.cast.seal())
    asked = asked_at(site)
    agree_on(site, asked)
    with pytest.raises(ServiceError) as caught:
        site.envelope(site.client("officer-court"), asked.request)
    assert caught.value.code == "not-found"
    with pytest.raises(ServiceError) as caught:
        site.client("decider-court").dossier(asked.request, lambda _: None, Holder.COURT)  # type: ignore[arg-type,return-value]
    assert caught.value.code == "not-entitled"
    dossier, _ = dossier_of(site, asked)
    assert dossier.halves.sealed == b""


def test_locked_by_one_opened_by_both(site: VaultSite) -> None:
    """A lock by either agency must stop requests, authorisations and agents until both have agreed to open."""

    def act(person: str, what: str) -> None:
        human = site.cast.people[person]
        lock = Lock(lock=new_request_id(now_ms()), agency=human.agency, person=human.person, act=what, at_ms=now_ms())
        site.client(person).put_lock(lock.sign(human.signer))

    site.store(site.cast.seal())
    asked = asked_at(site)
    agree_on(site, asked)
    act("supervisor-procuratorate", "lock")
    turn = site.agent(Holder.COURT).turn()
    assert turn.released == () and any("locked" in why for _, why in turn.stopped)
    with pytest.raises(ServiceError) as caught:
        asked_at(site)
    assert caught.value.code == "locked"
    act("decider-court", "open")
    assert site.agent(Holder.COURT).turn().released == ()
    act("approver-procuratorate", "open")
    assert asked.request in site.agent(Holder.COURT).turn().released


def test_the_ledger_closes_when_all_have_answered(site: VaultSite) -> None:
    """An agency that never sealed its part must stay visible to the procuratorate."""
    record = site.store(site.cast.seal("court-a"), notify=("police-a", "justice-a"))
    police = site.client("sealer-police")
    keys = [site.cast.people["sealer-court"].signer.verifying_key]
    notice = next(
        found
        for found in (open_object(data, Kind.NOTICE, keys) for data in police.notices())
        if found.payload["record"] == record
    )
    answer = Acknowledgement(
        acknowledgement=new_request_id(now_ms()),
        notice=str(notice.payload["notice"]),
        notice_digest=notice.digest.hex(),
        agency="police-a",
        sealer="sealer-police",
        sealed_parts=2,
        answered_ms=now_ms(),
    )
    police.answer_notice(answer.sign(site.cast.people["sealer-police"].signer))
    seen = {
        one["recipient"]: one for one in site.client("supervisor-procuratorate").ledger() if one["record"] == record
    }
    assert seen["police-a"]["answered_ms"] and not seen["justice-a"]["answered_ms"]
    assert all(
        one["agency"] == "justice-a" or one["recipient"] == "justice-a"
        for one in site.client("sealer-justice").ledger()
    )


def test_view_is_the_rules_choice(site: VaultSite) -> None:
    """A decider who signs a wider view than the basis gives must be stopped by every agent."""
    cast = site.cast
    sealed = cast.seal()
    site.store(sealed)
    asked = asked_at(site)
    rosters = cast.rosters()

    class Lying(PaperLaw):
        """The decider's own program lies about the rules."""

        def gives(self, *_: object) -> Given:
            return Given(View.COURT_FULL, 3600, 30 * DAY)

    decision = decide(cast.signer("decider-court"), asked.data, sealed.index, rosters, Lying(), now_ms())
    site.client("decider-court").act(asked.request, "decision", decision)
    said = approve(cast.signer("approver-procuratorate"), asked.data, decision, rosters, now_ms())
    site.client("approver-procuratorate").act(asked.request, "approval", said)
    for holder in Holder:
        turn = site.agent(holder).turn()
        assert asked.request not in turn.released
        assert any(request == asked.request and "rules" in why for request, why in turn.stopped)


def test_canaries(site: VaultSite, tmp_path: Path) -> None:
    """No name, case number, plaintext or half may reach the vault's disk: database, envelopes, log."""
    cast = site.cast
    site.store(cast.seal(plain=b"CANARY-PLAIN" * 400))
    asked = cast.ask()
    site.client("officer-procuratorate").ask(asked.data)
    needles = [b"CANARY-PLAIN", "某某".encode(), b"case 2", b"case 1", asked.opening_key.seed]
    needles += [key.seed for key in cast.agent_keys.values()]
    for path in (site.folder / "vault").rglob("*"):
        if path.is_file() and path.name not in ("key", "pq-key"):
            data = path.read_bytes()
            assert not any(needle in data for needle in needles), path.name
