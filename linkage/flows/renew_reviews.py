"""What a new batch does to reviews of the agency's records: found before its entry, written with it.

A record that changed makes what was decided about it stale; one that is gone takes its items along. A batch of single
corrections changes only what it holds.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from linkage.encoded import read_batch
from linkage.renewal import renewed
from linkage.standing import batch_path, standing
from linkage.store import review
from linkage.unit import Unit


def renewal(unit: Unit, project: str, agency: str, batch: str, *, whole: bool) -> Callable[[Connection], None]:
    """Compare the batch with what stands; call what comes back in the transaction of the batch's entry."""
    with unit.database.reading() as connection:
        handles = review.handles_in_review(connection, project, agency)
    changed: set[bytes] = set()
    gone: set[bytes] = set()
    if handles:
        after = read_batch(batch_path(unit, batch)).table
        before = [one.batch.table for one in standing(unit, project, agency)]
        changed, gone = renewed(before[0] if before else after.slice(0, 0), after, handles)

    def renew(connection: Connection) -> None:
        for handle in sorted(changed):
            review.record_changed(connection, project, agency, handle)
        for handle in sorted(gone) if whole else ():
            review.record_deleted(connection, project, agency, handle)

    return renew
