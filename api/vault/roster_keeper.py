"""An agency's roster keeper: who is on the roster with which roles; it signs each version with the agency's roster key.

    keystore           the roster key, the agency's desk key and those before it
    people.json        the roster as it stands (public keys, pseudonyms)
A person hands in a card (their public keys); whoever decides or approves gets the agency's desk key sealed to their own
key. Who leaves, and a key that is replaced, stays on the roster, so that what was signed can still be verified; the
desk key is then renewed, and who still reads gets the new one. Keep this folder offline.

May touch: disk
Sees:      the agency's roster key and desk key
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from api.vault.desk_folder import DESK, earlier_keys, earlier_name
from audit import canonical
from audit.crypto.hpke import OpeningKey, SealingKey, open_key, seal_key
from audit.crypto.keystore import Effort, KeyKind, Keystore, StoredKey, generate_key, load, save
from audit.crypto.signatures import VerifyingKey
from audit.crypto.whole_file import whole_file
from audit.errors import MalformedError
from vault.errors import MalformedFormError
from vault.rosters import LONGEST_LIFE_MS, AgentKeys, Person, Roster, parse_roster
from vault.vocabulary import Role

ROSTER_KEY: Final = "roster"
_INFO: Final = b"sealink/v1/vault/desk-key"
_YEARS_MS: Final = 5 * 366 * 24 * 3600 * 1000
READERS: Final = frozenset({Role.DECIDER, Role.APPROVER, Role.SEALER, Role.SUPERVISOR})
"""Roles that read what is sealed to the agency as a whole."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a person hands to the keeper: pseudonym, device, public keys."""

    person: str
    device: str
    verify: VerifyingKey
    seal: SealingKey

    def to_text(self) -> str:
        """One JSON object."""
        keys = {"verify": self.verify.to_text(), "seal": self.seal.to_text()}
        return json.dumps({"person": self.person, "device": self.device, **keys}) + "\n"

    @classmethod
    def parse(cls, text: str) -> Card:
        """Read `to_text`'s form; MalformedFormError otherwise."""
        value = _json(text, {"person", "device", "verify", "seal"}, "card")
        return cls(
            value["person"], value["device"], VerifyingKey.parse(value["verify"]), SealingKey.parse(value["seal"])
        )


@dataclass(frozen=True, slots=True)
class RosterKeeper:
    """An opened keeper's folder."""

    path: Path
    agency: str
    keystore: Keystore = field(repr=False)

    @property
    def roster_key(self) -> VerifyingKey:
        """What desks and agents pin."""
        return self.keystore.signing_key(ROSTER_KEY).verifying_key

    def roster(self) -> Roster | None:
        """The roster as it was signed last; None before the first person."""
        path = self.path / "people.json"
        return parse_roster(json.loads(path.read_text())) if path.exists() else None

    def add(self, card: Card, roles: frozenset[Role], now_ms: int) -> bytes | None:
        """Put a person on the roster, or give them new keys or roles; the desk key sealed to them if they need it."""
        person = Person(
            card.person, roles, card.device, card.verify, card.seal, now_ms - 60_000, now_ms + _YEARS_MS, None
        )
        before = self.roster()
        others = tuple(
            _retired(one, person, now_ms) for one in (before.people if before else ()) if one.verify != card.verify
        )
        self._keep((*others, person), before.agent if before else None, now_ms)
        if not roles & READERS:
            return None
        return self._desk_keys_for(person)

    def revoke(self, person: str, now_ms: int) -> None:
        """End a person's rights now; MalformedFormError if nobody has that name."""
        before = self.roster()
        if before is None or person not in {one.person for one in before.people}:
            raise MalformedFormError("roster: nobody of that name is on it")
        people = tuple(_revoked(one, now_ms) if one.person == person else one for one in before.people)
        self._keep(people, before.agent, now_ms)

    def holds_desk_key(self, person: str) -> bool:
        """Whether somebody of that name was ever given the agency's desk key."""
        before = self.roster()
        return any(one.person == person and one.roles & READERS for one in (before.people if before else ()))

    def renew_desk(self, passphrase: bytes, now_ms: int) -> tuple[RosterKeeper, dict[str, bytes]]:
        """A new desk key, for which the roster stands from its next version on; and key files for who reads, by person.

        The keys before stay with those who read: what was sealed to them is not sealed anew.
        """
        before = self.keystore.find(KeyKind.HPKE, DESK)
        kept = StoredKey(KeyKind.HPKE, earlier_name(before), before.seed, before.suite)
        keystore = self.keystore.without(KeyKind.HPKE, DESK).with_key(kept)
        keystore = keystore.with_key(generate_key(KeyKind.HPKE, DESK))
        save(self.path / "keystore", keystore, passphrase, may_replace=True)
        renewed = RosterKeeper(self.path, self.agency, keystore)
        roster = self.roster()
        people = roster.people if roster else ()
        renewed._keep(people, roster.agent if roster else None, now_ms)
        standing = [one for one in people if any(one.may(role, now_ms) for role in one.roles & READERS)]
        return renewed, {one.person: renewed._desk_keys_for(one) for one in standing}

    def _desk_keys_for(self, person: Person) -> bytes:
        seeds = [self.keystore.opening_key(DESK).seed, *(key.seed for key in earlier_keys(self.keystore))]
        text = canonical.dumps({"keys": [seed.hex() for seed in seeds]})
        return seal_key(person.seal, text, _INFO, person.person.encode())

    def set_agent(self, agent: AgentKeys, now_ms: int) -> None:
        """Name the agency's release agent, or its new keys."""
        before = self.roster()
        self._keep(before.people if before else (), agent, now_ms)

    def sign(self, now_ms: int) -> bytes:
        """A new version, valid for a month."""
        before = self.roster()
        if before is None:
            raise MalformedFormError("roster: nobody is on it yet")
        self._keep(before.people, before.agent, now_ms)
        roster = self.roster()
        assert roster
        return roster.sign(self.keystore.signing_key(ROSTER_KEY))

    def _keep(self, people: tuple[Person, ...], agent: AgentKeys | None, now_ms: int) -> None:
        before = self.roster()
        version = max(before.version + 1 if before else 1, now_ms)  # a keeper restored from a backup goes on upward
        desk = self.keystore.opening_key(DESK).sealing_key
        roster = Roster(self.agency, version, now_ms, now_ms + LONGEST_LIFE_MS, desk, people, agent)
        with whole_file(self.path / "people.json") as out:
            out.write(json.dumps(roster.to_payload()).encode())


