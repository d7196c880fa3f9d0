"""Those who wait for a receipt: each gets exactly one answer, at the latest when the deadline has passed.

A caller waits on an event loop or in a thread; neither is ever blocked by a database or signer that hangs, because a
watch of its own hands out the refusals. It knows nothing of entries, transactions or signatures.

May touch: nothing (threads only)
Sees:      entries, as bytes
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final

from sqlalchemy import Connection

from audit.receipt import Receipt
from audit.store import Row

TICK_S: Final = 0.05
"""How often the watch looks; a refusal comes at most this much after the deadline."""

Within = Callable[[Connection], None]
"""A caller's own rows, written in the transaction of its entry. Short, and ready to run again after a rollback."""


class Ticket:
    """One waiting caller. `index` is set when the entry is durable, `done` once it has been answered."""

    __slots__ = ("deadline", "done", "future", "index", "loop", "row", "within")

    def __init__(
        self, row: Row, within: Within | None, deadline: float, loop: asyncio.AbstractEventLoop | None
    ) -> None:
        self.row, self.within, self.deadline, self.loop = row, within, deadline, loop
        self.index: int | None = None
        self.done = False
        self.future: asyncio.Future[Receipt] | Future[Receipt]
        self.future = Future() if loop is None else loop.create_future()

    def answer(self, outcome: Receipt | BaseException) -> None:
        """Give the answer, in the caller's own thread or loop. Only the first one counts."""
        future = self.future
        if future.done():
            return
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)


Answer = tuple[Ticket, Receipt | BaseException]


class Waiting:
    """All tickets that are open. Thread-safe."""

    def __init__(self, refusal: Callable[[Ticket], BaseException]) -> None:
        self._refusal = refusal
        self._open: deque[Ticket] = deque()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._watch = threading.Thread(target=self._refuse_the_late, name="audit-watch", daemon=True)
        self._watch.start()

    def __len__(self) -> int:
        return len(self._open)

    def add(self, ticket: Ticket) -> None:
        """Tickets come in the order of their deadlines, since all callers wait equally long."""
        self._open.append(ticket)

    def answer(self, answers: Sequence[Answer]) -> None:
        """Answer many callers with one wake-up for each event loop."""
        by_loop: dict[asyncio.AbstractEventLoop | None, list[Answer]] = {}
        with self._lock:
            for answer in answers:
                if not answer[0].done:
                    answer[0].done = True
                    by_loop.setdefault(answer[0].loop, []).append(answer)
        for loop, group in by_loop.items():
            if loop is None:
                _deliver(group)
            elif not loop.is_closed():
                try:
                    loop.call_soon_threadsafe(_deliver, group)
                except RuntimeError:
                    continue  # the loop was closed meanwhile; nobody waits there any more

    def close(self) -> None:
        """Refuse everybody who still waits and end the watch."""
        self._stop.set()
        self._watch.join()
        self.answer([(ticket, self._refusal(ticket)) for ticket in list(self._open)])
        self._open.clear()

    def _refuse_the_late(self) -> None:
        while not self._stop.wait(TICK_S):
            now, late = time.monotonic(), []
            while self._open and (self._open[0].done or self._open[0].deadline <= now):
                ticket = self._open.popleft()
                if not ticket.done:
                    late.append(ticket)
            self.answer([(ticket, self._refusal(ticket)) for ticket in late])


def _deliver(answers: Sequence[Answer]) -> None:
    for ticket, outcome in answers:
        ticket.answer(outcome)
