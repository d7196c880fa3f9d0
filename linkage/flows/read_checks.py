"""What an agency is asked to check: its own records, by its own handles."""

from __future__ import annotations

from linkage.caller import Caller
from linkage.refusals import Refused, Why
from linkage.store import checks
from linkage.store.checks import Check
from linkage.unit import Unit


def list_checks(unit: Unit, caller: Caller, project: str, after: str, limit: int) -> list[Check]:
    with unit.database.reading() as connection:
        return checks.of_agency(connection, project, caller.agency or "", after, limit)


def read_check(unit: Unit, caller: Caller, project: str, check: str) -> Check:
    with unit.database.reading() as connection:
        found = checks.find(connection, project, caller.agency or "", check)
    if found is None:
        raise Refused(Why.NOT_FOUND, "check: none with this id")
    return found
