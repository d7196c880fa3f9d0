"""What every flow of the linkage unit stands on: database, log, folder, keys, clock; and the two ways to act.

1. `enter`: an act without bytes that leave. Its entry is durable and signed, and the rows of `within` with it, or the
   error says why nothing happened.
2. `let_go`: the same for an act whose bytes leave. The answer is a `Release`, which nothing but a receipt makes.

It knows no verb: each flow names its event, its decision and its facts.

May touch: database, a local socket (the signer)
Sees:      commitments, hashes, what is released
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from audit import canonical
from audit.canonical import JsonValue
from audit.commitments import SALT_BYTES, hash_output
from audit.crypto.hpke import OpeningKey
from audit.crypto.signatures import SigningKey
from audit.database import Database
from audit.entry import Decision, Entry, Output
from audit.events import Outcome, Reason
from audit.log import Log
from audit.receipt import Receipt
from audit.release import Release, release
from audit.request_id import new_request_id
from audit.shapes import Fact
from audit.waiting import Within
from linkage.caller import Caller


@dataclass(frozen=True, slots=True)
class UnitKeys:
    """The unit's own keys: batches are sealed to `opening`, its answers are signed with `signing`."""

    opening: OpeningKey = field(repr=False)
    signing: SigningKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules that decisions are made under, by name and SHA-256 (hex)."""

    id: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Unit:
    """One linkage unit at work. `folder` holds batches, results and the index; `now_ms` is Unix milliseconds.

    `log_keys` are the vkey lines that the log's checkpoints are verified with, the log's own first. `next_req` gives an
    entry its request id where the flow chose none.
    """

    database: Database
    log: Log
    folder: Path
    keys: UnitKeys
    policy: Policy
    now_ms: Callable[[], int]
    log_keys: tuple[str, ...] = ()
    next_req: Callable[[int], str] = new_request_id

    def today(self) -> str:
        """The day (UTC), as reports are dated."""
        return datetime.fromtimestamp(self.now_ms() / 1000, UTC).date().isoformat()

    def allow(self, *reasons: Reason) -> Decision:
        return Decision(Outcome.ALLOW, reasons, self.policy.id, self.policy.sha256)

    def deny(self, *reasons: Reason) -> Decision:
        return Decision(Outcome.DENY, reasons, self.policy.id, self.policy.sha256)

    def enter(
        self, caller: Caller, event: str, facts: Mapping[str, Fact], *, within: Within | None = None, **parts: Any
    ) -> Receipt:
        """Write an entry and, in its transaction, the rows of `within`. Raises `AuditError` when the log refuses.

        `parts` are those of `audit.entry.Entry` (decision, basis, input, prev …, and `req` where the flow chose it).
        """
        return self.log.append_and_wait(self._entry(caller, event, facts, **parts), within=within)

    def let_go(
        self,
        caller: Caller,
        event: str,
        facts: Mapping[str, Fact],
        data: bytes,
        count: int,
        *,
        within: Within | None = None,
        **parts: Any,
    ) -> Release:
        """Write the entry that names exactly these bytes, holding `count` records, and only then let them go."""
        salt = secrets.token_bytes(SALT_BYTES)
        output = Output(hash_output(data, salt), count, salted=True)
        entry = self._entry(caller, event, facts, output=output, **parts)
        return release(self.log.append_and_wait(entry, within=within), entry, data, salt)

    def _entry(self, caller: Caller, event: str, facts: Mapping[str, Fact], **parts: Any) -> Entry:
        now = self.now_ms()
        req = parts.pop("req", None) or self.next_req(now)
        return Entry(event=event, ts_ms=now, req=req, actor=caller.actor, facts=facts, **parts)


def request_sha256(request: Mapping[str, JsonValue]) -> str:
    """The `input` of an entry: SHA-256 (hex) of the canonical request."""
    return hashlib.sha256(canonical.dumps(dict(request))).hexdigest()
