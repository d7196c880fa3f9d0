"""The clusters and pseudonyms of a project's last job: `standing_records.Clusters` at work.

It crosses agencies, as subjects' requests must; which callers may is said where it is used.

May touch: database, disk
Sees:      record handles of all agencies
"""

from __future__ import annotations

from linkage.job_files import open_table, own_table
from linkage.job_results import CLUSTERS, handles_under, holders_of
from linkage.pseudonyms import PSEUDONYM_BYTES
from linkage.records import Holder
from linkage.store import jobs, results
from linkage.unit import Unit


class JobClusters:
    """Answers from the files of the last job that was done."""

    def holders(self, unit: Unit, project: str, agency: str, handle: bytes) -> list[Holder]:
        """All records of the cluster that holds this one; none before any job."""
        with unit.database.reading() as connection:
            job = jobs.last_done(connection, project)
        return [] if job is None else holders_of(own_table(unit, job, CLUSTERS), agency, handle)

    def of_pseudonym(self, unit: Unit, project: str, agency: str, pseudonym: str) -> list[Holder]:
        """The agency's own records behind one of its pseudonyms, in hexadecimal; none if there is no such."""
        try:
            name = bytes.fromhex(pseudonym)
        except ValueError:
            return []
        with unit.database.reading() as connection:
            result = results.current(connection, project, agency)
        if result is None or len(name) != PSEUDONYM_BYTES:
            return []
        return [Holder(agency, each) for each in handles_under(open_table(unit, result.file, result.sha256), name)]
