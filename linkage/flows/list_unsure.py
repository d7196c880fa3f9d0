"""List the pairs that stayed unsure, for the operator who may send them back to their custodians."""

from __future__ import annotations

import json

from audit.events import Reason
from audit.release import Release
from audit.shapes import Fact
from linkage.caller import Caller
from linkage.flows.take_pair import compared_view
from linkage.review import Verdict
from linkage.store import review
from linkage.unit import Unit


def list_unsure(unit: Unit, caller: Caller, project: str, after: str, limit: int) -> Release:
    """A page as JSON, in the order of ids: levels and weights, no agency, no handle."""
    with unit.database.reading() as connection:
        found = review.settled(connection, project, Verdict.UNSURE, after, limit)
    items = [
        {"item": each.id, "weight": round(each.weight, 4), "comparisons": list(map(compared_view, each.pattern))}
        for each in found
    ]
    data = json.dumps({"items": items}, ensure_ascii=False, separators=(",", ":")).encode()
    facts: dict[str, Fact] = {"project": project, "items": len(items)}
    decision = unit.allow(Reason.ENTITLED_ROLE)
    return unit.let_go(caller, "review.read", facts, data, len(items), decision=decision)
