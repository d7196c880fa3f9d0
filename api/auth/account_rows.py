"""Rows of people's accounts, their sessions and sign-ins under way. The only queries on them.

May touch: database
Sees:      hashes and sealed secrets
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from api.auth.models import ACCOUNT, SESSION, SIGNING_IN
from api.auth.permissions import Role


class AccountState(StrEnum):
    """Whether a person is let in. Closed is for good; the code is never given to another."""

    ACTIVE = "active"
    LOCKED = "locked"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Account:
    """A person of the unit by a code; who that is, the unit's own staff list knows."""

    code: str
    role: Role
    state: AccountState
    subject: str | None
    password: str | None = field(repr=False)
    totp: bytes | None = field(repr=False)
    totp_step: int
    failures: int
    wait_until_ms: int
    version: int
    created_ms: int

    @property
    def is_local(self) -> bool:
        return self.subject is None


@dataclass(frozen=True, slots=True)
class Session:
    """A session by the digest of its token."""

    digest: bytes
    account: str
    auth: str
    proved_ms: int
    seen_ms: int
    until_ms: int


def digest_of(token: str) -> bytes:
    """What is kept of a session's token, a state or a code."""
    return hashlib.sha256(token.encode()).digest()


def add_account(connection: Connection, account: Account) -> None:
    connection.execute(insert(ACCOUNT).values({name: getattr(account, name) for name in Account.__slots__}))


def find_account(connection: Connection, code: str) -> Account | None:
    return _account(connection.execute(select(ACCOUNT).where(ACCOUNT.c.code == code)).one_or_none())


def account_of_subject(connection: Connection, subject: str) -> Account | None:
    return _account(connection.execute(select(ACCOUNT).where(ACCOUNT.c.subject == subject)).one_or_none())


def list_accounts(connection: Connection, after: str, limit: int) -> list[Account]:
    rows = connection.execute(select(ACCOUNT).where(ACCOUNT.c.code > after).order_by(ACCOUNT.c.code).limit(limit))
    return [found for row in rows if (found := _account(row)) is not None]


def put_account(connection: Connection, code: str, version: int, **values: Any) -> bool:
    """Change it if it still has this version."""
    one = (ACCOUNT.c.code == code, ACCOUNT.c.version == version)
    return bool(connection.execute(update(ACCOUNT).where(*one).values(**values, version=version + 1)).rowcount)


def note_failure(connection: Connection, code: str) -> int:
    """One more; how many there are now. The account stays as it is until the transaction ends."""
    one = update(ACCOUNT).where(ACCOUNT.c.code == code).values(failures=ACCOUNT.c.failures + 1)
    return int(connection.execute(one.returning(ACCOUNT.c.failures)).scalar() or 0)


def make_wait(connection: Connection, code: str, until_ms: int) -> None:
    connection.execute(update(ACCOUNT).where(ACCOUNT.c.code == code).values(wait_until_ms=until_ms))


def use_step(connection: Connection, code: str, step: int, now_ms: int) -> bool:
    """Use up a time step's code, and forget failures; false if it, or a later one, was used, or it must wait."""
    one = (ACCOUNT.c.code == code, ACCOUNT.c.totp_step < step, ACCOUNT.c.wait_until_ms <= now_ms)
    values = {"totp_step": step, "failures": 0, "wait_until_ms": 0}
    return bool(connection.execute(update(ACCOUNT).where(*one).values(values)).rowcount)


def add_session(connection: Connection, session: Session) -> None:
    connection.execute(delete(SESSION).where(SESSION.c.until_ms < session.seen_ms))
    connection.execute(insert(SESSION).values({name: getattr(session, name) for name in Session.__slots__}))


def find_session(connection: Connection, digest: bytes) -> tuple[Session, Account] | None:
    """The session and whose it is."""
    row = connection.execute(select(SESSION).where(SESSION.c.digest == digest)).one_or_none()
    account = None if row is None else find_account(connection, row.account)
    if row is None or account is None:
        return None
    return Session(bytes(row.digest), row.account, row.auth, row.proved_ms, row.seen_ms, row.until_ms), account


def see_session(connection: Connection, digest: bytes, now_ms: int) -> None:
    connection.execute(update(SESSION).where(SESSION.c.digest == digest).values(seen_ms=now_ms))


def end_session(connection: Connection, digest: bytes) -> None:
    connection.execute(delete(SESSION).where(SESSION.c.digest == digest))


def end_sessions(connection: Connection, account: str) -> None:
    connection.execute(delete(SESSION).where(SESSION.c.account == account))


def begin_step(
    connection: Connection, secret: str, step: str, about: dict[str, Any], until_ms: int, now_ms: int
) -> None:
    """Remember a step of a sign-in by its secret."""
    connection.execute(delete(SIGNING_IN).where(SIGNING_IN.c.until_ms < now_ms))
    values = {"digest": digest_of(secret), "step": step, "about": json.dumps(about), "until_ms": until_ms}
    connection.execute(insert(SIGNING_IN).values(values))


def take_step(connection: Connection, secret: str, step: str, now_ms: int) -> dict[str, Any] | None:
    """What was remembered, once: of any number of takers one gets it."""
    one = (SIGNING_IN.c.digest == digest_of(secret), SIGNING_IN.c.step == step)
    row = connection.execute(delete(SIGNING_IN).where(*one).returning(SIGNING_IN)).one_or_none()
    return None if row is None or row.until_ms < now_ms else json.loads(row.about)


def _account(row: Row[Any] | None) -> Account | None:
    if row is None:
        return None
    totp = None if row.totp is None else bytes(row.totp)
    return Account(
        row.code, Role(row.role), AccountState(row.state), row.subject, row.password, totp, row.totp_step,
        row.failures, row.wait_until_ms, row.version, row.created_ms,
    )  # fmt: skip
