"""Verb: erase past the term. What a project holds goes when its retention ends: entry first, then rows, then files.

1. Reviews, 2. jobs and their results, 3. batches, each with an entry of its own; the project is erased with the last.
A project that was erased keeps its code, so that the code is never used again for another purpose. Files that no row
names go too: those of a crash between the rows and the files, of commits that were never finished, of killed jobs and
of results that later ones took the place of.

May touch: database, disk
Sees:      nothing personal
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from audit.events import Reason
from audit.shapes import Fact
from linkage.caller import Caller
from linkage.job_files import list_job_files, sweep_job_files
from linkage.jobs import folder_of
from linkage.projects import ProjectState
from linkage.store import batches, jobs, matches, projects, results, review, uploads
from linkage.store.projects import Project
from linkage.unit import Unit


def erase_past_term(unit: Unit, caller: Caller) -> list[str]:
    """Codes of the projects of which nothing is left now. Safe to run again."""
    with unit.database.reading() as connection:
        due = projects.past_term(connection, unit.now_ms())
    for project in due:
        _erase(unit, caller, project)
    sweep(unit)
    return [project.code for project in due]


def sweep(unit: Unit) -> int:
    """Remove files of batches and jobs that no row names; how many went."""
    files = list((unit.folder / "batches").glob("*"))  # before the rows: a file made meanwhile is not among them
    made = list_job_files(unit)
    with unit.database.reading() as connection:
        named = batches.all_ids(connection) | uploads.open_ids(connection)
        kept = results.named_files(connection)
        folders = {job.files for job in jobs.all_last_done(connection)}
        folders |= {folder_of(job) for job in jobs.running(connection)}
    gone = [path for path in files if path.name.lstrip(".").split(".")[0] not in named]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone) + sweep_job_files(unit, made, kept, folders)


def _erase(unit: Unit, caller: Caller, project: Project) -> None:
    with unit.database.reading() as connection:
        rows = {
            "reviews": sum(review.count(connection, project.code).values()),
            "links": results.records_held(connection, project.code),
            "batches": batches.records_held(connection, project.code),
        }

    def reviews(connection: Connection) -> None:
        review.erase(connection, project.code)

    def links(connection: Connection) -> None:
        results.erase(connection, project.code)
        matches.erase(connection, project.code)
        jobs.erase(connection, project.code)

    def all_else(connection: Connection) -> None:
        batches.erase(connection, project.code)
        uploads.erase(connection, project.code)
        projects.drop_secrets(connection, project.code)
        projects.put(connection, replace(project, state=ProjectState.ERASED, version=project.version + 1))

    for what, note in (("reviews", reviews), ("links", links), ("batches", all_else)):
        if rows[what] or note is not reviews:
            facts: dict[str, Fact] = {"project": project.code, "what": what, "rows": rows[what]}
            unit.enter(caller, "data.erase", facts, within=note, decision=unit.allow(Reason.DEADLINE_PASSED))
