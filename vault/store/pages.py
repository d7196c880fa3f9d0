"""What all queries share: how long a page is, a new row, bytes that may be missing."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Table, insert

PAGE: Final = 500


def insert_row(connection: Connection, table: Table, **values: Any) -> None:
    """One new row; an IntegrityError of the database when it is there."""
    connection.execute(insert(table).values(**values))


def bytes_or_none(value: Any) -> bytes | None:
    return None if value is None else bytes(value)
