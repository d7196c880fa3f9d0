"""All tables of the linkage service's database, whoever declares them, save those of the log (`audit.models`).

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import MetaData

from api import models as desk
from api.auth import models as _  # noqa: F401  (declares its tables in the same METADATA)
from linkage.models import METADATA as LINKAGE

ALL: Final[tuple[MetaData, ...]] = (LINKAGE, desk.METADATA)


def table_names() -> list[str]:
    """Of all of them, in order."""
    return sorted(name for metadata in ALL for name in metadata.tables)
