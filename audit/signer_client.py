"""The log's side of the signer: ask, wait a bounded time, tell refusals from silence.

Durability: a checkpoint that this returns was remembered by the signer before it was signed. Concurrency: one
question at a time per client; threads take turns. It does not verify signatures, only that the signed text is the
tree that was asked for; whoever relies on a checkpoint verifies it with the log's public key.

May touch: a local socket
Sees:      hashes
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from audit.checkpoint import Checkpoint
from audit.refusals import SignerError, SignerGoneError
from audit.signer_wire import Question, Refusal, receive, send


@dataclass(frozen=True, slots=True)
class SignerState:
    """The largest tree that the signer ever signed."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Signed:
    """A tree size and the checkpoint note over it."""

    size: int
    note: bytes


class SignerElsewhereError(SignerError):
    """The signer's tree is not the one that the question started from; `size` is how large its own is."""

    def __init__(self, size: int) -> None:
        super().__init__(Refusal.ELSEWHERE)
        self.size = size


class CheckpointSigner(Protocol):
    """What the log needs of a signer. Each call raises `SignerError` or `SignerGoneError`."""

    def state(self) -> SignerState: ...
    def extend(self, old: int, leaves: bytes, new: int, root: bytes) -> Signed: ...
    def adopt(self, frontier: bytes, proof: Sequence[bytes], new: int, root: bytes) -> Signed: ...
    def publish(self, size: int, root: bytes) -> Signed: ...
    def restore(self, statement: bytes, entry: bytes, frontier: bytes) -> Signed: ...
    def close(self) -> None: ...


class SignerClient:
    """A `CheckpointSigner` behind a Unix socket."""

    def __init__(self, path: Path, origin: str, *, timeout_s: float = 1.0) -> None:
        self._path, self._origin, self._timeout_s = path, origin, timeout_s
        self._connection: socket.socket | None = None
        self._turn = threading.Lock()

    def state(self) -> SignerState:
        found = self._ask(Question.STATE)
        return SignerState(found["origin"], found["size"], bytes.fromhex(found["root"]))

    def extend(self, old: int, leaves: bytes, new: int, root: bytes) -> Signed:
        """Sign the tree that grew from `old` by these leaf hashes to `new`. Raises `SignerElsewhereError`."""
        return self._signed(new, root, self._ask(Question.EXTEND, old=old, leaves=leaves.hex(), root=root.hex()))

    def adopt(self, frontier: bytes, proof: Sequence[bytes], new: int, root: bytes) -> Signed:
        """Sign a tree far ahead of the signer's, on a consistency proof from its own."""
        parts = [part.hex() for part in proof]
        return self._signed(new, root, self._ask(Question.ADOPT, frontier=frontier.hex(), proof=parts))

    def publish(self, size: int, root: bytes) -> Signed:
        """Sign the signer's present tree with all of its keys."""
        return self._signed(size, root, self._ask(Question.PUBLISH, size=size))

    def restore(self, statement: bytes, entry: bytes, frontier: bytes) -> Signed:
        """Take the signer back to a database's tree plus its restore entry."""
        found = self._ask(Question.RESTORE, statement=statement.decode(), entry=entry.decode(), frontier=frontier.hex())
        return Signed(found["size"], found["note"].encode())

    def close(self) -> None:
        with self._turn:
            self._drop()

    def _signed(self, size: int, root: bytes, found: dict[str, Any]) -> Signed:
        note = str(found["note"]).encode()
        if not note.startswith(Checkpoint(self._origin, size, root).to_text() + b"\n"):
            raise SignerError("it signed another tree than it was asked for")
        return Signed(size, note)

    def _ask(self, question: Question, **values: Any) -> dict[str, Any]:
        found = self._exchange({"ask": str(question), **values})
        refused = found.get("refused")
        if refused == Refusal.ELSEWHERE:
            raise SignerElsewhereError(found["size"])
        if refused is not None:
            raise SignerError(refused)
        return found

    def _exchange(self, message: dict[str, Any]) -> dict[str, Any]:
        """Ask once, and once more on a new connection if the kept one had gone; a question may safely come twice."""
        with self._turn:
            for attempt in (1, 2):
                try:
                    if self._connection is None:
                        self._connection = self._connect()
                    send(self._connection, message)
                    found = receive(self._connection)
                    if found is not None:
                        return found
                    self._drop()
                except TimeoutError:
                    self._drop()
                    raise SignerGoneError(hung=True) from None
                except (OSError, ValueError):
                    self._drop()
                    if attempt == 2:
                        break
            raise SignerGoneError(hung=False)

    def _connect(self) -> socket.socket:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.settimeout(self._timeout_s)
        try:
            made.connect(str(self._path))
        except OSError:
            made.close()
            raise
        return made

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
