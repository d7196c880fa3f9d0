"""What one person or agency can make the log and the vault hold in a day; what protects is never refused."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from test_vault_service import asked_at
from vault_cast import Human
from vault_site import VaultSite, now_ms, vault_site

from api.client.calls import ServiceError
from api.vault.client import publish_roster
from audit.crypto.signatures import SigningKey
from audit.entry import read
from audit.request_id import new_request_id
from vault.flows import ask, take_lock, take_roster
from vault.requests import Lock
from vault.rosters import Person
from vault.store import lock_rows
from vault.vocabulary import Role


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultSite]:
    with vault_site(tmp_path_factory.mktemp("vault")) as made:
        yield made


def refused(code: str, call: Any, *parts: Any) -> None:
    with pytest.raises(ServiceError) as caught:
        call(*parts)
    assert caught.value.code == code


def events(site: VaultSite, name: str) -> int:
    entries = site.vault.log.entries(0, site.vault.log.head().size)
    return [read(data).event for data in entries].count(name)


def test_an_alert_is_told_once_a_day(site: VaultSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks in bulk would fill the log with alerts about it, and bury what else it says."""
    monkeypatch.setattr(ask, "MOST_A_DAY", 1)
    asked_at(site)
    for _ in range(3):
        refused("quota-spent", asked_at, site)
    assert events(site, "alert") == 1
    tomorrow = dataclasses.replace(site.vault, now_ms=lambda: now_ms() + 24 * 3600 * 1000)
    assert tomorrow.may_alert("procuratorate-a", "officer-procuratorate")
    assert site.vault.may_alert("procuratorate-a", "another")


def test_locks_are_few_and_one_that_stops_something_is_never_refused(
    site: VaultSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One person would fill the list that every agent verifies at each turn; or a limit keep an agency from locking."""
    monkeypatch.setattr(take_lock, "MOST_A_DAY", 3)

    def act(person: str, what: str) -> None:
        human = site.cast.people[person]
        lock = Lock(lock=new_request_id(now_ms()), agency=human.agency, person=human.person, act=what, at_ms=now_ms())
        site.client(person).put_lock(lock.sign(human.signer))

    for _ in range(3):
        act("supervisor-court", "lock")
    refused("quota-spent", act, "supervisor-court", "lock")  # it stops nothing more
    refused("quota-spent", act, "decider-court", "open")
    with site.vault.database.reading() as connection:
        kept = [Lock.parse(_payload(data)) for data in lock_rows.every(connection)]
    assert [one.act for one in kept] == ["lock"] * 3
    monkeypatch.setattr(take_lock, "MOST_A_DAY", 4)
    act("decider-court", "open")
    act("supervisor-procuratorate", "open")
    refused("quota-spent", act, "decider-court", "open")
    act("supervisor-court", "lock")  # spent, and yet: now it stops something
    with site.vault.database.reading() as connection:
        assert site.vault.is_locked(connection, site.vault.rosters(connection))


def _payload(data: bytes) -> Any:
    from audit.canonical import loads

    return loads(data.split(b"\n")[1])


def test_rosters_are_few_and_a_revocation_is_never_refused(site: VaultSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agency would fill the log with versions; or a stolen key stay good until tomorrow."""
    monkeypatch.setattr(take_roster, "MOST_A_DAY", 2)
    cast, key = site.cast, site.cast.roster_keys["police-a"]

    def publish() -> None:
        publish_roster(site.base, cast.roster("police-a").sign(key))

    publish()
    refused("quota-spent", publish)
    cast.people["officer-police"].revoked_ms = now_ms()
    publish()
    cast.people["decider-police"].revoked_ms = now_ms()
    cast.people["new-police"] = Human("new-police", "police-a", frozenset({Role.OFFICER}))
    refused("quota-spent", publish)  # a revocation carries nothing else past the limit
    del cast.people["new-police"]
    publish()
    refused("not-admitted", site.client("decider-police").rosters)


def test_a_large_agency_publishes_its_roster(site: VaultSite) -> None:
    """An agency of more than some 120 people could not take part; or a stranger make the vault hold megabytes."""
    cast = site.cast
    human = cast.people["officer-police"].on_roster(now_ms())
    many = [_somebody(human, number) for number in range(250)]
    roster = cast.roster("police-a")
    data = dataclasses.replace(roster, people=(*roster.people, *many)).sign(cast.roster_keys["police-a"])
    assert 512 * 1024 < len(data) < 4 * 1024 * 1024
    refused("too-large", publish_roster, site.base, data)
    stranger = site.client("officer-police")
    stranger._identity = dataclasses.replace(stranger._identity, signer=SigningKey.generate())
    refused("not-admitted", stranger.put_roster, data)
    refused("too-large", site.client("officer-police").put_roster, data + b" " * (4 * 1024 * 1024))
    site.client("officer-police").put_roster(data)
    with site.vault.database.reading() as connection:
        (found,) = [one for one in site.vault.rosters(connection).known() if one.agency == "police-a"]
    assert len(found.people) == len(roster.people) + 250
    assert data in site.client("officer-police").rosters()


_SIGNERS = [SigningKey.generate().verifying_key for _ in range(250)]


def _somebody(like: Person, number: int) -> Person:
    name = f"officer-police-{number}-{secrets.token_hex(2)}"
    return dataclasses.replace(like, person=name, device=f"device-{number}", verify=_SIGNERS[number])
