"""An agency's record ids and the handles that the linkage unit knows them by, both ways, on the agency's own machine.

May touch: disk (the private map)
Sees:      record ids of one agency, its agency key
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linkage.encoded import Place
from linkage.encoding.batch import read_private
from linkage.encoding.keys import AgencyKey
from linkage.encoding.match_keys import record_handles
from linkage.errors import BatchError


def handles_of(records: Sequence[str], agency: AgencyKey, project: str, epoch: int) -> list[str]:
    """The handles of records, in hexadecimal."""
    return [bytes(each).hex() for each in record_handles(records, agency, Place(project, "", epoch))]


def records_by_handle(private: Path, agency: AgencyKey, project: str, epoch: int) -> dict[str, str]:
    """Record id by handle, for all records of a private map (`NAME.private`)."""
    try:
        records = read_private(private)
    except (OSError, ValueError):
        raise BatchError(
            f"{private}: not a private map", hint="it was written beside the batch, as NAME.private"
        ) from None
    return dict(zip(handles_of(records, agency, project, epoch), records, strict=True))
