"""Rosters: each agency's own signed list of its people, their roles, devices and keys, and of its agent and desk.

A program pins the agencies' roster keys at installation and believes no other source about a person's key, least of all
the vault's database. A roster is replaced by a later version only and expires by itself, so a vault that withholds
the newest one gains little time. Who may do what with a key is asked here; which acts a request needs is `agent`'s.

May touch: nothing
Sees:      public keys, pseudonyms
Spec:      contracts section 4
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from audit.canonical import JsonValue
from audit.crypto.errors import CryptoError
from audit.crypto.hpke import SealingKey
from audit.crypto.signatures import SigningKey, VerifyingKey
from audit.crypto.signed_object import Kind, claimed_signers, open_object, sign_object
from audit.shapes import is_code, is_count
from vault.errors import RosterError
from vault.keys.opener import parse_sealer
from vault.pins import Pins
from vault.vocabulary import Role

LONGEST_LIFE_MS: Final = 31 * 24 * 3600 * 1000
"""A roster is valid for a month at most: revocations reach everybody by then, even past a vault that withholds them."""

_FIELDS = {"agency", "version", "issued_ms", "not_after_ms", "agent", "desk", "people"}
_PERSON = {"person", "roles", "device", "verify", "seal", "from_ms", "until_ms", "revoked_ms"}
_AGENT = {"verify", "seal", "epoch"}


@dataclass(frozen=True, slots=True)
class Person:
    """A pseudonym with roles, a device and its keys, valid from … until, perhaps revoked since."""

    person: str
    roles: frozenset[Role]
    device: str
    verify: VerifyingKey
    seal: SealingKey
    from_ms: int
    until_ms: int
    revoked_ms: int | None = None

    def may(self, role: Role, at_ms: int) -> bool:
        """Whether this person held the role at that time."""
        lives = self.from_ms <= at_ms < self.until_ms
        return lives and role in self.roles and (self.revoked_ms is None or at_ms < self.revoked_ms)

    def to_json(self) -> dict[str, JsonValue]:
        """As a roster states it."""
        return {
            "person": self.person,
            "roles": [*sorted(role.value for role in self.roles)],
            "device": self.device,
            "verify": self.verify.to_text(),
            "seal": self.seal.to_text(),
            "from_ms": self.from_ms,
            "until_ms": self.until_ms,
            "revoked_ms": self.revoked_ms,
        }


@dataclass(frozen=True, slots=True)
class AgentKeys:
    """An agency's release agent: the key it signs releases with, the key halves are sealed to, and its epoch."""

    verify: VerifyingKey
    seal: str
    """Text of the sealing key: its form depends on the agent's profile (keystore or token)."""
    epoch: int

    @property
    def key_id(self) -> str:
        """Id of the key that halves are sealed to."""
        return parse_sealer(self.seal).id

    def to_json(self) -> dict[str, JsonValue]:
        """As a roster states it."""
        return {"verify": self.verify.to_text(), "seal": self.seal, "epoch": self.epoch}


@dataclass(frozen=True, slots=True)
class Roster:
    """One version of an agency's roster."""

    agency: str
    version: int
    issued_ms: int
    not_after_ms: int
    desk: SealingKey
    """What is meant for the agency as a whole (index entries, a request's subject) is sealed to it."""
    people: tuple[Person, ...]
    agent: AgentKeys | None = None

    def __post_init__(self) -> None:
        if not self.issued_ms < self.not_after_ms <= self.issued_ms + LONGEST_LIFE_MS:
            raise RosterError("roster: valid for more than a month, or for no time")
        keys = [person.verify.id for person in self.people]
        standing = [person.person for person in self.people if person.revoked_ms is None]
        if len(set(keys)) != len(keys) or len(set(standing)) != len(standing):
            raise RosterError("roster: a key stands twice, or a person with two keys that are not revoked")

    def to_payload(self) -> dict[str, JsonValue]:
        """The JSON that is signed."""
        return {
            "agency": self.agency,
            "version": self.version,
            "issued_ms": self.issued_ms,
            "not_after_ms": self.not_after_ms,
            "agent": self.agent.to_json() if self.agent else None,
            "desk": self.desk.to_text(),
            "people": [person.to_json() for person in self.people],
        }

    def sign(self, key: SigningKey) -> bytes:
        """The roster as a signed object."""
        return sign_object(Kind.ROSTER, self.to_payload(), key)

    def by_key(self, key_id: str) -> Person | None:
        """The person whose verifying key has that id."""
        return next((person for person in self.people if person.verify.id == key_id), None)


def open_roster(data: bytes, pins: Pins) -> Roster:
    """Verify a roster under the pinned key of the agency that it names; RosterError otherwise."""
    for agency in pins.agencies.values():
        try:
            found = open_object(data, Kind.ROSTER, (agency.roster_key,))
        except CryptoError:
            continue
        roster = parse_roster(found.payload)
        if roster.agency != agency.code:
            raise RosterError("roster: signed by another agency than it names")
        if (roster.agent is not None) != (agency.holds is not None):
            raise RosterError("roster: an agent stands where none belongs, or is missing")
        return roster
    raise RosterError("roster: no pinned agency signed it")


