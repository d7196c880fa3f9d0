"""Refused credentials in the log: the first of its kind at once, the following ones counted, an entry a minute.

A stranger decides how often he is refused; an entry for each would let him fill the log. What is counted and not yet
written is written when the minute is over, or when the process ends. A refusal is not an act: one that the log does
not take now is counted on.

May touch: what `write` touches
Sees:      names of rules
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Final

import structlog

from audit.entry import Actor
from audit.errors import AuditError
from audit.events import Reason
from audit.shapes import Fact
from linkage.caller import Caller
from linkage.unit import Unit

EVERY_S: Final = 60.0
STRANGER: Final = Caller(Actor("stranger", "unknown", "stranger", "none", "none"))

log = structlog.get_logger("auth")


class Refusals:
    """Counts by rule; `write(rule, count)` puts an entry and may raise `AuditError`. Thread-safe."""

    def __init__(self, write: Callable[[str, int], None], clock: Callable[[], float], every_s: float = EVERY_S) -> None:
        self._write, self._clock, self._every_s = write, clock, every_s
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._due: dict[str, float] = {}
        self._timer: threading.Timer | None = None

    def note(self, rule: str) -> None:
        """One more refusal by this rule."""
        with self._lock:
            self._counts[rule] += 1
            now = self._clock()
            if now < self._due.get(rule, now):
                self._wait()
                return
            self._due[rule] = now + self._every_s
        self._tell(rule)

    def close(self) -> None:
        """Write what is counted; nothing may be noted after it."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
        self._tell_all()

    def _wait(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(self._every_s, self._tell_all)
            self._timer.daemon = True
            self._timer.start()

    def _tell_all(self) -> None:
        with self._lock:
            self._timer = None
            waiting = [rule for rule, count in self._counts.items() if count]
        for rule in waiting:
            self._tell(rule)

    def _tell(self, rule: str) -> None:
        with self._lock:
            count = self._counts.pop(rule, 0)
        if not count:
            return
        try:
            self._write(rule, count)
        except AuditError as error:
            log.error("refusals not in the log yet", kind=type(error).__name__)
            with self._lock:
                self._counts[rule] += count


def token_refusals(unit: Unit, clock: Callable[[], float]) -> Refusals:
    """Of tokens, assertions and proofs."""

    def write(rule: str, count: int) -> None:
        reason = Reason.REPEATED if rule == "replayed" else Reason.CREDENTIAL_WRONG
        unit.enter(STRANGER, "token.refuse", {"rule": rule, "count": count}, decision=unit.deny(reason))

    return Refusals(write, clock)


def login_refusals(unit: Unit, clock: Callable[[], float]) -> Refusals:
    """Of people's sign-ins and sessions."""

    def write(rule: str, count: int) -> None:
        facts: dict[str, Fact] = {"rule": rule, "count": count}
        unit.enter(STRANGER, "login.refuse", facts, decision=unit.deny(Reason.CREDENTIAL_WRONG))

    return Refusals(write, clock)
