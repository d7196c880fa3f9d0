"""A served vault under attack: what an insider, a rogue agency, a lying vault or a stranger once could do."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from vault_cast import Cast, Human
from vault_site import VaultSite, now_ms, vault_site

from api.client.calls import ServiceError
from api.vault import desk_work
from api.vault.client import publish_roster
from api.vault.desk_folder import DESK, OWN, DeskFolder
from api.vault.desk_work import Desk
from audit.crypto.keystore import KeyKind, Keystore, StoredKey
from audit.request_id import new_request_id
from vault.asking import Asked
from vault.checks import check_request
from vault.errors import MalformedFormError
from vault.locking import read_lock
from vault.requests import Lock
from vault.rosters import Rosters
from vault.vocabulary import Holder


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

    def index(self) -> list[bytes]:
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
    agent.client.locks = list  # type: ignore[method-assign,assignment]
    rosters = agent.rosters.known()
    assert any(one.act == "lock" for one in _read(agent._locks(rosters), rosters))
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
