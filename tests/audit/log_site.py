"""A log and all that stands around it, for tests: entries, ids, a signer in a thread, a database of either engine."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audit.entry import Actor, Decision, Entry, Output
from audit.events import Outcome, Reason
from audit.flush import Hook, no_hook
from audit.keys import Ed25519Signer, MlDsa44Signer, Verifier
from audit.log import Log
from audit.merkle import Frontier
from audit.recover import open_log
from audit.signer import SignerCore, SignerServer, memory_payload
from audit.signer_client import SignerClient
from audit.signer_memory import SignerMemory
from audit.store import Store

ORIGIN = "log.example/linkage"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ACTOR = Actor("clerk-a", "civil-affairs", "clerk", "token", "desk-a")
ALLOW = Decision(Outcome.ALLOW, (Reason.OWN_RECORDS,), "rules", "a" * 64)


def ulid() -> str:
    """A random ULID, without a clock."""
    return "0" + "".join(secrets.choice(ALPHABET) for _ in range(25))


def delivery(req: str | None = None, **changes: Any) -> Entry:
    """An entry of an everyday event; `changes` replace its parts."""
    parts: dict[str, Any] = {
        "event": "result.deliver",
        "ts_ms": 1_700_000_000_000,
        "req": req or ulid(),
        "actor": ACTOR,
        "decision": ALLOW,
        "output": Output("b" * 64, 3, True),
        "facts": {"project": "p-one", "job": "0" * 26, "recipient": "police"},
    }
    return Entry(**(parts | changes))


@dataclass
class Site:
    """A log's whole surroundings: database, signer with its own thread, and what is needed to start either again."""

    url: str
    folder: Path
    key: Ed25519Signer
    admin: str
    officers: list[Verifier] = field(default_factory=list)
    pq_key: MlDsa44Signer | None = field(default_factory=lambda: MlDsa44Signer(ORIGIN, bytes(32)))
    signer: SignerServer | None = None
    logs: list[Log] = field(default_factory=list)

    @property
    def socket(self) -> Path:
        return self.folder / "signer.sock"

    def start_signer(self, at_step: Callable[[str], None] = lambda _: None) -> None:
        path = self.folder / "memory"
        if not path.exists():
            SignerMemory.create(path, memory_payload(ORIGIN, Frontier())).close()
        self.memory = SignerMemory.open(path)
        core = SignerCore(self.key, self.memory, pq_key=self.pq_key, officers=self.officers, at_step=at_step)
        self.signer = SignerServer(self.socket, core)
        threading.Thread(target=self.signer.serve_forever, args=(0.01,), daemon=True).start()

    def stop_signer(self) -> None:
        if self.signer is not None:
            self.signer.shutdown()
            self.signer.server_close()
            self.memory.close()
            self.signer = None

    def client(self, timeout_s: float = 1.0) -> SignerClient:
        return SignerClient(self.socket, ORIGIN, timeout_s=timeout_s)

    def open(self, *, deadline_s: float = 2.0, at_step: Hook = no_hook, **options: Any) -> Log:
        store = Store.open(self.url, deadline_s=deadline_s)
        log = open_log(store, self.client(deadline_s / 2), deadline_s=deadline_s, at_step=at_step, **options)
        self.logs.append(log)
        return log

    def close(self) -> None:
        for log in self.logs:
            log.close()
        self.logs.clear()
        self.stop_signer()
