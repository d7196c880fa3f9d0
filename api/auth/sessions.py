"""Sessions of people: opened with an entry, read at every request, ended by themselves or by their holder.

A session is 32 random bytes that only its holder has; the database knows their hash. It ends twelve hours after it was
opened, an hour after it was last used, and at once when its account is locked or closed. What a person may do is the
account's role as it stands now, never what a token said.

May touch: database
Sees:      sessions' tokens, for the length of a call
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from api.auth import account_rows as rows
from api.auth.account_rows import Account, AccountState, Session
from api.auth.principal import Principal
from api.auth.server import AuthServer, letters
from api.auth.tokens import Rule, TokenRefusedError
from audit.entry import Actor
from audit.events import Reason
from linkage.caller import Caller

LASTS_MS: Final = 12 * 3_600_000
IDLE_MS: Final = 3_600_000
FRESH_MS: Final = 15 * 60_000
"""How long after a person proved who they are they may change what others may do."""
_SEEN_EVERY_MS: Final = 60_000
UNIT: Final = "linkage-unit"


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A session as it goes to its holder."""

    token: str = field(repr=False)
    account: Account
    until_ms: int


def open_session(server: AuthServer, code: str, auth: str, proved_ms: int) -> OpenedSession:
    """Entry `login`, and in its transaction the session. TokenRefusedError if the account is not let in."""
    now, token = server.unit.now_ms(), secrets.token_urlsafe(32)
    digest = rows.digest_of(token)
    found: list[Account] = []

    def note(connection: Connection) -> None:
        account = rows.find_account(connection, code)
        if account is None or account.state is not AccountState.ACTIVE:
            raise TokenRefusedError(Rule.REVOKED)
        found[:] = [account]
        rows.add_session(connection, Session(digest, code, auth, proved_ms, now, now + LASTS_MS))

    with server.unit.database.reading() as connection:
        known = rows.find_account(connection, code)
    role = str(known.role) if known else "unknown"
    caller = Caller(Actor(code, UNIT, role, auth, device_of(digest)))
    allowed = server.unit.allow(Reason.ENTITLED_ROLE)
    server.unit.enter(caller, "login", {"session": digest.hex()}, within=note, decision=allowed)
    return OpenedSession(token, found[0], now + LASTS_MS)


def principal_of(server: AuthServer, token: str) -> Principal:
    """Whose session this is. TokenRefusedError when it is none, or not any more."""
    now, digest = server.unit.now_ms(), rows.digest_of(token)
    with server.unit.database.reading() as connection:
        found = rows.find_session(connection, digest)
    if found is None:
        raise TokenRefusedError(Rule.KEY)
    session, account = found
    if account.state is not AccountState.ACTIVE:
        raise TokenRefusedError(Rule.REVOKED)
    if now >= session.until_ms or now >= session.seen_ms + IDLE_MS:
        raise TokenRefusedError(Rule.EXPIRED)
    if now >= session.seen_ms + _SEEN_EVERY_MS:
        with server.unit.database.passing() as connection:
            rows.see_session(connection, digest, now)
    is_fresh = now < session.proved_ms + FRESH_MS
    return Principal(account.code, account.role, None, session.auth, device_of(digest), is_fresh)


def end_session(server: AuthServer, token: str) -> None:
    """It is worth nothing any more."""
    with server.unit.database.writing() as connection:
        rows.end_session(connection, rows.digest_of(token))


def device_of(digest: bytes) -> str:
    """How the log names a session."""
    return "session-" + letters(digest)
