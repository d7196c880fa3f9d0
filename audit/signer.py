"""The signer: a small process that signs a log's checkpoints and never forgets how large the tree was.

It holds the log's key, so that neither a stolen web worker nor a database restored from a backup can get a signature
for a tree that lost or changed an entry. It reads no entry and no database; it sees leaf hashes. Its rule:

1. A question names the tree that it starts from; that must be the tree in the signer's memory.
2. The new leaves (or a consistency proof, for a long way) must lead from there to the new root.
3. The new tree is remembered durably.
4. Only then it is signed.

Run: `python -m audit.signer --key FILE --memory FILE --socket PATH [--pq-key FILE] [--officers FILE] [--new]`

May touch: disk (its memory and keys), a local socket
Sees:      hashes
"""

from __future__ import annotations

import argparse
import os
import socketserver
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from audit.ceremony import Remembered, read_restore
from audit.checkpoint import Checkpoint
from audit.errors import AuditError
from audit.keys import Ed25519Signer, MlDsa44Signer, Signer, Verifier, parse_vkeys
from audit.merkle import HASH_SIZE, Frontier, leaf_hash, verify_consistency
from audit.note import sign_note
from audit.refusals import SignerMemoryError
from audit.signer_memory import SignerMemory
from audit.signer_wire import MOST_LEAVES, Question, Refusal, receive, send

Step = Callable[[str], None]
"""Called at ``remembering``, ``remembered`` and ``signed``; tests kill the process there."""

_RECENT: Final = 4_096
"""Trees signed since the start that may be signed again for publication."""


class SignerCore:
    """The rule, apart from sockets. Every answer is a dictionary for the wire; one question at a time."""

    def __init__(
        self,
        key: Ed25519Signer,
        memory: SignerMemory,
        *,
        pq_key: MlDsa44Signer | None = None,
        officers: Sequence[Verifier] = (),
        at_step: Step = lambda _: None,
    ) -> None:
        origin, _, frontier = memory.payload.partition(b"\n")
        if origin.decode() != key.name:
            raise SignerMemoryError("the memory is of another log than the key")
        self._key, self._memory, self._pq_key, self._officers = key, memory, pq_key, tuple(officers)
        self._tree = Frontier.from_bytes(frontier)
        self._recent: dict[int, bytes] = {}
        self._at_step = at_step
        self._one = threading.Lock()

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Answer one question; a refusal says why and how large the signer's own tree is."""
        with self._one:
            try:
                return _ANSWERS[Question(question["ask"])](self, question)
            except _RefusedError as refused:
                return self._state() | {"refused": str(refused.why)}
            except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, AuditError):
                return self._state() | {"refused": str(Refusal.MALFORMED)}

    def _state(self) -> dict[str, Any]:
        return {"origin": self._key.name, "size": self._tree.size, "root": self._tree.root().hex()}

    def _answer_state(self, _question: dict[str, Any]) -> dict[str, Any]:
        return self._state()

    def _extend(self, question: dict[str, Any]) -> dict[str, Any]:
        leaves = bytes.fromhex(question["leaves"])
        if len(leaves) % HASH_SIZE or len(leaves) > MOST_LEAVES * HASH_SIZE:
            raise _RefusedError(Refusal.MALFORMED)
        if question["old"] != self._tree.size:  # 1
            raise _RefusedError(Refusal.ELSEWHERE)
        grown = self._tree.copy()
        grown.extend(leaves[at : at + HASH_SIZE] for at in range(0, len(leaves), HASH_SIZE))
        if grown.root().hex() != question["root"]:  # 2
            raise _RefusedError(Refusal.FORKED)
        return self._sign(grown)

    def _adopt(self, question: dict[str, Any]) -> dict[str, Any]:
        """A long way: the frontier of the new tree, whose own root is checked, and a consistency proof to it."""
        grown = Frontier.from_bytes(bytes.fromhex(question["frontier"]))
        proof = [bytes.fromhex(part) for part in question["proof"]]
        if grown.size < self._tree.size:
            raise _RefusedError(Refusal.SMALLER)
        if not verify_consistency(self._tree.size, self._tree.root(), grown.size, grown.root(), proof):
            raise _RefusedError(Refusal.FORKED)
        return self._sign(grown)

    def _publish(self, question: dict[str, Any]) -> dict[str, Any]:
        """Sign with every key, for publication, the present tree or one signed shortly before, while the log grows."""
        size = int(question["size"])
        root = self._tree.root() if size == self._tree.size else self._recent.get(size)
        if root is None:
            raise _RefusedError(Refusal.ELSEWHERE)
        keys: list[Signer] = [self._key] if self._pq_key is None else [self._key, self._pq_key]
        text = Checkpoint(self._key.name, size, root).to_text()
        return self._state() | {"note": sign_note(text, keys).decode()}

    def _restore(self, question: dict[str, Any]) -> dict[str, Any]:
        """Go back to the database's tree plus the restore entry, because two officers say so for just this state."""
        try:
            statement = read_restore(question["statement"].encode(), self._officers)
        except AuditError:
            raise _RefusedError(Refusal.UNPROVEN) from None
        restored = Frontier.from_bytes(bytes.fromhex(question["frontier"]))
        mine = Remembered("signer", self._tree.size, self._tree.root())
        if (
            statement.origin != self._key.name
            or (statement.size, statement.root) != (restored.size, restored.root())
            or (restored.root() != mine.root and mine not in statement.ahead)
        ):
            raise _RefusedError(Refusal.UNPROVEN)
        restored.append(leaf_hash(question["entry"].encode()))
        self._recent.clear()  # what is given up is not signed again
        return self._sign(restored)

    def _sign(self, grown: Frontier) -> dict[str, Any]:
        if grown.to_bytes() != self._tree.to_bytes():
            self._at_step("remembering")
            try:
                self._memory.remember(memory_payload(self._key.name, grown))  # 3
            except OSError:
                raise _RefusedError(Refusal.NO_MEMORY) from None
            self._tree = grown
            self._at_step("remembered")
        root = grown.root()
        note = sign_note(Checkpoint(self._key.name, grown.size, root).to_text(), [self._key])  # 4
        self._recent[grown.size] = root
        if len(self._recent) > _RECENT:
            del self._recent[next(iter(self._recent))]
        self._at_step("signed")
        return {"size": grown.size, "note": note.decode()}


