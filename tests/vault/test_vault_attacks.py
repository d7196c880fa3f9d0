"""A served vault under attack: what an insider, a rogue agency, a lying vault or a stranger once could do."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from change_papers import agreement, proposal
from sqlalchemy import update
from vault_cast import DAY, Cast, Human, Sealed
from vault_site import VaultSite, now_ms, vault_site

from api.client.calls import ServiceError
from api.vault import change_work, desk_work
from api.vault.agent_program import decided_view
from api.vault.client import Waiting, Work, publish_roster
from api.vault.desk_folder import DESK, OWN, DeskFolder
from api.vault.desk_work import Desk
from api.vault.roster_keeper import Card, make_keeper
from api.vault.rosters_kept import KeptRosters
from audit.crypto.errors import KeyFormError
from audit.crypto.hpke import OpeningKey, SealingKey
from audit.crypto.keystore import KeyKind, Keystore, StoredKey
from audit.crypto.signatures import SigningKey
from audit.refusals import LogUnavailableError
from audit.refusals import Why as LogWhy
from audit.request_id import new_request_id
from vault.asking import Asked
from vault.changing import Proposal
from vault.checks import check_request, sealers_of
from vault.deciding import approve, decide, refuse
from vault.errors import MalformedFormError, RosterError
from vault.flows.take_envelope import MOST_UNFINISHED
from vault.forms import open_form
from vault.locking import read_lock
from vault.models import REQUEST, ROSTER
from vault.receiving import deliver, give_back, open_release
from vault.requests import Approval, Lock, Refusal
from vault.rosters import Rosters, open_roster
from vault.rotation import Rotation
from vault.store import roster_rows
from vault.store.pages import insert_row
from vault.vocabulary import Holder, Role, View


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultSite]:
    with vault_site(tmp_path_factory.mktemp("vault")) as made:
        yield made


def _asked(site: VaultSite, to: str = "court-a") -> Asked:
    site.cast.now_ms = now_ms()
    asked = site.cast.ask(to=to)
    site.client("officer-procuratorate").ask(asked.data)
    return asked


def _refused(code: str, call: Any, *parts: Any) -> None:
    with pytest.raises(ServiceError) as caught:
        call(*parts)
    assert caught.value.code == code


# --- the desk ------------------------------------------------------------------------------------------------------


class LyingClient:
    """A vault's answers as a malicious one would choose them."""

    def __init__(self, rosters: list[bytes], requests: list[bytes]) -> None:
        self._rosters, self.requests, self.acts = rosters, requests, 0

    def rosters(self) -> list[bytes]:
        return self._rosters

    def request(self, request: str) -> dict[str, Any]:
        data = self.requests.pop(0) if len(self.requests) > 1 else self.requests[0]
        return {"signed": data.decode(), "decision": [], "state": "asked"}

    def index(self) -> list[tuple[str, bytes]]:
        return []

    def act(self, *_: object) -> None:
        self.acts += 1


def _desk(cast: Cast, folder: Path, person: str, client: LyingClient) -> Desk:
    human = cast.people[person]
    keys = (
        StoredKey(KeyKind.SIGNING, OWN, human.signer.seed, human.signer.suite),
        StoredKey(KeyKind.HPKE, DESK, cast.desks[human.agency].seed, human.signer.suite),
    )
    (folder / "pins.toml").write_bytes(cast.pins_text())
    desk = DeskFolder(folder, person, human.agency, "device", "http://127.0.0.1:9", Keystore(person, keys))
    return Desk(desk, client, lambda: cast.now_ms)  # type: ignore[arg-type]


def _lying(cast: Cast, *requests: bytes) -> LyingClient:
    rosters = [cast.roster(agency).sign(key) for agency, key in cast.roster_keys.items()]
    return LyingClient(rosters, [*requests])


