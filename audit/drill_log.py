"""A small real log for drills: SQLite, a signer in a thread, two witnesses, published as a folder, then thrown away.

Its keys are made for one drill and nothing that it says happened. Real logs are kept by the services.

May touch: database, disk and a local socket, all within the folder it is given; threads
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from audit.checkpoint import Checkpoint
from audit.cosignature import cosign
from audit.entry import Actor, Decision, Entry, Output
from audit.events import Book, Outcome, Reason
from audit.keys import Ed25519Cosigner, Ed25519Signer, MlDsa44Signer, Verifier
from audit.log import Log
from audit.merkle import Frontier
from audit.note import split_note, with_signatures
from audit.publish import publish
from audit.recover import open_log
from audit.signer import SignerCore, SignerServer, memory_payload
from audit.signer_client import SignerClient
from audit.signer_memory import SignerMemory
from audit.store import Store, create_store

ORIGIN: Final = "drill.example/linkage"
_ACTOR: Final = Actor("clerk-a", "civil-affairs", "clerk", "token", "desk-a")
_ALLOW: Final = Decision(Outcome.ALLOW, (Reason.OWN_RECORDS,), "rules", sha256(b"rules").hexdigest())
_DEADLINE_S: Final = 30.0  # a drill is not in a hurry
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class DrillKeys:
    """Keys of the log and of its two witnesses, made for this drill."""

    log: Ed25519Signer
    log_pq: MlDsa44Signer
    witnesses: tuple[Ed25519Cosigner, Ed25519Cosigner]

    @classmethod
    def generate(cls) -> DrillKeys:
        witnesses = (
            Ed25519Cosigner.generate("witness.court.example"),
            Ed25519Cosigner.generate("witness.press.example"),
        )
        return cls(Ed25519Signer.generate(ORIGIN), MlDsa44Signer.generate(ORIGIN), witnesses)

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        """Verifier keys, the log's first."""
        return tuple(key.verifier for key in (self.log, self.log_pq, *self.witnesses))


@dataclass(frozen=True, slots=True)
class DrillLog:
    """A folder with `log.sqlite`, `memory` and `signer`; it is opened for as long as a drill needs it."""

    folder: Path
    keys: DrillKeys

    @property
    def database(self) -> Path:
        return self.folder / "log.sqlite"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.database}"

    def create(self) -> None:
        """Make the empty log and the signer's memory."""
        self.folder.mkdir(parents=True)
        create_store(self.url, ORIGIN, Book.LINKAGE)
        SignerMemory.create(self.folder / "memory", memory_payload(ORIGIN, Frontier())).close()

    @contextmanager
    def opened(self) -> Iterator[Log]:
        """The log with its signer running; raises what a start of the service would."""
        memory = SignerMemory.open(self.folder / "memory")
        server = SignerServer(self.folder / "signer", SignerCore(self.keys.log, memory, pq_key=self.keys.log_pq))
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            client = SignerClient(self.folder / "signer", ORIGIN, timeout_s=_DEADLINE_S)
            log = open_log(Store.open(self.url, deadline_s=_DEADLINE_S), client, deadline_s=_DEADLINE_S)
            try:
                yield log
            finally:
                log.close()
        finally:
            server.shutdown()
            server.server_close()
            memory.close()


def append_entries(log: Log, start: int, stop: int, of: Callable[[int], Entry] | None = None) -> None:
    """Append everyday entries number `start`..`stop` (exclusive)."""
    made = [(of or everyday_entry)(number) for number in range(start, stop)]

    async def all_of_them() -> None:
        await asyncio.gather(*(log.append(entry) for entry in made))

    asyncio.run(all_of_them())


def everyday_entry(number: int, decided: str = "police") -> Entry:
    """One entry of the linkage service's everyday, the same bytes for the same number and recipient."""
    return Entry(
        event="result.deliver",
        ts_ms=1_760_000_000_000 + number,
        req=f"01{number:024d}",
        actor=_ACTOR,
        decision=_ALLOW,
        output=Output(sha256(b"%d" % number).hexdigest(), number % 7, True),
        facts={"project": "p-drill", "job": "0" * 26, "recipient": decided},
    )


def publish_cosigned(log: Log, folder: Path, keys: DrillKeys, now: int) -> Checkpoint:
    """Publish the present tree with both witnesses' lines of the time `now` (POSIX seconds)."""
    text, lines = split_note(log.publishable().note)
    note = with_signatures(text, [*lines, *(cosign(text, witness, now) for witness in keys.witnesses)])
    return publish(log, folder, keys.verifiers, note)
