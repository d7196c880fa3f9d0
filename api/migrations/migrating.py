"""Bring a database of the linkage service to the tables of this version, or back; say whether it is there.

May touch: database
Sees:      nothing personal
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection

from api.migrations.roles import Roles, statements
from api.migrations.tables import ALL
from api.migrations.tree import BASE, Tree

LINKAGE: Final = Tree("linkage", ALL)


def migrate(url: str, roles: Roles | None = None) -> None:
    """Up to this version, then the grants; does nothing to a database that is up to date."""
    LINKAGE.migrate(url, () if roles is None else statements(roles))


def go_back(url: str, revision: str = BASE) -> None:
    """Down to an older revision. What the newer tables held is gone; the log stays."""
    LINKAGE.go_back(url, revision)


def is_current(connection: Connection) -> bool:
    """Does this database have exactly the revision of this version?"""
    return LINKAGE.is_current(connection)


def differences(connection: Connection) -> list[Any]:
    """What stands and is not declared, or is declared and does not stand; the log's tables apart."""
    return LINKAGE.differences(connection)
