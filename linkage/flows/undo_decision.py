"""Take a decision back: by whoever gave it, or, for a settled pair, by the operator for all who decided.

The decision stays on record and counts no more; the pair is open again, and its reviewer may decide it anew.
"""

from __future__ import annotations

from sqlalchemy import Connection

from audit.events import Reason
from linkage.caller import Caller
from linkage.refusals import Refused, Why
from linkage.review import State
from linkage.store import decisions, review
from linkage.unit import Unit, request_sha256


def undo_decision(unit: Unit, caller: Caller, project: str, decision: str) -> None:
    """Undo one's own decision."""
    with unit.database.reading() as connection:
        given = decisions.find(connection, project, decision)
    if given is None or given.reviewer != caller.actor.pseudonym:
        raise Refused(Why.NOT_FOUND, "decision: you gave none with this id")

    def undo(connection: Connection) -> None:
        now = decisions.find(connection, project, decision)
        item = review.find(connection, project, given.item)
        if now is None or item is None:
            raise Refused(Why.NOT_FOUND, "decision: you gave none with this id")
        if now.undone_ms is not None:
            raise Refused(Why.WRONG_STATE, "decision: undone already")
        if now.round != item.round or item.state not in (State.OPEN, State.SETTLED):
            raise Refused(Why.WRONG_STATE, "decision: the pair has moved on, it counts no more")
        decisions.undo_decision(connection, decision, unit.now_ms())
        decisions.settle(connection, item.id)

    facts = {"project": project, "item": given.item}
    request = request_sha256({"project": project, "decision": decision})
    allowed = unit.allow(Reason.OWN_RECORDS)
    unit.enter(caller, "review.undo", facts, within=undo, decision=allowed, input=request, prev=decision)


def reopen_pair(unit: Unit, caller: Caller, project: str, item: str) -> None:
    """Undo all decisions of a settled pair: a new round, for two people again."""
    with unit.database.reading() as connection:
        found = review.find(connection, project, item)
        given = decisions.decisions(connection, item) if found else []
    if found is None:
        raise Refused(Why.NOT_FOUND, "review item: none with this id")
    if found.state is not State.SETTLED or not given:
        raise Refused(Why.WRONG_STATE, "review item: not settled")

    def reopen(connection: Connection) -> None:
        now = review.find(connection, project, item)
        if now is None or now.state is not State.SETTLED or now.round != found.round:
            raise Refused(Why.WRONG_STATE, "review item: not settled")
        decisions.begin_round(connection, item)

    facts = {"project": project, "item": item}
    request = request_sha256({"project": project, "item": item})
    allowed = unit.allow(Reason.ENTITLED_ROLE)
    unit.enter(caller, "review.undo", facts, within=reopen, decision=allowed, input=request, prev=given[-1].id)