def test_a_desk_signs_what_it_showed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vault that shows one request and then has another signed would get any request allowed (contracts 4, desk)."""
    cast = Cast()
    innocent, other = cast.ask(), cast.ask()
    sealed = cast.seal()
    monkeypatch.setattr(desk_work, "LAW", cast.law)
    client = _lying(cast, innocent.data, other.data)
    desk = _desk(cast, tmp_path, "decider-court", client)
    shown = desk_work.show(desk, innocent.request)
    signed: list[bytes] = []
    client.act = lambda *parts: signed.append(parts[2])  # type: ignore[method-assign,assignment,index]
    proven = cast.sealed_entry(sealed, cast.now_ms - DAY), {view: sealed.cover(view) for view in View}
    client.sealing = lambda *_: proven  # type: ignore[attr-defined]
    desk_work.decide_on(desk, shown, sealed.index)
    consent_to, _ = check_request(innocent.data, cast.rosters(), cast.now_ms)
    assert consent_to.hex.encode() in signed[0]


def test_a_desk_shows_what_was_asked_for(tmp_path: Path) -> None:
    """Another request than the one that a person named must not even be shown."""
    cast = Cast()
    desk = _desk(cast, tmp_path, "decider-court", _lying(cast, cast.ask().data))
    with pytest.raises(MalformedFormError):
        desk_work.show(desk, cast.ask().request)


def test_what_was_read_is_what_is_signed_later(tmp_path: Path) -> None:
    """Two requests of a rogue officer under one id: the vault shows one and hands the other to the next command."""
    cast = Cast()
    first = cast.ask()
    request, _ = check_request(first.data, cast.rosters(), cast.now_ms)
    second = dataclasses.replace(request.form, purpose="another").sign(cast.people["officer-procuratorate"].signer)
    client = _lying(cast, first.data)
    desk = _desk(cast, tmp_path, "decider-court", client)
    with pytest.raises(MalformedFormError):
        desk_work.read_before(desk, first.request)
    desk_work.read(desk, first.request)
    assert desk_work.read_before(desk, first.request).data == first.data
    client.requests = [second]
    with pytest.raises(MalformedFormError):
        desk_work.read_before(desk, first.request)


# --- a rogue agency --------------------------------------------------------------------------------------------------


def test_a_key_on_a_strange_roster_stays_its_owners(site: VaultSite) -> None:
    """An agency that lists others' public keys as its own people must not silence them: calls, requests, locks."""
    cast = site.cast
    victims = [cast.people[name].signer.verifying_key for name in ("officer-procuratorate", "decider-court")]
    someone = cast.people["officer-justice"].on_roster(now_ms())
    copied = [dataclasses.replace(someone, person=f"copy-{n}", verify=key) for n, key in enumerate(victims)]
    agent = dataclasses.replace(copied[0], person="copy-agent", verify=cast.agent_signers[Holder.COURT].verifying_key)
    roster = cast.roster("justice-a")
    rogue = dataclasses.replace(roster, people=(*roster.people, *copied, agent))
    publish_roster(site.base, rogue.sign(cast.roster_keys["justice-a"]))
    try:
        asked = _asked(site)
        assert site.agent(Holder.COURT).client.requests()
        rosters = Rosters(cast.pins(), [*(cast.roster(one) for one in cast.roster_keys if one != "justice-a"), rogue])
        check_request(asked.data, rosters, now_ms())
    finally:
        publish_roster(site.base, cast.roster("justice-a").sign(cast.roster_keys["justice-a"]))


def test_a_new_roster_key_counts_at_once(site: VaultSite) -> None:
    """What an earlier key of the agency signed has the same number: the service would go on with the old list."""
    cast, agency = site.cast, "justice-a"
    roster = cast.roster(agency)
    with site.vault.database.writing() as connection:
        roster_rows.drop(connection, agency)
        old = roster.sign(SigningKey.generate())
        insert_row(connection, ROSTER, agency=agency, version=roster.version, data=old, at_ms=0)
    with site.vault.database.reading() as connection:
        assert agency not in {one.agency for one in site.vault.rosters(connection).known()}
    publish_roster(site.base, roster.sign(cast.roster_keys[agency]))
    with site.vault.database.reading() as connection:
        assert agency in {one.agency for one in site.vault.rosters(connection).known()}


# --- locks -----------------------------------------------------------------------------------------------------------


def _lock(site: VaultSite, person: str, act: str, at_ms: int | None = None) -> bytes:
    human = site.cast.people[person]
    at = at_ms or now_ms()
    return Lock(lock=new_request_id(at), agency=human.agency, person=person, act=act, at_ms=at).sign(human.signer)


def _put(site: VaultSite, person: str, act: str, at_ms: int | None = None) -> None:
    site.client(person).put_lock(_lock(site, person, act, at_ms))


def _open_again(site: VaultSite) -> None:
    _put(site, "decider-court", "open")
    _put(site, "approver-procuratorate", "open")


