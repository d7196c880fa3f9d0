"""The tables of the linkage service, one file a topic, all in one `METADATA`; rows and their rules, no queries.

Only `linkage/store` and the migrations import them. Times are Unix milliseconds, ids are ULIDs unless a code is said,
record handles are 16 bytes. Nothing here holds a name, a date of birth or an ID number.
"""

from __future__ import annotations

from linkage.models import agencies, batches, jobs, matches, projects, review, subject, webhook  # noqa: F401  (declare their tables)
from linkage.models.metadata import METADATA

__all__ = ["METADATA"]
