"""What checks need from the worker: ask the half that a crash left waiting, end the half whose day has passed."""

from __future__ import annotations

from sqlalchemy import Connection

from audit.events import Reason
from linkage.caller import Caller
from linkage.checks import CheckState
from linkage.flows.answer_check import end_half
from linkage.flows.ask_custodians import enter_asked, to_asked
from linkage.refusals import Refused, Why
from linkage.store import checks
from linkage.store.checks import Check
from linkage.unit import Unit, request_sha256


def follow_checks(unit: Unit, caller: Caller) -> int:
    """Do what is due; returns how much was done. Safe to run in several workers."""
    with unit.database.reading() as connection:
        waiting, late = checks.waiting(connection), checks.overdue(connection, unit.now_ms())
    steps = [(_ask, half) for half in waiting] + [(_expire, half) for half in late]
    return sum(step(unit, caller, half) for step, half in steps)


def _ask(unit: Unit, caller: Caller, half: Check) -> bool:
    try:
        enter_asked(unit, caller, half, lambda connection: to_asked(connection, half))
    except Refused:
        return False  # another worker was quicker
    return True


def _expire(unit: Unit, caller: Caller, half: Check) -> bool:
    def expire(connection: Connection) -> None:
        if checks.state_of(connection, half.id) is not CheckState.ASKED:
            raise Refused(Why.WRONG_STATE, "check: not open")
        end_half(connection, half, CheckState.EXPIRED, unit.now_ms())

    facts = {"project": half.project, "check": half.id, "agency": half.agency, "change": "expired"}
    request = request_sha256({"project": half.project, "check": half.id})
    allowed = unit.allow(Reason.DEADLINE_PASSED)
    try:
        unit.enter(caller, "check.change", facts, within=expire, decision=allowed, input=request, prev=half.id)
    except Refused:
        return False
    return True
