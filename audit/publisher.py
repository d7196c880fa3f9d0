"""Keep a log public: have it cosigned and published on a clock, beat when it is quiet, write down a witness gap.

Each turn, in one process of the service at a time (the others wait for its lock):
1. A log without a new entry for `heartbeat_s` gets a heartbeat, which shows that it was alive and hides quiet hours.
2. The present checkpoint is signed with every key and shown to the witnesses; without their quorum nothing further.
   The cosigned checkpoint is stored.
3. It is published.
4. A gap longer than `longest_gap_s` is an entry when it opens and when it closes; inside it, `require_witnesses` and
   `witnessed` refuse, so acts that demand witnesses stop.
A turn that somebody woke, who waits for the witnesses, is step 2 alone; the others follow at the next turn of the
clock, and after twice its time whatever happens.

It never stands in the way of an append. What goes wrong is in `health().publishing_fault` and is tried again.

May touch: network (witnesses), disk (the published folder), database
Sees:      hashes, and entries as bytes
"""

from __future__ import annotations

import asyncio
import fcntl
import math
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from audit.entry import Actor, Entry
from audit.errors import AuditError
from audit.faults import fault_of
from audit.health import Health, gap_of, health_of
from audit.merkle import Hashes
from audit.proving import hashes_of, tlog_proof_under
from audit.publish import publish
from audit.refusals import LogUnavailableError, Why
from audit.request_id import new_request_id
from audit.shapes import Fact
from audit.site import Site
from audit.store import CheckpointKind, StoredCheckpoint
from audit.witness_client import Witnesses

_ACTOR: Final = Actor("publisher", "log", "service", "none", "service")
_LOOK_S: Final = 0.05
"""Where another process publishes, nobody tells us."""


@dataclass(frozen=True, slots=True)
class WitnessedReceipt:
    """For other programs: the entry's bytes and its `.tlog-proof`, whose checkpoint the policy's quorum cosigned."""

    entry: bytes
    proof: bytes


