"""A custodian answers a check of its own record; nobody at another agency learns of it.

A correction itself travels as any other (`PUT …/records/{handle}`); this says that it was made. When nothing is open
any more, the pair returns to the queue.
"""

from __future__ import annotations

from sqlalchemy import Connection

from audit.events import Reason
from linkage.caller import Caller
from linkage.checks import Answer, CheckState, Outcome, outcome
from linkage.refusals import Refused, Why
from linkage.review import State
from linkage.store import checks, decisions, review
from linkage.store.checks import Check
from linkage.unit import Unit, request_sha256


def answer_check(unit: Unit, caller: Caller, project: str, check: str, version: int, answer: Answer) -> None:
    """Record the answer; `version` is the one that was read."""
    agency = caller.agency or ""
    now = unit.now_ms()

    def note(connection: Connection) -> None:
        found = checks.find(connection, project, agency, check)
        if found is None:
            raise Refused(Why.NOT_FOUND, "check: none with this id")
        if found.state is not CheckState.ASKED:
            raise Refused(Why.WRONG_STATE, "check: not open")
        if found.version != version:
            raise Refused(Why.STALE, "check: changed since it was read")
        end_half(connection, found, CheckState(answer), now)

    facts = {"project": project, "check": check, "agency": agency, "change": str(answer)}
    request = request_sha256({"project": project, "check": check, "answer": str(answer)})
    allowed = unit.allow(Reason.OWN_RECORDS)
    unit.enter(caller, "check.change", facts, within=note, decision=allowed, input=request, prev=check)


def end_half(connection: Connection, half: Check, state: CheckState, now_ms: int) -> None:
    """One half is over; perhaps the pair goes back to the queue."""
    checks.set_state(connection, half.id, state, now_ms)
    item = review.find(connection, half.project, half.item)
    if item is None or item.state is not State.ASKED:
        return
    match outcome(list(checks.states(connection, item.id, item.round).elements())):
        case Outcome.AGAIN:
            decisions.begin_round(connection, item.id)
        case Outcome.NOTHING:
            decisions.settle(connection, item.id)
        case Outcome.WAIT:
            pass