def test_a_locker_with_a_new_key_locks_nobody_out(site: VaultSite) -> None:
    """A lock whose signer has a new key since must still lock, and both holders must still be able to open."""
    _put(site, "supervisor-police", "lock")
    cast = site.cast
    known = cast.people["supervisor-police"]
    cast.people["supervisor-police"] = Human(known.person, known.agency, known.roles)
    publish_roster(site.base, cast.roster("police-a").sign(cast.roster_keys["police-a"]))
    _refused("locked", _asked, site)
    _open_again(site)
    _asked(site)


def test_a_lock_from_a_slow_clock_is_no_silent_nothing(site: VaultSite) -> None:
    """A lock that is older than the last opening would be taken and stop nothing; its signer must be told."""
    _put(site, "supervisor-court", "lock")
    _open_again(site)
    _refused("malformed", _put, site, "supervisor-court", "lock", now_ms() - 30_000)
    _put(site, "supervisor-court", "lock")
    _refused("locked", _asked, site)
    _open_again(site)


def test_a_vault_cannot_take_a_lock_back(site: VaultSite) -> None:
    """An agent that saw a lock once must hold to it when the vault leaves it out of its list."""
    _put(site, "supervisor-court", "lock")
    agent = site.agent(Holder.PROCURATORATE)
    agent.turn()
    rosters = agent.rosters.known()
    assert any(one.act == "lock" for one in _read(agent._locks([], rosters), rosters))
    _open_again(site)


def _read(locks: list[bytes], rosters: Rosters) -> list[Lock]:
    return [read_lock(data, rosters, now_ms()) for data in locks]


# --- strangers -------------------------------------------------------------------------------------------------------


def test_a_stranger_gets_no_stack_trace(site: VaultSite) -> None:
    """Letters beyond ASCII in the signed call must be refused as everything else is."""
    host, port = site.base.removeprefix("http://").split(":")
    head = "GET /v1/index HTTP/1.1\r\nHost: x\r\nConnection: close\r\nSealink-Call: é\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(head.encode())
        answer = b"".join(iter(lambda: line.recv(4096), b""))
    assert b"/problems/not-admitted" in answer


def test_a_stranger_fills_no_memory(site: VaultSite) -> None:
    """A part of 64 MiB from nobody must be refused before it is read; once its answer waited for the body."""
    host, port = site.base.removeprefix("http://").split(":")
    head = f"PUT /v1/uploads/{new_request_id(now_ms())}/0 HTTP/1.1\r\nHost: x\r\nContent-Length: 60000000\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(head.encode())
        answer = line.recv(64 * 1024)
    assert b" 401 " in answer.split(b"\r\n")[0]


# --- insiders --------------------------------------------------------------------------------------------------------


def _decided(site: VaultSite, to: str = "court-a") -> tuple[Asked, bytes, Sealed]:
    sealed = site.cast.seal(to)
    site.store(sealed)
    asked = _asked(site, to)
    decider = f"decider-{to.split('-')[0]}"
    decision = decide(site.cast.signer(decider), asked.data, sealed.index, site.cast.rosters(), site.cast.law, now_ms())
    site.client(decider).act(asked.request, "decision", decision)
    return asked, decision, sealed


def _approved(site: VaultSite, asked: Asked, decision: bytes) -> bytes:
    return approve(site.cast.signer("approver-procuratorate"), asked.data, decision, site.cast.rosters(), now_ms())


def test_an_approval_that_agents_refuse_is_never_kept(site: VaultSite) -> None:
    """One bad approval (in another's hand, of the future) would take the agency's only place and end the request."""
    asked, decision, _ = _decided(site)
    cast, client = site.cast, site.client("approver-procuratorate")
    good, approver = _approved(site, asked, decision), cast.people["approver-procuratorate"].signer
    form = open_form(Approval, good, [approver.verifying_key]).form
    late = dataclasses.replace(form, approved_ms=now_ms() + 3_600_000)
    for bad in (form.sign(cast.people["officer-procuratorate"].signer), late.sign(approver)):
        _refused("check-failed", client.act, asked.request, "approval", bad)
    client.act(asked.request, "approval", good)
    assert client.request(asked.request)["state"] == "authorised"


def test_a_release_that_waited_for_a_witness_goes_on(site: VaultSite) -> None:
    """A witness down at the last approval must cost time and not the request, though a desk signs anew each time."""
    asked, decision, _ = _decided(site)
    client = site.client("approver-procuratorate")

    def silent() -> None:
        raise LogUnavailableError(LogWhy.WITNESS_GAP)

    known = site.vault.public.require_witnesses
    site.vault.public.require_witnesses = silent  # type: ignore[method-assign]
    try:
        _refused("log-unavailable", client.act, asked.request, "approval", _approved(site, asked, decision))
    finally:
        site.vault.public.require_witnesses = known  # type: ignore[method-assign]
    _refused("exists", client.act, asked.request, "approval", _approved(site, asked, decision))
    assert client.request(asked.request)["state"] == "authorised"


