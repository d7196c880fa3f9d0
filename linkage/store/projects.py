"""Rows of projects, members and sealed secrets. An agency finds only projects that it is a member of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from linkage.models.projects import MEMBER, PROJECT, SECRET
from linkage.projects import MemberState, ProjectState, Terms, terms_of


@dataclass(frozen=True, slots=True)
class Project:
    """One project as it stands."""

    code: str
    terms: Terms
    fingerprint: str
    epoch: int
    until_ms: int
    state: ProjectState
    created_ms: int
    version: int


@dataclass(frozen=True, slots=True)
class Member:
    """One agency in a project; keys are printable lines, there once it joined."""

    project: str
    agency: str
    state: MemberState
    verifying_key: str | None
    sealing_key: str | None
    version: int


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """A linkage secret on its way."""

    id: str
    project: str
    epoch: int
    sender: str
    recipient: str
    fingerprint: str
    sealed: bytes = field(repr=False)
    created_ms: int


def add(connection: Connection, project: Project) -> None:
    connection.execute(insert(PROJECT).values(**_values(project), code=project.code, created_ms=project.created_ms))


def put(connection: Connection, project: Project) -> bool:
    """Replace it if it still has the version before this one."""
    before = (PROJECT.c.code == project.code, PROJECT.c.version == project.version - 1)
    return bool(connection.execute(update(PROJECT).where(*before).values(**_values(project))).rowcount)


def find(connection: Connection, code: str, agency: str | None) -> Project | None:
    """For an agency only if it is a member (and has not left)."""
    of = {"of": code}
    found = connection.execute(_ANY, of) if agency is None else connection.execute(_OWN, {**of, "by": agency})
    row = found.one_or_none()
    return None if row is None else _project(row)


def listed(connection: Connection, agency: str | None, after: str, limit: int) -> list[Project]:
    query = select(PROJECT).where(PROJECT.c.code > after).order_by(PROJECT.c.code).limit(limit)
    if agency is not None:
        query = query.where(PROJECT.c.code.in_(_of(agency)))
    return [_project(row) for row in connection.execute(query)]


def past_term(connection: Connection, now_ms: int) -> list[Project]:
    """Projects whose data are to be erased."""
    rows = connection.execute(
        select(PROJECT).where(PROJECT.c.until_ms <= now_ms, PROJECT.c.state != ProjectState.ERASED)
    )
    return [_project(row) for row in rows]


def invite(connection: Connection, project: str, agency: str) -> None:
    """A new member, or one that returns; one that is in stays as it is."""
    found = member(connection, project, agency)
    if found is None:
        connection.execute(insert(MEMBER).values(project=project, agency=agency, state=MemberState.INVITED, version=1))
    elif found.state is MemberState.LEFT:
        _set(connection, project, agency, state=MemberState.INVITED)


def leave(connection: Connection, project: str, agency: str) -> None:
    _set(connection, project, agency, state=MemberState.LEFT, verifying_key=None, sealing_key=None, acceptance=None)


def join(connection: Connection, project: str, agency: str, verifying: str, sealing: str, acceptance: bytes) -> None:
    _set(
        connection,
        project,
        agency,
        state=MemberState.JOINED,
        verifying_key=verifying,
        sealing_key=sealing,
        acceptance=acceptance,
    )


def member(connection: Connection, project: str, agency: str) -> Member | None:
    row = connection.execute(_MEMBER, {"of": project, "by": agency}).one_or_none()
    return None if row is None else _member(row)


def members(connection: Connection, project: str) -> list[Member]:
    rows = connection.execute(
        select(MEMBER).where(MEMBER.c.project == project, MEMBER.c.state != MemberState.LEFT).order_by(MEMBER.c.agency)
    )
    return [_member(row) for row in rows]


def keep_secret(connection: Connection, secret: SealedSecret) -> None:
    """The last one from this sender to this recipient counts."""
    same = (SECRET.c.project == secret.project, SECRET.c.sender == secret.sender)
    connection.execute(delete(SECRET).where(*same, SECRET.c.recipient == secret.recipient))
    connection.execute(insert(SECRET).values({name: getattr(secret, name) for name in SealedSecret.__slots__}))


def secrets_for(connection: Connection, project: str, recipient: str) -> list[SealedSecret]:
    rows = connection.execute(
        select(SECRET).where(SECRET.c.project == project, SECRET.c.recipient == recipient).order_by(SECRET.c.id)
    )
    return [_secret(row) for row in rows]


def drop_secrets(connection: Connection, project: str) -> None:
    connection.execute(delete(SECRET).where(SECRET.c.project == project))


def _of(agency: object) -> Any:
    return select(MEMBER.c.project).where(MEMBER.c.agency == agency, MEMBER.c.state != MemberState.LEFT)


def _set(connection: Connection, project: str, agency: str, **values: Any) -> None:
    one = (MEMBER.c.project == project, MEMBER.c.agency == agency)
    connection.execute(update(MEMBER).where(*one).values(**values, version=MEMBER.c.version + 1))


def _values(project: Project) -> dict[str, Any]:
    return {
        "terms": project.terms.to_json().decode(),
        "fingerprint": project.fingerprint,
        "epoch": project.epoch,
        "until_ms": project.until_ms,
        "state": project.state,
        "version": project.version,
    }


def _project(row: Row[Any]) -> Project:
    state = ProjectState(row.state)
    terms = terms_of(row.terms)
    return Project(row.code, terms, row.fingerprint, row.epoch, row.until_ms, state, row.created_ms, row.version)


def _member(row: Row[Any]) -> Member:
    state = MemberState(row.state)
    return Member(row.project, row.agency, state, row.verifying_key, row.sealing_key, row.version)


def _secret(row: Row[Any]) -> SealedSecret:
    sealed, created = bytes(row.sealed), row.created_ms
    return SealedSecret(row.id, row.project, row.epoch, row.sender, row.recipient, row.fingerprint, sealed, created)


_ANY: Final = select(PROJECT).where(PROJECT.c.code == bindparam("of"))
_OWN: Final = _ANY.where(PROJECT.c.code.in_(_of(bindparam("by"))))
_MEMBER: Final = select(MEMBER).where(MEMBER.c.project == bindparam("of"), MEMBER.c.agency == bindparam("by"))
