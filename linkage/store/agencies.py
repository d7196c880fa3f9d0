"""Rows of the register of agencies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from linkage.agencies import AgencyState
from linkage.models.agencies import AGENCY


@dataclass(frozen=True, slots=True)
class Agency:
    """One agency; `kind` is a code such as `police` or `school`, `name` is for people."""

    code: str
    name: str
    kind: str
    state: AgencyState
    version: int
    created_ms: int


def add(connection: Connection, agency: Agency) -> None:
    connection.execute(insert(AGENCY).values({name: getattr(agency, name) for name in Agency.__slots__}))


def find(connection: Connection, code: str) -> Agency | None:
    row = connection.execute(select(AGENCY).where(AGENCY.c.code == code)).one_or_none()
    return None if row is None else _agency(row)


def is_active(connection: Connection, code: str) -> bool:
    state = connection.execute(_STATE, {"of": code}).scalar()
    return state == AgencyState.ACTIVE


def listed(connection: Connection, after: str, limit: int) -> list[Agency]:
    rows = connection.execute(select(AGENCY).where(AGENCY.c.code > after).order_by(AGENCY.c.code).limit(limit))
    return [_agency(row) for row in rows]


def put(connection: Connection, code: str, version: int, **values: Any) -> bool:
    """Change it if it still has this version."""
    one = (AGENCY.c.code == code, AGENCY.c.version == version)
    return bool(connection.execute(update(AGENCY).where(*one).values(**values, version=version + 1)).rowcount)


def _agency(row: Row[Any]) -> Agency:
    return Agency(row.code, row.name, row.kind, AgencyState(row.state), row.version, row.created_ms)


_STATE: Final = select(AGENCY.c.state).where(AGENCY.c.code == bindparam("of"))
