"""Verb: deliver results to an agency: its own records with their pseudonyms, and what became of earlier ones.

1. The project's last job decides what there is; a caller finds its own agency's share only.
2. That a child is known elsewhere leaves only while the project states a basis for telling it.
3. Entry `result.deliver` with the hash of exactly the bytes that leave, page by page.
What a caller holds already (`Share.tag`) leaves no second time and needs no entry.

May touch: database, disk
Sees:      one agency's own handles and pseudonyms
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from audit.events import Reason
from audit.release import Release
from audit.shapes import Fact
from linkage.caller import Caller
from linkage.flows.manage_projects import find_project
from linkage.job_files import open_table
from linkage.job_results import read_changes, rows_after
from linkage.pseudonyms import Change
from linkage.refusals import Refused, Why
from linkage.store import results
from linkage.store.results import Result
from linkage.unit import Unit, request_sha256

KNOWN: Final = "known_elsewhere"
STREAM_ROWS: Final = 65_536
"""Records in one batch of the Arrow stream."""


@dataclass(frozen=True, slots=True)
class Share:
    """An agency's current result; `elsewhere` says whether it may be told that a child is known to others."""

    result: Result
    elsewhere: bool

    def tag(self, *what: object) -> str:
        """Names exactly the bytes of one representation, before they are made."""
        text = json.dumps([self.result.sha256, self.result.changes_sha256, self.elsewhere, *map(str, what)])
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class NumberedChange:
    """A change with the job that made it and its place among that job's."""

    job: str
    number: int
    change: Change

    @property
    def place(self) -> str:
        return f"{self.job}:{self.number:012}"


def find_share(unit: Unit, caller: Caller, project: str, job: str = "") -> Share:
    """The caller's own. `job`: the one that the caller began to read; STALE when a later one has taken its place."""
    with unit.database.reading() as connection:
        found = find_project(connection, caller, project)
        result = results.current(connection, project, caller.agency or "")
    if result is None:
        raise Refused(Why.NOT_FOUND, "results: none yet", hint="start a job, or wait for its end")
    if job and result.job != job:
        raise Refused(Why.STALE, "results: a later job has replaced them", hint="begin again at the first page")
    return Share(result, bool(found.terms.elsewhere_basis))


def deliver_page(unit: Unit, caller: Caller, share: Share, after: bytes | None, limit: int) -> Release:
    """Records after a handle, in the order of handles, as JSON."""
    table = open_table(unit, share.result.file, share.result.sha256)
    rows = [
        {
            "handle": row.handle.hex(),
            "pseudonym": row.pseudonym.hex(),
            KNOWN: row.known_elsewhere if share.elsewhere else None,
        }
        for row in rows_after(table, after, limit)
    ]
    body = {"job": share.result.job, "results": rows}
    return _deliver(unit, caller, share, _json(body), len(rows), ["page", after.hex() if after else "", str(limit)])


def deliver_stream(unit: Unit, caller: Caller, share: Share) -> Release:
    """All records as an Arrow stream: `handle` and `pseudonym` of 16 bytes, `known_elsewhere` where it may be told."""
    table = open_table(unit, share.result.file, share.result.sha256)
    if not share.elsewhere and KNOWN in table.column_names:
        table = table.drop_columns([KNOWN])
    table = table.replace_schema_metadata({"project": share.result.project, "job": share.result.job})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as out:
        out.write_table(table, max_chunksize=STREAM_ROWS)
    return _deliver(unit, caller, share, sink.getvalue().to_pybytes(), len(table), ["stream"])


def find_changes(unit: Unit, caller: Caller, share: Share, since: str, after: str, limit: int) -> list[NumberedChange]:
    """What the current job made of the caller's names, or all jobs after `since`; beginning after a place."""
    result = share.result
    first = after.partition(":")[0] or since or result.job
    with unit.database.reading() as connection:
        found = results.since(connection, result.project, caller.agency or "", first)
    numbered = (
        NumberedChange(each.job, number, change)
        for each in found
        if each.job > since
        for number, change in enumerate(read_changes(unit, each))
    )
    return [each for each in numbered if each.place > after][:limit]


def deliver_changes(unit: Unit, caller: Caller, share: Share, changes: Sequence[NumberedChange]) -> Release:
    """A page of them as JSON."""
    rows = [
        {
            "job": each.job,
            "number": each.number,
            "kind": str(each.change.kind),
            "pseudonym": each.change.pseudonym.hex(),
            "others": [name.hex() for name in each.change.others],
        }
        for each in changes
    ]
    places = ["changes", *(each.place for each in changes[:1]), str(len(changes))]
    return _deliver(unit, caller, share, _json({"changes": rows}), len(rows), places)


def _deliver(unit: Unit, caller: Caller, share: Share, data: bytes, count: int, what: list[str]) -> Release:
    result = share.result
    facts: dict[str, Fact] = {"project": result.project, "job": result.job, "recipient": result.agency}
    request = request_sha256({"project": result.project, "job": result.job, "what": list(what)})
    allowed = unit.allow(Reason.OWN_RECORDS)
    return unit.let_go(caller, "result.deliver", facts, data, count, decision=allowed, input=request, prev=result.job)


def _json(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()
