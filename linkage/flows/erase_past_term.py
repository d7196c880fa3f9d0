"""Verb: erase past the term. What a project holds goes when its retention ends: entry first, then rows, then files.

A project that was erased keeps its code, so that the code is never used again for another purpose. Files that no row
names go too: those of a crash between the rows and the files, and of commits that were never finished. Results and
review belong to their own tables; the caller erases them by the same list.

May touch: database, disk
Sees:      nothing personal
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from audit.events import Reason
from audit.shapes import Fact
from linkage.caller import Caller
from linkage.projects import ProjectState
from linkage.store import batches, projects, uploads
from linkage.store.projects import Project
from linkage.unit import Unit


def erase_past_term(unit: Unit, caller: Caller) -> list[str]:
    """Codes of the projects whose batches, deletions, uploads and secrets are gone now. Safe to run again."""
    with unit.database.reading() as connection:
        due = projects.past_term(connection, unit.now_ms())
    for project in due:
        _erase(unit, caller, project)
    sweep(unit)
    return [project.code for project in due]


def sweep(unit: Unit) -> int:
    """Remove batch files that neither a row nor an open upload names; how many went."""
    files = list((unit.folder / "batches").glob("*"))  # before the rows: a file made meanwhile is not among them
    with unit.database.reading() as connection:
        named = batches.all_ids(connection) | uploads.open_ids(connection)
    gone = [path for path in files if path.name.lstrip(".").split(".")[0] not in named]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _erase(unit: Unit, caller: Caller, project: Project) -> None:
    with unit.database.reading() as connection:
        rows = batches.records_held(connection, project.code)

    def note(connection: Connection) -> None:
        batches.erase(connection, project.code)
        uploads.erase(connection, project.code)
        projects.drop_secrets(connection, project.code)
        projects.put(connection, replace(project, state=ProjectState.ERASED, version=project.version + 1))

    facts: dict[str, Fact] = {"project": project.code, "what": "batches", "rows": rows}
    unit.enter(caller, "data.erase", facts, within=note, decision=unit.allow(Reason.DEADLINE_PASSED))
