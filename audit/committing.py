"""One transaction for everybody who waits: steps 1 to 5 of `flush.py`, and what to do when the database objects.

Promise: when `commit` hands out a batch, its entries are durable at the indexes that it says. It signs nothing and
answers only those who will never have an entry. Three rules carry the faults:

- a COMMIT whose answer was lost is decided by taking the head's lock and looking the request ids up, never by guessing;
- a request id that is in the log with the same bytes is that entry, with other bytes a refusal;
- a transaction that fails for no reason of the database's is repeated one caller at a time, so that one caller's bad
  row costs nobody else a receipt.

May touch: database
Sees:      entries, as bytes
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from audit.faults import fault_of, is_conflict
from audit.flush import Hook, Step
from audit.growth import grow
from audit.refusals import LogUnavailableError, RequestReusedError, Why
from audit.store import Head, Row, Store
from audit.waiting import Answer, Ticket

_PAUSE_S: Final = 0.02
_CROWDED: Final = 32
"""Batches for which a worker takes the lock first after it has met another worker."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Tickets whose entries are durable, in trees up to `head`. `old` and `leaves` (32 bytes each) are what was
    appended; both are empty of meaning (`leaves` is b"") when every ticket stood in the log before."""

    tickets: tuple[Ticket, ...]
    old: int
    leaves: bytes
    head: Head


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Of one try: the batch, and those who are answered without one."""

    batch: Batch
    refused: list[Answer]


class _After(Enum):
    AGAIN = "again"
    SPLIT = "one by one"


