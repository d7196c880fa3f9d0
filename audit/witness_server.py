"""The witness as a program: C2SP tlog-witness over HTTP, with its own keys, memory and clock.

    POST /add-checkpoint                        cosignature lines, or a refusal
    GET  /<SHA-256 of the origin>/checkpoint    the checkpoint cosigned last, for monitors

It decides by `witness`, remembers by `witness_store`, and answers only when the new tree is durable. Whoever runs it
(court, procuratorate, auditor) needs no account with the log and learns sizes and hashes only. Restoring its database
from a backup takes its memory back and must not be done: start with a new key instead.

May touch: network, disk (its database and key files)
Sees:      sizes, hashes, its own keys
Spec:      https://c2sp.org/tlog-witness
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from audit.cosignature import Cosigner
from audit.errors import KeyFileError
from audit.keys import Ed25519Cosigner, MlDsa44Signer, Verifier, parse_vkeys
from audit.note import with_signatures
from audit.signature_line import Kind
from audit.witness import (
    LONGEST_REQUEST,
    Logs,
    Refusal,
    Submission,
    WitnessRefusalError,
    cosign_all,
    is_fork,
    judge,
    read_submission,
)
from audit.witness_store import WitnessStore

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_TEXT = b"text/plain; charset=utf-8"
_SIZE = b"text/x.tlog.size"
_CHECKPOINT = re.compile(r"/([0-9a-f]{64})/checkpoint")
_BODY_SECONDS = 10.0
_MOST_CONNECTIONS = 256


@dataclass(frozen=True, slots=True)
class WitnessConfig:
    """What `sealink witness serve` needs. `logs` is a file of verifier keys, one a line; a key's name is its origin."""

    database: Path
    logs: Path
    ed25519_key: Path
    ml_dsa_key: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8421


class Witness:
    """The witness without HTTP: one method for each thing that it can be asked."""

    def __init__(
        self, cosigners: Iterable[Cosigner], logs: Logs, store: WitnessStore, clock: Callable[[], float] = time.time
    ) -> None:
        """`cosigners` in the order of their lines, an Ed25519 one among them; `clock` gives POSIX seconds."""
        self._cosigners = tuple(cosigners)
        if not any(cosigner.kind is Kind.COSIGNATURE_V1 for cosigner in self._cosigners):
            raise KeyFileError("witness: an Ed25519 cosigning key is expected")
        self._logs = logs
        self._origins = {hashlib.sha256(origin.encode()).hexdigest(): origin for origin in logs}
        self._store = store
        self._clock = clock

    def add_checkpoint(self, body: bytes) -> bytes:
        """Cosignature lines, once the new tree is durable; WitnessRefusalError otherwise."""
        submission = read_submission(body, self._logs)
        try:
            return self._cosign(submission)
        except sqlite3.Error:
            raise WitnessRefusalError(Refusal.UNAVAILABLE, "the witness cannot write its memory") from None

    def latest(self, origin_hash: str) -> bytes | None:
        """The checkpoint that was cosigned last for the origin of that SHA-256."""
        origin = self._origins.get(origin_hash)
        return self._store.latest(origin) if origin is not None else None

    def _cosign(self, submission: Submission) -> bytes:
        now, origin = int(self._clock()), submission.head.origin
        has_forked = False
        try:
            with self._store.turn(origin) as turn:
                has_forked = is_fork(submission.head, turn.seen)
                seen = judge(submission, turn.seen, now)
                lines = cosign_all(submission.text, self._cosigners, seen.timestamp)
                turn.keep(seen, with_signatures(submission.text, [*submission.log_lines, *lines]))
        except WitnessRefusalError:
            if has_forked:
                self._store.keep_evidence(origin, with_signatures(submission.text, submission.log_lines), now)
            raise
        return "".join(line.to_line() for line in lines).encode()


def group_logs(keys: Iterable[Verifier]) -> dict[str, tuple[Verifier, ...]]:
    """Keys by origin; KeyFileError for a key that only cosigns."""
    logs: dict[str, tuple[Verifier, ...]] = {}
    for key in keys:
        if key.kind is Kind.COSIGNATURE_V1:
            raise KeyFileError("witness: a witness's key among the logs'")
        logs[key.name] = (*logs.get(key.name, ()), key)
    return logs


def witness_app(witness: Witness) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The witness as an ASGI application."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await _answer(send, *await _respond(witness, scope, receive))

    return app


def load_witness(config: WitnessConfig) -> Witness:
    """Keys, logs and database of a configuration; KeyFileError or MissingError."""
    try:
        text = config.logs.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise KeyFileError(f"{config.logs.name}: the logs' keys cannot be read") from None
    cosigners: list[Cosigner] = [Ed25519Cosigner.load(config.ed25519_key)]
    if config.ml_dsa_key is not None:
        cosigners.append(MlDsa44Signer.load(config.ml_dsa_key))
    return Witness(cosigners, group_logs(parse_vkeys(text, config.logs.name)), WitnessStore(config.database))


def serve_witness(config: WitnessConfig) -> None:
    """Serve until stopped by a signal."""
    import uvicorn  # only the program needs a server; whoever embeds the application does not

    from audit.witness_connection import HurriedConnection

    app = witness_app(load_witness(config))
    uvicorn.run(
        app,
        http=HurriedConnection,
        host=config.host,
        port=config.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
    )


async def _respond(witness: Witness, scope: Scope, receive: Receive) -> tuple[int, bytes, bytes]:
    """(status, content type, body)."""
    method, path = scope["method"], scope["path"]
    wanted = _CHECKPOINT.fullmatch(path)
    if path == "/add-checkpoint":
        return await _add_checkpoint(witness, receive) if method == "POST" else (405, _TEXT, b"POST only\n")
    if wanted is None:
        return 404, _TEXT, b"no such page\n"
    if method not in ("GET", "HEAD"):
        return 405, _TEXT, b"GET only\n"
    try:
        note = await asyncio.to_thread(witness.latest, wanted[1])
    except sqlite3.Error:
        return Refusal.UNAVAILABLE, _TEXT, b"the witness cannot read its memory\n"
    return (200, _TEXT, note) if note is not None else (404, _TEXT, b"no checkpoint of that log was cosigned\n")


async def _add_checkpoint(witness: Witness, receive: Receive) -> tuple[int, bytes, bytes]:
    try:
        body = await asyncio.wait_for(_body(receive), _BODY_SECONDS)
        if body is None:
            return 413, _TEXT, b"request too long\n"
        return 200, _TEXT, await asyncio.to_thread(witness.add_checkpoint, body)
    except TimeoutError:
        return 408, _TEXT, b"request too slow\n"
    except WitnessRefusalError as error:
        if error.size is not None:
            return error.refusal, _SIZE, f"{error.size}\n".encode()
        return error.refusal, _TEXT, f"{error}\n".encode()


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None when it is longer than any request."""
    body = bytearray()
    while True:
        event = await receive()
        if event["type"] != "http.request":
            return None
        body += event.get("body", b"")
        if len(body) > LONGEST_REQUEST:
            return None
        if not event.get("more_body", False):
            return bytes(body)


async def _answer(send: Send, status: int, kind: bytes, body: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    with suppress(ConnectionError):
        await send({"type": "http.response.start", "status": int(status), "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return
