"""Verbs of a worker on a job: take one, keep it, tell how far it is, let go of it. Matching is not done here.

1. Taking a job that waits needs no entry: the request has one. Taking it from a worker that was lost is an entry
   "retried", and giving it up after too many an entry "failed".
2. A thread of its own renews the lease, so that a long step does not lose it.
3. Whoever holds a job learns at its next word that the job was cancelled or taken (`LeaseLostError`).

May touch: database
Sees:      nothing personal
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from audit.events import Reason
from linkage import jobs as rules
from linkage.caller import Caller
from linkage.jobs import LEASE_MS, Failure, Job, JobState, LeaseLostError, Phase
from linkage.store import jobs
from linkage.unit import Unit, request_sha256

_STEP: Final = rules.WHOLE // 200
"""Progress is told in steps of half a percent."""

Move = Callable[[Job], Job]


def take_job(unit: Unit, caller: Caller, lease_ms: int = LEASE_MS) -> HeldJob | None:
    """The oldest job that waits, now this worker's; None when there is none."""
    with unit.database.reading() as connection:
        waiting = jobs.claimable(connection, unit.now_ms())
    for job in waiting:
        holder = secrets.token_hex(16)
        taken = rules.claim(job, holder, unit.now_ms(), lease_ms)
        if _put_claim(unit, caller, job, taken) and taken.state is JobState.RUNNING:
            return HeldJob(unit, caller, taken, holder, lease_ms)
    return None


def _put_claim(unit: Unit, caller: Caller, job: Job, taken: Job) -> bool:
    def note(connection: Connection) -> None:
        if not jobs.put(connection, job, taken, unit.now_ms()):
            raise LeaseLostError("job: another worker was quicker")

    try:
        if job.state is JobState.QUEUED:
            with unit.database.writing() as connection:
                note(connection)
        else:
            change = "failed" if taken.state is JobState.FAILED else "retried"
            _enter(unit, caller, job, change, note)
    except LeaseLostError:
        return False
    return True


@dataclass
class HeldJob:
    """A job in the hands of this worker. `tell` and the renewing thread may be called at once."""

    unit: Unit
    caller: Caller
    job: Job
    holder: str
    lease_ms: int = LEASE_MS
    _phase: Phase = Phase.STAGING
    _fraction: float = 0.0
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, phase: Phase, fraction: float) -> None:
        """So far; written when it is worth it. Raises `LeaseLostError` when the job is somebody else's matter now."""
        with self._turn:
            is_new = phase is not self._phase
            self._phase, self._fraction = phase, fraction
            if is_new or rules.share(phase, fraction) >= self.job.done + _STEP:
                self._renew()

    def renew(self) -> None:
        """Keep it; the same error."""
        with self._turn:
            self._renew()

    def finish(self, connection: Connection, move: Callable[[Job, str], Job]) -> None:
        """End it in the transaction of its entry; the same error."""
        found = jobs.locked(connection, self.job.id)
        if found is None:
            raise LeaseLostError("job: erased")
        jobs.put(connection, found, move(found, self.holder), self.unit.now_ms())

    def fail(self, failure: Failure) -> None:
        """Enter that it failed; nothing if it is no longer ours."""

        def note(connection: Connection) -> None:
            self.finish(connection, lambda job, holder: rules.fail(job, holder, self.unit.now_ms(), failure))

        try:
            _enter(self.unit, self.caller, self.job, "failed", note)
        except LeaseLostError:
            return

    def give_back(self) -> None:
        """Let another worker have it; nothing if it is no longer ours."""
        try:
            with self.unit.database.writing() as connection:
                self.finish(connection, rules.give_back)
        except LeaseLostError:
            return

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renew the lease while the block lasts. A renewal that fails is tried again; the next word tells."""
        done = threading.Event()

        def keep() -> None:
            while not done.wait(self.lease_ms / 4000):
                try:
                    self.renew()
                except LeaseLostError:
                    return
                except Exception:  # noqa: S112  (a database that is busy for a moment; the lease is four times longer)
                    continue

        thread = threading.Thread(target=keep, name="job-lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _renew(self) -> None:
        with self.unit.database.writing() as connection:
            found = jobs.locked(connection, self.job.id)
            if found is None:
                raise LeaseLostError("job: erased")
            now = self.unit.now_ms()
            after = rules.renew(found, self.holder, now, self._phase, self._fraction, self.lease_ms)
            jobs.put(connection, found, after, now)
        self.job = after


def _enter(unit: Unit, caller: Caller, job: Job, change: str, note: Callable[[Connection], None]) -> None:
    facts = {"project": job.project, "job": job.id, "change": change}
    request = request_sha256({"project": job.project, "job": job.id, "change": change})
    decision = unit.allow(Reason.ENTITLED_ROLE)
    unit.enter(caller, "job.change", facts, within=note, decision=decision, input=request, prev=job.id)
