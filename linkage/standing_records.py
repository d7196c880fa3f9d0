"""What subjects' requests ask of records and clusters, answered from the standing batches and the last job.

Clusters are the jobs' matter: whoever keeps them is given at the start. A project without stated terms lets nothing
show.

May touch: database, disk
Sees:      record handles of all agencies
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from linkage.records import Holder
from linkage.standing import has_handle, standing
from linkage.store import subjects
from linkage.unit import Unit


class Clusters(Protocol):
    """The clusters and pseudonyms of a project's last job."""

    def holders(self, unit: Unit, project: str, agency: str, handle: bytes) -> Sequence[Holder]:
        """All records of the cluster that holds this one; nothing, or itself, before any job."""
        ...

    def of_pseudonym(self, unit: Unit, project: str, agency: str, pseudonym: str) -> Sequence[Holder]:
        """The agency's own records behind one of its pseudonyms."""
        ...


@dataclass(frozen=True, slots=True)
class StandingRecords:
    """`linkage.records.Records` at work. What a job clustered and was deleted since is no record any more."""

    clusters: Clusters

    def stands(self, unit: Unit, project: str, agency: str, handle: bytes) -> bool:
        return any(one.agency == agency and has_handle(one.batch, handle) for one in standing(unit, project))

    def holders(self, unit: Unit, project: str, agency: str, handle: bytes) -> list[Holder]:
        batches = {one.agency: one.batch for one in standing(unit, project)}
        found = {*self.clusters.holders(unit, project, agency, handle), Holder(agency, handle)}
        return [each for each in found if each.agency in batches and has_handle(batches[each.agency], each.handle)]

    def of_pseudonym(self, unit: Unit, project: str, agency: str, pseudonym: str) -> list[Holder]:
        found = self.clusters.of_pseudonym(unit, project, agency, pseudonym)
        return [each for each in found if self.stands(unit, project, agency, each.handle)]

    def elsewhere_may_show(self, unit: Unit, project: str) -> bool:
        with unit.database.reading() as connection:
            return bool(subjects.elsewhere_basis(connection, project))