def test_no_act_in_anothers_hand(site: VaultSite) -> None:
    """What a caller hands in must bear the caller's own signature: a refusal, a sealing."""
    asked, _, sealed = _decided(site)
    cast = site.cast
    refusal = refuse(cast.signer("decider-court"), asked.data, "no-basis", "no", cast.rosters(), now_ms())
    form = open_form(Refusal, refusal, [cast.people["decider-court"].signer.verifying_key]).form
    forged = form.sign(cast.people["officer-court"].signer)
    _refused("malformed", site.client("decider-court").act, asked.request, "refusal", forged)
    other = Human("sealer-court-2", "court-a", frozenset({Role.SEALER}))
    cast.people["sealer-court-2"] = other
    publish_roster(site.base, cast.roster("court-a").sign(cast.roster_keys["court-a"]))
    sealing = site.sealing(sealed).sign(other.signer)
    _refused("malformed", site.client("sealer-court").seal, sealing, [])


def test_nobody_seals_a_version_of_anothers_record(site: VaultSite) -> None:
    """A sealer of another agency who takes a record's next version would keep its owner from ever sealing it anew."""
    record = site.store(site.cast.seal("court-a"))
    sealed = site.cast.seal("police-a", record=record)
    form = dataclasses.replace(site.sealing(sealed), version=2)
    _refused("exists", site.client("sealer-police").seal, form.sign(sealed.sealer.signer), [])


def test_uploads_of_an_agency_are_few(site: VaultSite) -> None:
    """A rogue sealer who begins uploads without end would fill the disk and stop everybody's releases."""
    client = site.client("sealer-justice")

    def begin() -> None:
        client._raw("PUT", f"/v1/uploads/{new_request_id(now_ms())}/0", b"x", "application/octet-stream")

    for _ in range(MOST_UNFINISHED):
        begin()
    _refused("quota-spent", begin)


def test_a_new_roster_between_request_and_delivery(site: VaultSite) -> None:
    """An agency that publishes a roster while a release is under way must not keep its officer from signing for it."""
    asked, decision, _ = _decided(site)
    cast, officer = site.cast, site.client("officer-procuratorate")
    site.client("approver-procuratorate").act(asked.request, "approval", _approved(site, asked, decision))
    for holder in Holder:
        site.agent(holder).turn()
    newer = dataclasses.replace(cast.roster("procuratorate-a"), issued_ms=now_ms())
    publish_roster(site.base, newer.sign(cast.roster_keys["procuratorate-a"]))
    with site.vault.database.writing() as connection:  # as if the request were older than the roster
        connection.execute(update(REQUEST).where(REQUEST.c.id == asked.request).values(asked_ms=now_ms() - 3_600_000))
    dossier, releases = officer.dossier(asked.request, lambda data: decided_view(data, cast.rosters()), Holder.COURT)
    opened = open_release(asked, dossier, releases, site.envelope(officer, asked.request), cast.rosters(), now_ms())
    me = cast.officer("officer-procuratorate")
    officer.act(asked.request, "delivery", deliver(me, opened, now_ms()))
    officer.act(asked.request, "return", give_back(me, asked.request, "filed", True, now_ms()))
    site.publish()


def test_an_officer_sees_own_requests_alone(site: VaultSite) -> None:
    """That somebody asked is itself sensitive: officers and sealers must not see what their colleagues ask."""
    cast = site.cast
    cast.people["officer-2"] = Human("officer-2", "procuratorate-a", frozenset({Role.OFFICER}))
    site.publish()
    asked = _asked(site)
    assert asked.request in {one["request"] for one in site.client("officer-procuratorate").requests()}
    assert asked.request in {one["request"] for one in site.client("approver-procuratorate").requests()}
    for person in ("officer-2", "sealer-court", "officer-court"):
        assert site.client(person).requests() == []
        _refused("not-found", site.client(person).request, asked.request)


