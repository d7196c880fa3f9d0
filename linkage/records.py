"""What subjects' requests need to know of records and clusters: one narrow door, for the service's own eyes.

`holders` crosses agencies, which no agency's call ever may: only `flows/open_subject_request.py` uses it, and each
agency then sees its own part alone.

May touch: nothing (those who stand behind it do)
Sees:      record handles of all agencies
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from linkage.unit import Unit


@dataclass(frozen=True, slots=True)
class Holder:
    """An agency's record."""

    agency: str
    handle: bytes


class Records(Protocol):
    """Answers from the standing records and the last clusters."""

    def stands(self, unit: Unit, project: str, agency: str, handle: bytes) -> bool:
        """Does the agency's record stand at the unit?"""
        ...

    def holders(self, unit: Unit, project: str, agency: str, handle: bytes) -> Sequence[Holder]:
        """All records of the cluster that holds this one, itself included; itself alone before any job."""
        ...

    def of_pseudonym(self, unit: Unit, project: str, agency: str, pseudonym: str) -> Sequence[Holder]:
        """The records of `agency` behind a pseudonym that was drawn for it; none if there is no such pseudonym."""
        ...

    def elsewhere_may_show(self, unit: Unit, project: str) -> bool:
        """Does the project state a basis for telling agencies that a child is known elsewhere?"""
        ...