class Publisher:
    """A context; inside it the log is published. Every process of a service opens one."""

    def __init__(
        self,
        site: Site,
        *,
        every_s: float = 1.0,
        heartbeat_s: float = 600.0,
        longest_gap_s: float = 600.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._site, self._every_s, self._heartbeat_s = site, every_s, heartbeat_s
        self._longest_gap_s, self._clock = longest_gap_s, clock
        self._fault: str | None = None
        self._gap_is_open = False
        self._seen, self._seen_at = -1, 0.0
        self._shown: tuple[int, float] = (-1, 0.0)
        self._unpublished: bytes | None = None
        self._whole_at = -math.inf
        self._hashes: Hashes = hashes_of(site.log.store, 0)
        self._cosigned = threading.Condition()
        self._started_at = clock()
        self._ends = threading.Event()
        self._wakes = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="audit-publish", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.set()
        self._wakes.set()
        self._thread.join()

    # --- what the service asks -----------------------------------------------------------------------------------

    def health(self) -> Health:
        """How the log stands, for a health page. Raises what the database raises."""
        site = self._site
        return health_of(
            site.log, site.place.published, site.keys, site.policy, self._clock(), self._longest_gap_s, self._fault
        )

    def require_witnesses(self) -> None:
        """Before an act that demands witnesses. Raises `LogUnavailableError` when the quorum is silent too long."""
        if not self._is_recent(self._site.log.checkpoint("cosigned")):
            raise LogUnavailableError(Why.WITNESS_GAP)

    def wake(self) -> None:
        """Ask for a turn now: somebody waits for the witnesses. Without effect where another process publishes."""
        self._wakes.set()

    def witnessed(self, index: int, wait_s: float = 10.0) -> WitnessedReceipt:
        """The entry at `index` with its `proof`."""
        proof = self.proof(index, wait_s)
        (entry,) = self._site.log.entries(index, index + 1)
        return WitnessedReceipt(entry, proof)

    def proof(self, index: int, wait_s: float = 10.0) -> bytes:
        """The tlog-proof of an entry, once the quorum has cosigned a tree that holds it. Raises `LogUnavailableError`.

        Shortly after a start no quorum can have been asked yet; then a gap is waited out as well.
        """
        end = time.monotonic() + wait_s
        kind: CheckpointKind = "signed" if self._site.policy is None or self._site.policy.quorum is None else "cosigned"
        while (shown := self._shown_with(index, kind, wait_s)) is None:
            if time.monotonic() > end:
                raise LogUnavailableError(Why.WITNESS_GAP)
            self.wake()
            with self._cosigned:  # looked at once more inside, or what happens in between would be slept through
                if self._site.log.checkpoint(kind).size <= index:
                    self._cosigned.wait(_LOOK_S)
        return tlog_proof_under(self._site.log.store, index, shown)

    def _shown_with(self, index: int, kind: CheckpointKind, wait_s: float) -> StoredCheckpoint | None:
        """The checkpoint, if it covers the entry; raises when the quorum is silent, but not just after a start."""
        stored = self._site.log.checkpoint(kind)
        if not self._is_recent(stored):
            if self._clock() - self._started_at >= wait_s:
                raise LogUnavailableError(Why.WITNESS_GAP)
            return None
        return stored if stored.size > index else None

    def _is_recent(self, stored: StoredCheckpoint) -> bool:
        """Whether the policy's quorum, if it has one, cosigned this not too long ago."""
        gap = gap_of(stored.note, self._site.keys, self._site.policy, self._clock())
        return gap is not None and gap <= self._longest_gap_s

    # --- the clock -----------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while not self._ends.is_set():
            lock = self._take_turn()
            if lock is None:
                await self._sleep()
                continue
            witnesses = self._witnesses()
            try:
                is_hurried = False
                while not self._ends.is_set():
                    await self._turn(witnesses, is_hurried)
                    is_hurried = await self._sleep()
            finally:
                if witnesses is not None:
                    await witnesses.close()
                os.close(lock)

    async def _turn(self, witnesses: Witnesses | None, is_hurried: bool) -> None:
        """One turn; whatever fails is said in `health` and tried again at the next."""
        is_whole = not is_hurried or time.monotonic() - self._whole_at >= 2 * self._every_s
        try:
            if self._site.log.read_only is None:
                if is_whole:
                    await asyncio.to_thread(self._beat)  # 1
                await self._show(witnesses)  # 2
                if is_whole:
                    await asyncio.to_thread(self._publish)  # 3
                    await asyncio.to_thread(self._mind_the_gap)  # 4
                    self._whole_at = time.monotonic()
        except AuditError as error:
            self._fault = str(error)
        except OSError as error:
            self._fault = f"the published folder: {error.strerror}"
        except (SQLAlchemyError, psycopg.Error) as error:
            self._fault = str(fault_of(error).why)

    def _beat(self) -> None:
        size, now = self._site.log.head().size, self._clock()
        if size != self._seen:
            self._seen, self._seen_at = size, now
        elif now - self._seen_at >= self._heartbeat_s:
            self._append("heartbeat")

    async def _show(self, witnesses: Witnesses | None) -> None:
        log, now = self._site.log, self._clock()
        size, shown_at = self._shown
        if log.checkpoint().size != size or (witnesses is not None and now - shown_at >= self._longest_gap_s / 4):
            await self._cosign(witnesses, now)

    def _publish(self) -> None:
        if self._unpublished is not None:
            site = self._site
            publish(site.log, site.place.published, site.published_keys, self._unpublished)
            self._unpublished = None

    async def _cosign(self, witnesses: Witnesses | None, now: float) -> None:
        """Have the present tree cosigned, and tell whoever waits for that."""
        log = self._site.log
        stored = await asyncio.to_thread(log.publishable)
        note = stored.note
        if witnesses is not None:
            self._hashes = hashes_of(log.store, stored.size)
            witnessed = await witnesses.submit(note)
            if not witnessed.is_quorum:
                said = "; ".join(f"{url}: {outcome}" for url, outcome in witnessed.outcomes.items())
                self._fault = f"no quorum of witnesses: {said}"
                return
            note = witnessed.note
            log.store_cosigned(stored.size, note)
            with self._cosigned:
                self._cosigned.notify_all()
        self._shown, self._unpublished, self._fault = (stored.size, now), note, None

    def _mind_the_gap(self) -> None:
        site = self._site
        if site.policy is None or site.policy.quorum is None:
            return
        cosigned = site.log.checkpoint("cosigned")
        gap = gap_of(cosigned.note, site.keys, site.policy, self._clock())
        seconds = int(self._clock() - self._started_at) if gap is None else gap
        is_open = seconds > self._longest_gap_s
        if is_open != self._gap_is_open:
            facts: dict[str, Fact] = {
                "witness": "quorum",
                "size": cosigned.size,
                "seconds": max(0, seconds),
                "closed": not is_open,
            }
            self._append("witness.gap", facts)
            self._gap_is_open = is_open

    def _append(self, event: str, facts: Mapping[str, Fact] | None = None) -> None:
        now = int(self._clock() * 1000)
        self._site.log.append_and_wait(Entry(event, now, new_request_id(now), _ACTOR, facts=dict(facts or {})))

    def _witnesses(self) -> Witnesses | None:
        policy = self._site.policy
        if policy is None or policy.quorum is None:
            return None
        return Witnesses(policy, lambda level, index: self._hashes(level, index), self._clock)

    def _take_turn(self) -> int | None:
        lock = os.open(self._site.place.state / "publisher", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        return lock

    async def _sleep(self) -> bool:
        """Whether somebody woke us before the clock did."""
        is_hurried = await asyncio.to_thread(self._wakes.wait, self._every_s)
        self._wakes.clear()
        return is_hurried