def test_a_revoked_sealers_key_brings_in_nothing(site: VaultSite) -> None:
    """What a thief of a revoked key sealed must not enter under another sealer's form, though old records open."""
    cast = site.cast
    thief = Human("sealer-gone", "court-a", frozenset({Role.SEALER}), revoked_ms=now_ms() - 1000)
    cast.people["sealer-gone"] = thief
    site.publish()
    own, cast.people["sealer-court"] = cast.people["sealer-court"], thief
    sealed = cast.seal()
    cast.people["sealer-court"] = own
    mixed = dataclasses.replace(sealed, sealer=own)
    _refused("malformed", site.store, mixed)


def test_a_broken_dossier_stops_one_request_alone(site: VaultSite) -> None:
    """An answer that is no dossier must be told as such; an agent that falls over it releases nothing for anybody."""
    asked, decision, _ = _decided(site)
    site.client("approver-procuratorate").act(asked.request, "approval", _approved(site, asked, decision))
    agent = site.agent(Holder.COURT)
    known = agent.client.work
    for answer in ({}, {"decision": 1}, {"decision": "", "halves": {"key": "", "sealed": "?"}}):
        broken = [Waiting(asked.request, answer, None)]
        agent.client.work = lambda *_, broken=broken: Work(None, [], broken, None)  # type: ignore[method-assign,misc]
        assert asked.request in {request for request, _ in agent.turn().stopped}
    agent.client.work = known  # type: ignore[method-assign]
    assert asked.request in agent.turn().released


# --- changes of a record's state -------------------------------------------------------------------------------------


def _agreement(cast: Cast, signed: bytes, approver: str) -> bytes:
    return agreement(cast, signed, approver, now_ms())[1]


def _proposed(site: VaultSite, change: str, short: str = "court") -> tuple[Proposal, bytes]:
    site.cast.now_ms = now_ms()
    form = proposal(site.cast, site.store(site.cast.seal(f"{short}-a")), change, short)
    signed = form.sign(site.cast.people[form.decider].signer)
    site.client(form.decider).propose(signed)
    return form, signed


def test_an_agreement_given_under_a_lock_goes_on_afterwards(site: VaultSite) -> None:
    """The agency's only agreement is kept when a lock stops the change; signed anew later, it must not be refused."""
    cast, client = site.cast, site.client("approver-procuratorate")
    form, signed = _proposed(site, "unsealed")
    _put(site, "supervisor-court", "lock")
    _refused("locked", client.agree, form.proposal, _agreement(cast, signed, "approver-procuratorate"))
    _open_again(site)
    assert client.agree(form.proposal, _agreement(cast, signed, "approver-procuratorate"))


def test_an_agreement_of_a_revoked_key_counts_for_nothing(site: VaultSite) -> None:
    """A key that is revoked between two agreements must count at the change, as it does at a release."""
    cast = site.cast
    form, signed = _proposed(site, "shredded", "police")
    site.client("approver-court").agree(form.proposal, _agreement(cast, signed, "approver-court"))
    cast.people["approver-court"].revoked_ms = now_ms() - 1
    site.publish()
    try:
        agreed = _agreement(cast, signed, "approver-procuratorate")
        _refused("malformed", site.client("approver-procuratorate").agree, form.proposal, agreed)
    finally:
        cast.people["approver-court"].revoked_ms = None
        site.publish()


def test_a_change_follows_the_state_that_there_is(site: VaultSite) -> None:
    """An old proposal that was overtaken must not be carried out a second time."""
    cast, client = site.cast, site.client("approver-procuratorate")
    form, signed = _proposed(site, "unsealed")
    again = dataclasses.replace(form, proposal=new_request_id(now_ms()))
    twice = again.sign(cast.people["decider-court"].signer)
    site.client("decider-court").propose(twice)
    assert client.agree(form.proposal, _agreement(cast, signed, "approver-procuratorate"))
    _refused("wrong-state", client.agree, again.proposal, _agreement(cast, twice, "approver-procuratorate"))


def test_a_desk_agrees_to_what_it_listed(tmp_path: Path) -> None:
    """Two proposals under one id: a vault that lists an unsealing must not get a shredding agreed to."""
    cast = Cast()
    shown = proposal(cast, new_request_id(0), "unsealed")
    meant = dataclasses.replace(shown, change="shredded")
    decider = cast.people["decider-court"].signer
    client = _lying(cast, b"")
    sent = [b"not even a form", shown.sign(decider)]
    client.proposals = lambda: sent  # type: ignore[attr-defined]
    client.agree = lambda *_: True  # type: ignore[attr-defined]
    desk = _desk(cast, tmp_path, "approver-procuratorate", client)
    (listed,) = change_work.read_proposals(desk)
    assert change_work.agree(desk, listed.proposal)
    sent[1] = meant.sign(decider)
    with pytest.raises(MalformedFormError, match="not what was read"):
        change_work.agree(desk, change_work.proposed(desk)[0].proposal)