def _retired(one: Person, anew: Person, now_ms: int) -> Person:
    """Somebody's key before the new one stays, revoked: what it sealed must still verify (checks, step 7)."""
    return _revoked(one, now_ms) if one.person == anew.person else one


def _revoked(one: Person, now_ms: int) -> Person:
    return one if one.revoked_ms is not None else replace(one, revoked_ms=now_ms)


def make_keeper(path: Path, agency: str, passphrase: bytes, effort: Effort | None = None) -> RosterKeeper:
    """Make a keeper's folder with fresh keys; KeystoreError if there is one."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    keystore = Keystore(agency, (generate_key(KeyKind.SIGNING, ROSTER_KEY), generate_key(KeyKind.HPKE, DESK)))
    save(path / "keystore", keystore, passphrase, effort=effort, may_replace=False)
    return RosterKeeper(path, agency, keystore)


def open_keeper(path: Path, passphrase: bytes) -> RosterKeeper:
    """Open a keeper's folder."""
    keystore = load(path / "keystore", passphrase)
    return RosterKeeper(path, keystore.owner, keystore)


def desk_keys_of(sealed: bytes, person: str, own: OpeningKey) -> tuple[StoredKey, ...]:
    """The agency's desk key and those before it, as the keeper sealed them to a person."""
    try:
        value: Any = canonical.loads(open_key(own, sealed, _INFO, person.encode()))
        seeds = [bytes.fromhex(text) for text in value["keys"]]
        newest, *earlier = [StoredKey(KeyKind.HPKE, DESK, seed, own.suite) for seed in seeds]
    except (MalformedError, ValueError, TypeError, KeyError):
        raise MalformedFormError("desk key: not of its form") from None
    return (newest, *(replace(key, name=earlier_name(key)) for key in earlier))


def agent_card(agent: AgentKeys) -> str:
    """What an agent's operator hands to the keeper."""
    return json.dumps(agent.to_json()) + "\n"


def parse_agent_card(text: str) -> AgentKeys:
    """Read `agent_card`'s form; MalformedFormError otherwise."""
    try:
        value = json.loads(text)
        return AgentKeys(VerifyingKey.parse(value["verify"]), str(value["seal"]), int(value["epoch"]))
    except (ValueError, KeyError, TypeError):
        raise MalformedFormError("agent card: not of its form") from None


def _json(text: str, names: set[str], what: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict) or set(value) != names or not all(isinstance(one, str) for one in value.values()):
        raise MalformedFormError(f"{what}: not of its form")
    return value
