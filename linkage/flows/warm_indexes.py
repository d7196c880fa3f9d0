"""What each web process does when a job has ended: open the project's index, so that no question waits for it.

Opening reads the whole file once to check it, which also brings it into the machine's memory. Indexes of projects that
were erased are let go of.

May touch: database, disk
Sees:      nothing
"""

from __future__ import annotations

from linkage.job_index import is_open, let_go, open_index
from linkage.projects import ProjectState
from linkage.store import jobs, projects
from linkage.unit import Unit


def warm_indexes(unit: Unit) -> int:
    """How many were opened."""
    with unit.database.reading() as connection:
        last = {job.project: job for job in jobs.all_last_done(connection)}
        found = {code: projects.find(connection, code, None) for code in last}
    stand = {
        code
        for code, project in found.items()
        if project is not None and project.state is not ProjectState.ERASED and project.terms.scheme == "match-keys"
    }
    let_go(unit, stand)
    fresh = [job for code, job in last.items() if code in stand and not is_open(unit, job)]
    for job in fresh:
        open_index(unit, job)
    return len(fresh)
