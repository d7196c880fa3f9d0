"""The log: append an entry, get a receipt, or be told why not. Without a receipt nothing may happen.

Callers of any number of threads and event loops wait together; two threads of the log's own serve them. While one has
a batch signed, the other commits the next (`flush.py` has the order, `committing.py` and `sealing.py` the two halves).
Any number of processes may write to one database. It does not publish, ask witnesses or prune, but gives those who
do what they need: `entries`, `read_tile`, `head`, `checkpoint`, `publishable`, `store_cosigned`.

May touch: database, a local socket (the signer)
Sees:      commitments, hashes, ciphertext
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Final

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from audit import proving
from audit.checkpoint import Checkpoint
from audit.commitments import SealedDetail
from audit.committing import Batch, Committer
from audit.entry import Entry
from audit.faults import fault_of
from audit.flush import Hook, Step, no_hook
from audit.merkle import leaf_hash
from audit.note import split_note
from audit.receipt import Receipt
from audit.refusals import (
    CommitmentError,
    LogUnavailableError,
    RolledBackError,
    SignerError,
    SignerGoneError,
    Why,
    WrongBookError,
)
from audit.sealing import Sealer, bring_up
from audit.signer_client import CheckpointSigner, SignerElsewhereError
from audit.store import DEADLINE_S, CheckpointKind, Head, Row, Store, StoredCheckpoint
from audit.tiles import Tile
from audit.waiting import Ticket, Waiting, Within

MOST_WAITING: Final = 20_000
"""Callers that may wait at once; the next one is refused at once instead of at the deadline."""
MOST_IN_BATCH: Final = 1_024
MOST_BATCH_BYTES: Final = 8 * 2**20
_RETRY_S: Final = 0.1


class Log:
    """An open log. `read_only` is set when somebody outside remembers more than the database (`recover.py`)."""

    def __init__(
        self,
        store: Store,
        signer: CheckpointSigner,
        *,
        read_only: RolledBackError | None = None,
        deadline_s: float = DEADLINE_S,
        at_step: Hook = no_hook,
    ) -> None:
        self.store, self.signer, self.read_only = store, signer, read_only
        self._deadline_s, self._at_step = deadline_s, at_step
        self._committer, self._sealer = Committer(store, at_step), Sealer(store, signer, at_step)
        self._sealer_fault: Why | None = None
        self._faulty_since = 0.0
        self._stopped: Why | None = None
        self._waiting = Waiting(self._refusal)
        self._to_commit: SimpleQueue[Ticket | None] = SimpleQueue()
        self._to_seal: SimpleQueue[Batch | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run, args=(work,), name=name, daemon=True)
            for work, name in ((self._commit_all, "audit-commit"), (self._seal_all, "audit-seal"))
        ]
        for thread in self._threads:
            thread.start()

    # --- appending -----------------------------------------------------------------------------------------------

    async def append(
        self, entry: Entry, *, within: Within | None = None, detail: SealedDetail | None = None
    ) -> Receipt:
        """Return once the entry is durable and a durable signed checkpoint covers it.

        `within` writes the caller's own rows in the same transaction; if it raises, its error comes back here and the
        entry is not written. The same request id with the same bytes gives the same receipt again, with other bytes
        `RequestReusedError`. Raises `LogUnavailableError` after the deadline at the latest; the entry may then still
        stand in the log, and nothing may be released for it.
        """
        ticket = self._enter(entry, within, detail, asyncio.get_running_loop())
        assert isinstance(ticket.future, asyncio.Future)
        return await ticket.future

    def append_and_wait(
        self, entry: Entry, *, within: Within | None = None, detail: SealedDetail | None = None
    ) -> Receipt:
        """The same for a thread without an event loop."""
        ticket = self._enter(entry, within, detail, None)
        assert isinstance(ticket.future, Future)
        return ticket.future.result()

    def _enter(
        self, entry: Entry, within: Within | None, detail: SealedDetail | None, loop: asyncio.AbstractEventLoop | None
    ) -> Ticket:
        self._refuse_at_once()
        if not entry.may_enter(self.store.book):
            raise WrongBookError(f"{entry.event} does not belong into the log of {self.store.book}")
        if entry.detail != (detail.sha256 if detail else None):
            raise CommitmentError("detail: the entry names another ciphertext")
        data = entry.encode()
        row = Row(leaf_hash(data), data, detail.ciphertext if detail else None, entry.req)
        ticket = Ticket(row, within, time.monotonic() + self._deadline_s, loop)
        self._waiting.add(ticket)
        self._to_commit.put(ticket)
        return ticket

    def _refuse_at_once(self) -> None:
        """Nobody waits for what has not worked for longer than anybody would wait."""
        if self.read_only is not None:
            raise LogUnavailableError(Why.ROLLED_BACK) from self.read_only
        if self._stopped is not None:
            raise LogUnavailableError(self._stopped)
        if self._sealer_fault and time.monotonic() - self._faulty_since > self._deadline_s:
            raise LogUnavailableError(self._sealer_fault)
        if len(self._waiting) >= MOST_WAITING:
            raise LogUnavailableError(Why.OVERLOADED)

    def _refusal(self, ticket: Ticket) -> LogUnavailableError:
        if ticket.index is not None:
            return LogUnavailableError(self._sealer_fault or self._stopped or Why.SIGNER_HUNG)
        return LogUnavailableError(self._committer.fault or self._stopped or Why.DATABASE_BUSY)

    # --- the two threads -----------------------------------------------------------------------------------------

    def _run(self, work: Callable[[], None]) -> None:
        """An error that nobody foresaw ends the log rather than the promise."""
        try:
            work()
        except BaseException:
            self._stopped = self._stopped or Why.STOPPED
            self._to_seal.put(None)
            raise

    def _commit_all(self) -> None:
        while (first := self._to_commit.get()) is not None:
            batches, answers = self._committer.commit(self._drain(first))
            self._waiting.answer(answers)
            for batch in batches:
                self._to_seal.put(batch)
        self._to_seal.put(None)

    def _drain(self, first: Ticket) -> list[Ticket]:
        tickets, size = [first], len(first.row.data)
        while len(tickets) < MOST_IN_BATCH and size < MOST_BATCH_BYTES:
            try:
                ticket = self._to_commit.get_nowait()
            except Empty:
                break
            if ticket is None:
                self._to_commit.put(None)
                break
            tickets.append(ticket)
            size += len(ticket.row.data)
        return tickets

    def _seal_all(self) -> None:
        while (first := self._to_seal.get()) is not None:
            batches = [first]
            last = False
            while not self._to_seal.empty():
                batch = self._to_seal.get()
                last = last or batch is None
                batches += [batch] if batch else []
            self._seal(batches)
            if last:
                return

    def _seal(self, batches: list[Batch]) -> None:
        """Seal what is durable, and go on trying: entries whose callers were refused are to be signed as well."""
        while True:
            try:
                answers = self._sealer.seal(batches)
            except (SignerError, SignerGoneError, RolledBackError, SQLAlchemyError, psycopg.Error) as error:
                self._sealing_failed(error)
                if self._stopped or self.read_only:
                    return
                time.sleep(_RETRY_S)
                continue
            self._sealer_fault = None
            self._waiting.answer(answers)
            self._at_step(Step.WOKEN)
            return

    def _sealing_failed(self, error: Exception) -> None:
        if self._sealer_fault is None:
            self._faulty_since = time.monotonic()
        if isinstance(error, RolledBackError):
            self.read_only, self._sealer_fault = error, Why.ROLLED_BACK
        elif isinstance(error, SignerGoneError):
            self._sealer_fault = Why.SIGNER_HUNG if error.hung else Why.SIGNER_GONE
        elif isinstance(error, SignerError):
            self._sealer_fault = Why.SIGNER_REFUSES
        else:
            fault = fault_of(error)
            self._sealer_fault = fault.why
            if fault.lost:
                self.store.forget_connections()

    def close(self) -> None:
        """Finish what is under way, refuse the rest, and let go of database and signer."""
        self._stopped = self._stopped or Why.STOPPED
        self._to_commit.put(None)
        for thread in self._threads:
            thread.join(self._deadline_s)
        self._waiting.close()
        self.signer.close()
        self.store.close()

    @property
    def fault(self) -> Why | None:
        """Why an entry would be refused now, as far as the last tries showed; None while the log works."""
        if self.read_only is not None:
            return Why.ROLLED_BACK
        return self._stopped or self._sealer_fault or self._committer.fault

    # --- reading, for publishers, witnesses, auditors ------------------------------------------------------------

    def head(self) -> Head:
        """The durable tree, which may be a flush ahead of the signed one."""
        return self.store.head()

    def checkpoint(self, kind: CheckpointKind = "signed") -> StoredCheckpoint:
        """The latest durable checkpoint with the log's signature, or the latest with its witnesses'."""
        return self.store.checkpoint(kind)

    def entry_of(self, req: str) -> tuple[int, bytes]:
        """Index and canonical bytes of the entry of a request id, durable. Raises `MissingError` when there is none."""
        return self.store.entry_of(req)

    def entries(self, start: int, stop: int) -> list[bytes]:
        """Canonical bytes of the entries from `start` to `stop` (exclusive)."""
        return self.store.entries(start, stop)

    def read_tile(self, tile: Tile) -> bytes:
        """Bytes of a hash tile, full or partial, as `tiles.TileHashes` and a publisher want them."""
        return self.store.read_tile(tile)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        return proving.inclusion(self.store, index, size)

    def consistency(self, old: int, new: int) -> list[bytes]:
        return proving.consistency(self.store, old, new)

    def tlog_proof(self, index: int, kind: CheckpointKind = "signed") -> bytes:
        return proving.tlog_proof(self.store, index, kind)

    def publishable(self) -> StoredCheckpoint:
        """A durable checkpoint of about now with every line that the signer can write, for publication."""
        stored = self.store.checkpoint()
        if stored.size:
            try:
                return self._published(stored)
            except SignerElsewhereError:
                pass  # it was signed before the signer's last start
        signed = bring_up(self.store, self.signer, self.store.head())
        return self._published(StoredCheckpoint(signed.size, signed.note))

    def _published(self, stored: StoredCheckpoint) -> StoredCheckpoint:
        head = Checkpoint.parse(split_note(stored.note)[0])
        published = self.signer.publish(head.size, head.root)
        return StoredCheckpoint(published.size, published.note)

    def store_cosigned(self, size: int, note: bytes) -> None:
        """Keep the checkpoint that the witnesses have cosigned; the caller has verified their lines."""
        self.store.store_checkpoint("cosigned", size, note)
