"""What every flow of the vault service stands on: database, log, envelopes' folder, pins, rules, clock; how it acts.

`enter` writes an act's entry and, in the same transaction, its rows: no entry, no act. It knows no verb and holds no
key: there is nothing here that could open a record.

May touch: database, disk (ciphertext), a local socket (the signer)
Sees:      ciphertext, commitments, hashes
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy import Connection

from audit.database import Database
from audit.entry import Actor, Decision, Entry
from audit.events import Outcome, Reason
from audit.log import Log
from audit.receipt import Receipt
from audit.request_id import new_request_id
from audit.shapes import Fact
from audit.waiting import Within
from vault.caller import Caller
from vault.checks import Lawbook
from vault.errors import VaultError
from vault.forms import F, Signed, open_form
from vault.locking import counted, is_locked
from vault.pins import Pins
from vault.requests import Lock
from vault.rosters import Roster, Rosters, digest_of, read_once
from vault.store import lock_rows, roster_rows
from vault.vocabulary import Holder

RULES_ID: Final = "vault-1"
DAY_MS: Final = 24 * 3600 * 1000


class Public(Protocol):
    """The part of a `Publisher` that a release needs."""

    def require_witnesses(self) -> None:
        """Raise unless the quorum of witnesses has cosigned lately."""

    def wake(self) -> None:
        """Ask for the witnesses' cosignatures now."""

    def proof(self, index: int, wait_s: float = 10.0) -> bytes:
        """The entry's tlog-proof under the quorum's cosignatures."""


@dataclass(frozen=True, slots=True)
class Vault:
    """One vault service at work. `now_ms` is Unix milliseconds; `rules` the SHA-256 of the log's own rule file."""

    database: Database
    log: Log
    public: Public
    folder: Path
    pins: Pins
    law: Lawbook
    rules: str
    now_ms: Callable[[], int]
    _seen: dict[bytes, Roster | None] = field(default_factory=dict, repr=False)
    _rosters: dict[roster_rows.Stamp, tuple[Rosters, str]] = field(default_factory=dict, repr=False)
    """At most one entry: what the database held when it was looked at last, and its digest."""
    _alerted: dict[tuple[str, str], int] = field(default_factory=dict, repr=False)

    @property
    def envelopes(self) -> Path:
        """Where ciphertext lies, a file for each digest."""
        return self.folder / "envelopes"

    def allow(self, *reasons: Reason) -> Decision:
        return Decision(Outcome.ALLOW, reasons, RULES_ID, self.rules)

    def deny(self, *reasons: Reason) -> Decision:
        return Decision(Outcome.DENY, reasons, RULES_ID, self.rules)

    def enter(
        self, actor: Actor, event: str, facts: Mapping[str, Fact], *, within: Within | None = None, **parts: Any
    ) -> Receipt:
        """Write an entry and the rows of `within`; `AuditError` when the log refuses, and then nothing happened."""
        now = parts.pop("ts_ms", None) or self.now_ms()
        req = parts.pop("req", None) or new_request_id(now)
        entry = Entry(event=event, ts_ms=now, req=req, actor=actor, facts=facts, **parts)
        return self.log.append_and_wait(entry, within=within)

    def may_alert(self, agency: str, person: str) -> bool:
        """Whether an alert about somebody is due: one a day, else whoever is alerted about would fill the log."""
        now = self.now_ms()
        if now - self._alerted.get((agency, person), -DAY_MS) < DAY_MS:
            return False
        self._alerted[agency, person] = now
        return True

    def rosters(self, connection: Connection) -> Rosters:
        """The newest roster of each agency, verified under the pins. Shared: take nothing in."""
        return self._newest(connection)[0]

    def rosters_digest(self, connection: Connection) -> str:
        """What names these rosters, as signed."""
        return self._newest(connection)[1]

    def _newest(self, connection: Connection) -> tuple[Rosters, str]:
        stamp = roster_rows.stamp(connection)
        found = self._rosters.get(stamp)
        if found is None:
            signed = roster_rows.newest(connection)
            opened = (read_once(data, self.pins, self._seen) for data in signed)
            found = Rosters(self.pins, (roster for roster in opened if roster is not None)), digest_of(signed)
            self._rosters.clear()
            self._rosters[stamp] = found
        return found

    def is_locked(self, connection: Connection, rosters: Rosters) -> bool:
        """Whether a lock stands; what is stored and not even of a lock's form locks."""
        return self.locks_with((), connection, rosters)

    def locks_with(self, more: Iterable[Lock], connection: Connection, rosters: Rosters) -> bool:
        """Whether the stored locks and some more together lock."""
        try:
            locks = [counted(data, rosters, self.now_ms()) for data in lock_rows.every(connection)]
        except VaultError:
            return True
        return is_locked([*locks, *more], {holder: self.pins.holder(holder).code for holder in Holder}, self.now_ms())


def signed_by(caller: Caller, form: type[F], data: bytes, rosters: Rosters, now_ms: int) -> Signed[F]:
    """A form signed with the very key of its caller that stands now; MalformedFormError for anybody else's."""
    people = [one for one in rosters.of(caller.agency, now_ms).people if one.person == caller.person]
    return open_form(form, data, [one.verify for one in people if any(one.may(role, now_ms) for role in one.roles)])


def service_actor() -> Actor:
    """Who the log names for what the service does by itself."""
    return Actor("vault", "vault", "service", "none", "service")


def caller_actor(caller: Caller, role: str) -> Actor:
    """Who the log names for what a caller does in one role."""
    return Actor(caller.person, caller.agency, role, "signed", caller.device)