class _RefusedError(Exception):
    def __init__(self, why: Refusal) -> None:
        super().__init__(why)
        self.why = why


_ANSWERS: Final[dict[Question, Callable[[SignerCore, dict[str, Any]], dict[str, Any]]]] = {
    Question.STATE: SignerCore._answer_state,
    Question.EXTEND: SignerCore._extend,
    Question.ADOPT: SignerCore._adopt,
    Question.PUBLISH: SignerCore._publish,
    Question.RESTORE: SignerCore._restore,
}


def memory_payload(origin: str, tree: Frontier) -> bytes:
    """What the signer's memory holds."""
    return origin.encode() + b"\n" + tree.to_bytes()


class SignerServer(socketserver.ThreadingUnixStreamServer):
    """The signer behind a Unix socket that its own user alone may open; a thread for each worker of the service."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, path: Path, core: SignerCore) -> None:
        self.core = core
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            super().__init__(str(path), _Conversation)
        finally:
            os.umask(before)


class _Conversation(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, SignerServer)
        try:
            while (question := receive(self.request)) is not None:
                send(self.request, self.server.core.answer(question))
        except (OSError, ValueError):
            return


def serve(arguments: Sequence[str] | None = None) -> None:
    """Start a signer from the command line and serve until the process is ended."""
    options = argparse.ArgumentParser(prog="python -m audit.signer", description=(__doc__ or "").split("\n")[0])
    options.add_argument("--key", type=Path, required=True, help="the log's Ed25519 key file")
    options.add_argument("--pq-key", type=Path, help="the log's ML-DSA-44 key file, for published checkpoints")
    options.add_argument("--memory", type=Path, required=True, help="the signer's memory")
    options.add_argument("--socket", type=Path, required=True)
    options.add_argument("--officers", type=Path, help="verifier keys of those who may sign a restore statement")
    options.add_argument("--new", action="store_true", help="make the memory of a log without entries")
    options.add_argument("--while-stdin-is-open", action="store_true", help="end when whoever started it has ended")
    given = options.parse_args(arguments)
    try:
        key = Ed25519Signer.load(given.key)
        if given.new:
            SignerMemory.create(given.memory, memory_payload(key.name, Frontier())).close()
        core = SignerCore(
            key,
            SignerMemory.open(given.memory),
            pq_key=MlDsa44Signer.load(given.pq_key) if given.pq_key else None,
            officers=parse_vkeys(given.officers.read_text(), str(given.officers)) if given.officers else (),
        )
    except AuditError as error:
        raise SystemExit(f"signer: {error}") from None
    with SignerServer(given.socket, core) as server:
        if given.while_stdin_is_open:
            threading.Thread(target=_end_with_stdin, args=(server,), daemon=True).start()
        server.serve_forever()


def _end_with_stdin(server: SignerServer) -> None:
    while os.read(0, 4_096):
        pass
    server.shutdown()


if __name__ == "__main__":
    serve()
