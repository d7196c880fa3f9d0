"""Bring a database of the linkage service up to the tables of this version.

May touch: database
Sees:      nothing personal
"""

from __future__ import annotations

from api.models import METADATA as DESK_METADATA
from linkage.database import Database
from linkage.models import METADATA


def migrate(url: str) -> None:
    """As the owner of the schema; does nothing to a database that is up to date."""
    database = Database.open(url)
    try:
        with database.writing() as connection:
            METADATA.create_all(connection)
            DESK_METADATA.create_all(connection)
    finally:
        database.close()