# --- keys ------------------------------------------------------------------------------------------------------------


def test_a_key_to_which_nothing_can_be_sealed_is_no_key() -> None:
    """An officer's key of small order would stop an agent at every turn, and with it everybody's releases."""
    good = OpeningKey.generate().sealing_key
    with pytest.raises(KeyFormError):
        SealingKey(good.public[:-32] + bytes(32))


def test_an_agents_key_that_is_none_is_refused_with_the_roster() -> None:
    """It would otherwise be found when another agency seals to it, as an error that nobody foresaw."""
    cast = Cast()
    roster = cast.roster("court-a")
    assert roster.agent
    bad = dataclasses.replace(roster, agent=dataclasses.replace(roster.agent, seal="sealink-seal:intl:AAAA"))
    with pytest.raises(RosterError):
        open_roster(bad.sign(cast.roster_keys["court-a"]), cast.pins())


@pytest.mark.parametrize("part", ["9" * 5000, "-1", "١", str(2**63)])
def test_rotated_halves_name_what_can_be(part: str) -> None:
    """Numbers beyond a database's, or in other letters, must be no form instead of an error that nobody foresaw."""
    line = f"{new_request_id(0)}:{part}:court_full:court-a:1:intl:AAAA"
    key = "0" * 32
    with pytest.raises(MalformedFormError):
        Rotation(agency="court-a", holder="court", old_key=key, new_key=key, halves=(line,), rotated_ms=0)


def test_a_replaced_roster_key_neither_speaks_nor_stands_in_the_way(tmp_path: Path) -> None:
    """After an agency's roster key was replaced in the pins, what the old one signed must count as never seen."""
    cast = Cast()
    old = {agency: cast.roster(agency).sign(key) for agency, key in cast.roster_keys.items()}
    KeptRosters(tmp_path / "rosters", cast.pins()).fetched(old.values(), cast.now_ms)
    cast.roster_keys["police-a"] = SigningKey.generate()
    kept = KeptRosters(tmp_path / "rosters", cast.pins())
    assert "police-a" not in {roster.agency for roster in kept.fetched(old.values(), cast.now_ms).known()}
    new = dataclasses.replace(cast.roster("police-a"), version=1).sign(cast.roster_keys["police-a"])
    assert "police-a" in {roster.agency for roster in kept.fetched([new], cast.now_ms).known()}


def test_a_served_vault_takes_a_new_roster_key(tmp_path: Path) -> None:
    """A thief of a roster key may have signed the largest version there is: the new key's rosters must still count."""
    with vault_site(tmp_path) as site:
        cast = site.cast
        last = dataclasses.replace(cast.roster("police-a"), version=2**53 - 1)
        publish_roster(site.base, last.sign(cast.roster_keys["police-a"]))
        cast.roster_keys["police-a"] = SigningKey.generate()
        object.__setattr__(site.vault, "pins", cast.pins())
        assert len(site.client("officer-court").rosters()) == len(cast.roster_keys)
        publish_roster(site.base, cast.roster("police-a").sign(cast.roster_keys["police-a"]))
        assert site.client("officer-police").requests() == []


def test_what_a_replaced_key_sealed_still_opens(tmp_path: Path) -> None:
    """A sealer who lost a device and got a new key must not take every record with it that the old key sealed."""
    keeper = make_keeper(tmp_path, "court-a", b"passphrase of a test")
    old, new = (Human("clerk", "court-a", frozenset({Role.SEALER})) for _ in range(2))
    for human, at in ((old, 1_000_000), (new, 2_000_000)):
        card = Card("clerk", "device", human.signer.verifying_key, human.opener.sealing_key)
        keeper.add(card, human.roles, at)
    roster = keeper.roster()
    assert roster
    assert {key.id for key in sealers_of(roster)} == {old.signer.id, new.signer.id}
    before = roster.by_key(old.signer.id)
    assert before and not before.may(Role.SEALER, 2_000_000)
    keeper.revoke("clerk", 3_000_000)
    revoked = keeper.roster()
    assert revoked and [one.revoked_ms for one in revoked.people] == [2_000_000, 3_000_000]
