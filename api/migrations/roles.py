"""Who may do what in PostgreSQL: the owner migrates, the service works, the auditor reads the log.

The service may change and delete its own rows and may only append to the log: no UPDATE, DELETE or TRUNCATE of an
entry, no table made, altered or dropped. The auditor may SELECT the log's tables and nothing else. The roles
themselves, with their passwords, are made by whoever runs the server.

May touch: nothing
Sees:      names of roles
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from api.migrations.tables import table_names
from audit.models import TABLES, grants


@dataclass(frozen=True, slots=True)
class Roles:
    """Names; empty where there is no such role."""

    service: str = ""
    auditor: str = ""


def statements(roles: Roles) -> Iterator[str]:
    """All grants, after taking back whatever the roles had. The owner runs them."""
    log = ", ".join(table.name for table in TABLES)
    for role in filter(None, (roles.service, roles.auditor)):
        yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {_quoted(role)}"
        yield f"REVOKE CREATE ON SCHEMA public FROM {_quoted(role)}"
        yield f"GRANT USAGE ON SCHEMA public TO {_quoted(role)}"
    if roles.service:
        own = ", ".join(map(_quoted, table_names()))
        yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON {own} TO {_quoted(roles.service)}"
        yield f"GRANT SELECT ON alembic_version TO {_quoted(roles.service)}"
        yield from grants(roles.service)
    if roles.auditor:
        yield f"GRANT SELECT ON {log} TO {_quoted(roles.auditor)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
