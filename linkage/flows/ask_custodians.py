"""Ask both custodians of a pair that stayed unsure to check their own record, each alone.

1. One entry and one transaction: the pair is with its custodians, one half is asked, the other waits.
2. One entry for the other half. Should the process die in between, `follow_checks` writes it.

Which half comes first is drawn, so that nothing can be read from the order.
"""

from __future__ import annotations

import secrets

from sqlalchemy import Connection

from audit.events import Reason
from audit.request_id import new_request_id
from audit.waiting import Within
from linkage.caller import Caller
from linkage.checks import DUE_MS, CheckReason, CheckState
from linkage.refusals import Refused, Why
from linkage.review import State, Verdict
from linkage.store import checks, review
from linkage.store.checks import Check
from linkage.store.deliveries import announce
from linkage.store.review_rows import Item
from linkage.unit import Unit, request_sha256
from linkage.webhooks.kinds import Kind


def ask_custodians(unit: Unit, caller: Caller, project: str, item: str, reason: CheckReason) -> None:
    """The pair must be settled as unsure."""
    with unit.database.reading() as connection:
        found = review.find(connection, project, item)
    if found is None:
        raise Refused(Why.NOT_FOUND, "review item: none with this id")
    _must_be_unsure(found)
    now = unit.now_ms()
    sides = [(found.agency_a, found.handle_a), (found.agency_b, found.handle_b)]
    secrets.SystemRandom().shuffle(sides)
    halves = [
        Check(new_request_id(now), item, project, agency, handle, reason, state, now, now + DUE_MS, 1)
        for (agency, handle), state in zip(sides, (CheckState.ASKED, CheckState.WAITING), strict=True)
    ]

    def ask(connection: Connection) -> None:
        again = review.find(connection, project, item)
        if again is None:
            raise Refused(Why.NOT_FOUND, "review item: none with this id")
        _must_be_unsure(again)
        for half in halves:
            checks.add(connection, half, again.round)
        review.set_asked(connection, item)
        _tell(connection, halves[0])

    enter_asked(unit, caller, halves[0], ask)  # 1
    enter_asked(unit, caller, halves[1], lambda connection: to_asked(connection, halves[1]))  # 2


def to_asked(connection: Connection, half: Check) -> None:
    """The half is asked by this transaction. Raises `Refused` if another was quicker."""
    if checks.state_of(connection, half.id) is not CheckState.WAITING:
        raise Refused(Why.WRONG_STATE, "check: not waiting")
    checks.set_state(connection, half.id, CheckState.ASKED, 0)
    _tell(connection, half)


def enter_asked(unit: Unit, caller: Caller, half: Check, within: Within) -> None:
    """The entry of one half, with its rows."""
    facts = {"project": half.project, "check": half.id, "agency": half.agency, "change": "asked"}
    request = request_sha256({"project": half.project, "item": half.item, "reason": str(half.reason)})
    allowed = unit.allow(Reason.REVIEWED)
    unit.enter(caller, "check.change", facts, within=within, req=half.id, decision=allowed, input=request)


def _tell(connection: Connection, half: Check) -> None:
    data = {"project": half.project, "check": half.id}
    announce(connection, half.agency, Kind.CHECK_REQUESTED, data, half.asked_ms)


def _must_be_unsure(item: Item) -> None:
    if item.state is not State.SETTLED or item.verdict is not Verdict.UNSURE:
        raise Refused(Why.WRONG_STATE, "review item: not settled as unsure")
