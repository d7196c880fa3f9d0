"""Rows of results: who may fetch what of which job. Every query but the sweep's is filtered by project and agency."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from linkage.models.jobs import RESULT


@dataclass(frozen=True, slots=True)
class Result:
    """One recipient's share of one job: a file of its records, a file of what became of its pseudonyms."""

    job: str
    agency: str
    project: str
    file: str
    sha256: str
    records: int
    changes_file: str
    changes_sha256: str
    changes: int


_COLUMNS: Final = tuple(Result.__dataclass_fields__)


def replace_all(connection: Connection, project: str, results: Iterable[Result]) -> None:
    """These are the project's current results from now on; an agency without records has none."""
    connection.execute(update(RESULT).where(RESULT.c.project == project).values(is_current=0))
    for result in results:
        values = {name: getattr(result, name) for name in _COLUMNS}
        connection.execute(insert(RESULT).values(values | {"is_current": 1}))


def current(connection: Connection, project: str, agency: str) -> Result | None:
    """What the agency may fetch now."""
    row = connection.execute(_CURRENT, {"of": project, "for": agency}).one_or_none()
    return None if row is None else _result(row)


def since(connection: Connection, project: str, agency: str, job: str) -> list[Result]:
    """Of this job and all later ones, the oldest first."""
    rows = connection.execute(
        select(RESULT)
        .where(RESULT.c.project == project, RESULT.c.agency == agency, RESULT.c.job >= job)
        .order_by(RESULT.c.job)
    )
    return [_result(row) for row in rows]


def named_files(connection: Connection) -> set[str]:
    """Files of all projects that are to be kept."""
    rows = connection.execute(select(RESULT.c.file, RESULT.c.changes_file, RESULT.c.is_current))
    return {name for row in rows for name in ((row.file, row.changes_file) if row.is_current else (row.changes_file,))}


def records_held(connection: Connection, project: str) -> int:
    """Records in all current results of a project."""
    mine = (RESULT.c.project == project, RESULT.c.is_current == 1)
    return int(connection.execute(select(func.sum(RESULT.c.records)).where(*mine)).scalar() or 0)


def erase(connection: Connection, project: str) -> None:
    connection.execute(delete(RESULT).where(RESULT.c.project == project))


def _result(row: Row[Any]) -> Result:
    return Result(**{name: getattr(row, name) for name in _COLUMNS})


_CURRENT: Final = select(RESULT).where(
    RESULT.c.project == bindparam("of"), RESULT.c.agency == bindparam("for"), RESULT.c.is_current == 1
)