def is_by_pinned(data: bytes, pins: Pins) -> bool:
    """Whether a kept roster names a roster key that is pinned still, unverified.

    What an earlier key of an agency signed counts as never seen: it must neither speak nor stand in the way.
    """
    try:
        named = claimed_signers(data, Kind.ROSTER)
    except CryptoError:
        return True  # damaged: `open_roster` says so
    return any(agency.roster_key.id in named for agency in pins.agencies.values())


def read_once(data: bytes, pins: Pins, seen: dict[bytes, Roster | None]) -> Roster | None:
    """The roster, or None when no pinned key is named; verified once for the same bytes, since it holds many keys."""
    name = hashlib.sha256(data).digest()
    if name not in seen:
        seen[name] = open_roster(data, pins) if is_by_pinned(data, pins) else None
    return seen[name]


def digest_of(rosters: Iterable[bytes]) -> str:
    """Names a set of signed rosters, in whatever order: who knows it needs none of them again."""
    return hashlib.sha256(b"".join(sorted(hashlib.sha256(data).digest() for data in rosters))).hexdigest()


def parse_roster(payload: Mapping[str, Any]) -> Roster:
    """Read `to_payload`'s form; RosterError names the rule."""
    if set(payload) != _FIELDS or not isinstance(payload["people"], list) or not is_code(payload["agency"]):
        raise RosterError("roster: not the fields of version 1")
    if not all(is_count(payload[name]) for name in ("version", "issued_ms", "not_after_ms")):
        raise RosterError("roster: version or time is not a whole number")
    try:
        return Roster(
            payload["agency"],
            payload["version"],
            payload["issued_ms"],
            payload["not_after_ms"],
            SealingKey.parse(str(payload["desk"])),
            tuple(_person(item) for item in payload["people"]),
            None if payload["agent"] is None else _agent(payload["agent"]),
        )
    except (CryptoError, ValueError):
        raise RosterError("roster: a key or role is not of its form") from None


class Rosters:
    """The rosters that a program has seen: the newest version of each agency, never an older one again."""

    def __init__(self, pins: Pins, rosters: Iterable[Roster] = ()) -> None:
        self.pins = pins
        self._newest: dict[str, Roster] = {}
        self._holders: dict[str, list[tuple[str, Person | AgentKeys]]] | None = None
        for roster in rosters:
            self.take(roster)

    def take(self, roster: Roster) -> None:
        """Keep a verified roster; RosterError if an equal or newer version with other content was seen."""
        known = self._newest.get(roster.agency)
        if known is not None and (
            roster.version < known.version or (roster.version == known.version) & (roster != known)
        ):
            raise RosterError("roster: older than one that was seen, or another one of the same version")
        self._newest[roster.agency] = roster
        self._holders = None

    def holders_of(self, key_id: str) -> Sequence[tuple[str, Person | AgentKeys]]:
        """(agency, who) of every newest roster, valid or not, on which a verifying key of that id stands."""
        if self._holders is None:
            found: dict[str, list[tuple[str, Person | AgentKeys]]] = defaultdict(list)
            for roster in self.known():
                for one in (*roster.people, *((roster.agent,) if roster.agent else ())):
                    found[one.verify.id].append((roster.agency, one))
            self._holders = dict(found)
        return self._holders.get(key_id, ())

    def of(self, agency: str, now_ms: int) -> Roster:
        """The agency's newest roster, if it is valid now; RosterError otherwise."""
        roster = self._newest.get(agency)
        if roster is None:
            raise RosterError("roster: none of that agency was seen")
        if not roster.issued_ms <= now_ms + 60_000 or now_ms >= roster.not_after_ms:
            raise RosterError("roster: the newest one of that agency is not valid at this time")
        return roster

    def known(self) -> tuple[Roster, ...]:
        """All of them, by agency."""
        return tuple(self._newest[agency] for agency in sorted(self._newest))


def _person(item: Any) -> Person:
    if not isinstance(item, dict) or set(item) != _PERSON or not isinstance(item["roles"], list):
        raise RosterError("roster: a person is not of its form")
    if not (is_code(item["person"]) and is_code(item["device"]) and is_count(item["from_ms"])):
        raise RosterError("roster: a person's code, device or time is not of its form")
    if not is_count(item["until_ms"]) or not (item["revoked_ms"] is None or is_count(item["revoked_ms"])):
        raise RosterError("roster: a person's time is not of its form")
    return Person(
        item["person"],
        frozenset(Role(role) for role in item["roles"]),
        item["device"],
        VerifyingKey.parse(str(item["verify"])),
        SealingKey.parse(str(item["seal"])),
        item["from_ms"],
        item["until_ms"],
        item["revoked_ms"],
    )


def _agent(item: Any) -> AgentKeys:
    if (
        not isinstance(item, dict)
        or set(item) != _AGENT
        or not is_count(item["epoch"])
        or type(item["seal"]) is not str
    ):
        raise RosterError("roster: an agent is not of its form")
    parse_sealer(item["seal"])  # here, not when some agency wants to seal to it
    return AgentKeys(VerifyingKey.parse(str(item["verify"])), item["seal"], item["epoch"])
