"""Verbs on an agency's own records: delete one, list the batches. Corrections travel as batches of kind `changes`.

May touch: database, disk
Sees:      record handles
"""

from __future__ import annotations

from sqlalchemy import Connection

from audit.events import Reason
from audit.shapes import Fact
from linkage.caller import Caller
from linkage.flows.manage_projects import find_project, joined_member
from linkage.refusals import Refused, Why
from linkage.standing import has_handle, standing
from linkage.store import batches as store
from linkage.store import review
from linkage.store.batches import StoredBatch
from linkage.unit import Unit, request_sha256


def delete_record(unit: Unit, caller: Caller, project: str, handle: bytes) -> None:
    """The caller's record of this handle stands no longer; NOT_FOUND if none does."""
    agency = caller.agency or ""
    with unit.database.reading() as connection:
        joined_member(connection, caller, find_project(connection, caller, project))
    mine = next((one for one in standing(unit, project, agency) if one.agency == agency), None)
    if mine is None or not has_handle(mine.batch, handle):
        raise Refused(Why.NOT_FOUND, "record: none of this handle")

    def note(connection: Connection) -> None:
        joined_member(connection, caller, find_project(connection, caller, project))
        store.note_deleted(connection, project, agency, handle, store.next_number(connection, project, agency))
        review.record_deleted(connection, project, agency, handle)

    facts: dict[str, Fact] = {
        "project": project, "agency": agency, "batch": mine.batches[-1], "rows": 1, "change": "deleted",
    }  # fmt: skip
    request = request_sha256({"project": project, "agency": agency, "handle": handle.hex()})
    unit.enter(caller, "batch.change", facts, within=note, decision=unit.allow(Reason.OWN_RECORDS), input=request)


def list_batches(unit: Unit, caller: Caller, project: str, after: str, limit: int) -> list[StoredBatch]:
    with unit.database.reading() as connection:
        find_project(connection, caller, project)
        return store.of_agency(connection, project, caller.agency or "", after, limit)
