"""A reviewer decides the pair he has a seat on; whether that settles it is not told."""

from __future__ import annotations

from sqlalchemy import Connection

from audit.events import Reason
from audit.request_id import new_request_id
from linkage.caller import Caller
from linkage.flows.take_pair import seen_tag
from linkage.refusals import Refused, Why
from linkage.review import State, Verdict
from linkage.store import decisions, review
from linkage.store.review_rows import Decision
from linkage.unit import Unit, request_sha256


def decide_pair(unit: Unit, caller: Caller, project: str, item: str, seen: str, verdict: Verdict) -> str:
    """Record a decision on what was seen under the tag `seen`; returns the decision's id, by which it is undone."""
    reviewer, now = caller.actor.pseudonym, unit.now_ms()
    req = new_request_id(now)

    def decide(connection: Connection) -> None:
        found = review.find(connection, project, item)
        if found is None:
            raise Refused(Why.NOT_FOUND, "review item: none with this id")
        if any(each.reviewer == reviewer for each in decisions.standing_decisions(connection, found)):
            raise Refused(Why.SAME_PERSON, "review item: you have decided it", hint="undo first, to decide otherwise")
        if found.state is not State.OPEN:
            raise Refused(Why.WRONG_STATE, "review item: not open", hint="take the next pair")
        seats = decisions.seats(connection, item)
        if not any(seat.reviewer == reviewer and seat.until_ms > now for seat in seats):
            raise Refused(Why.WRONG_STATE, "review item: you hold no seat on it", hint="take the next pair")
        if seen_tag(found) != seen:
            raise Refused(Why.STALE, "review item: changed since you took it", hint="take the next pair")
        decisions.add_decision(connection, Decision(req, item, found.round, reviewer, verdict, now, None))
        decisions.leave_seat(connection, item, reviewer)
        decisions.settle(connection, item)

    request = {"project": project, "item": item, "seen": seen, "verdict": str(verdict)}
    facts = {"project": project, "item": item, "verdict": str(verdict)}
    decision = unit.allow(Reason.ENTITLED_ROLE)
    parts = {"decision": decision, "input": request_sha256(request)}
    unit.enter(caller, "review.decide", facts, within=decide, req=req, **parts)
    return req