class Committer:
    """Commits batches, one at a time. `fault` says what the last transaction died of, until one passes."""

    def __init__(self, store: Store, at_step: Hook) -> None:
        self._store, self._at_step = store, at_step
        self.fault: Why | None = None
        self._seen: Head | None = None
        self._crowded = 0

    def commit(self, tickets: Sequence[Ticket]) -> tuple[list[Batch], list[Answer]]:
        """Make these entries durable. Returns batches in their order and the answers to those who got no entry."""
        batches: list[Batch] = []
        answers: list[Answer] = []
        once, repeated = _part(tickets)
        groups = deque([(once, False), (repeated, True)])
        while groups:
            group, look_up = groups.popleft()
            now = time.monotonic()
            group = [ticket for ticket in group if not ticket.done and ticket.deadline > now]
            if not group:
                continue
            try:
                outcome = self._try(group, look_up)
            except (SQLAlchemyError, psycopg.Error) as error:
                after = self._after(error, group, look_up)
                if isinstance(after, LogUnavailableError):
                    answers += [(ticket, after) for ticket in group]
                elif after is _After.SPLIT:
                    groups.extendleft(([ticket], True) for ticket in reversed(group))
                else:
                    groups.appendleft((group, True))
                continue
            self.fault = None
            batches.append(outcome.batch)
            answers += outcome.refused
        return batches, answers

    def _after(self, error: Exception, group: list[Ticket], looked_up: bool) -> LogUnavailableError | _After:
        """What to do about a failed transaction: give up with a reason, or try again, together or one by one."""
        fault = fault_of(error)
        if is_conflict(error):
            if not looked_up:
                return _After.AGAIN  # probably a request id that was used before: the next try looks them all up
            return _After.SPLIT if len(group) > 1 else LogUnavailableError(Why.DATABASE_FAULT)
        self.fault = fault.why
        if fault.lost:
            self._store.forget_connections()
        if fault.again:
            time.sleep(_PAUSE_S)
            return _After.AGAIN
        if fault.why is Why.DATABASE_FAULT and len(group) > 1:
            return _After.SPLIT
        return LogUnavailableError(fault.why)

    def _try(self, tickets: list[Ticket], look_up: bool) -> _Outcome:
        if not look_up:
            batch = self._try_at_once(tickets)
            if batch is not None:
                return _Outcome(batch, [])
        refused: list[Answer] = []
        with self._store.writing() as connection:
            head = self._store.lock_head(connection)
            self._at_step(Step.LOCKED)
            fresh, known = self._sort(connection, tickets, look_up, refused)
            fresh = self._join(connection, fresh, refused)
            self._at_step(Step.JOINED)
            batch = self._write(connection, head, fresh)
        return _Outcome(self._committed(head, batch, known), refused)

    def _try_at_once(self, tickets: list[Ticket]) -> Batch | None:
        """Steps 1 to 5 in one statement, when nobody joins it and no other worker is seen to write; else None."""
        head, self._seen = self._seen, None
        if not self._store.appends_at_once or head is None or any(ticket.within for ticket in tickets):
            return None
        rows = [ticket.row for ticket in tickets]
        growth = grow(head.frontier, [row.leaf for row in rows])
        self._at_step(Step.LOCKED)
        moved = self._store.append_at_once(head, rows, growth)
        if moved is None:
            self._crowded = _CROWDED
            return None
        return self._committed(head, Batch(tuple(tickets), head.size, _joined(rows), moved), [])

    def _committed(self, head: Head, batch: Batch, known: Sequence[Ticket]) -> Batch:
        self._at_step(Step.COMMITTED)
        for at, ticket in enumerate(batch.tickets):
            ticket.index = head.size + at
        self._crowded = max(0, self._crowded - 1)
        self._seen = None if self._crowded else batch.head
        return replace(batch, tickets=(*batch.tickets, *known)) if known else batch

    def _sort(
        self, connection: Connection, tickets: list[Ticket], look_up: bool, refused: list[Answer]
    ) -> tuple[list[Ticket], list[Ticket]]:
        """Part the tickets into those to be written and those whose entry stands in the log already."""
        stands = self._store.find_requests(connection, [t.row.req for t in tickets]) if look_up else {}
        fresh: list[Ticket] = []
        known: list[Ticket] = []
        for ticket in tickets:
            if ticket.row.req not in stands:
                fresh.append(ticket)
                continue
            index, leaf = stands[ticket.row.req]
            if leaf == ticket.row.leaf:
                ticket.index = index
                known.append(ticket)
            else:
                refused.append((ticket, RequestReusedError("the request id stands in the log with other bytes")))
        return fresh, known

    def _join(self, connection: Connection, tickets: list[Ticket], refused: list[Answer]) -> list[Ticket]:
        """Let callers write their own rows; whoever raises loses those rows and its place in the batch, alone."""
        if not any(ticket.within for ticket in tickets):
            return tickets
        joined: list[Ticket] = []
        for ticket in tickets:
            if ticket.within is not None:
                savepoint = connection.begin_nested()
                try:
                    ticket.within(connection)
                    savepoint.commit()
                except Exception as error:
                    if isinstance(error, DBAPIError) and fault_of(error).lost:
                        raise
                    savepoint.rollback()
                    refused.append((ticket, error))
                    continue
            joined.append(ticket)
        return joined

    def _write(self, connection: Connection, head: Head, tickets: list[Ticket]) -> Batch:
        if not tickets:
            return Batch((), head.size, b"", head)
        rows = [ticket.row for ticket in tickets]
        growth = grow(head.frontier, [row.leaf for row in rows])
        self._store.insert_entries(connection, head.size, rows)
        self._store.insert_nodes(connection, growth.nodes)
        self._at_step(Step.INSERTED)
        moved = self._store.move_head(connection, growth.frontier)
        self._at_step(Step.MOVED)
        return Batch(tuple(tickets), head.size, _joined(rows), moved)


def _joined(rows: Sequence[Row]) -> bytes:
    return b"".join([row.leaf for row in rows])


def _part(tickets: Sequence[Ticket]) -> tuple[list[Ticket], list[Ticket]]:
    """The first ticket of each request id, and those that repeat one of them."""
    once: dict[str, Ticket] = {}
    repeated = [ticket for ticket in tickets if once.setdefault(ticket.row.req, ticket) is not ticket]
    return list(once.values()), repeated
