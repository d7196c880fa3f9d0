"""Sign in here, for sites without a provider: a password and a one-time code, both right, or one answer for all.

1. The password is checked, for accounts that do not exist as well, so that time does not tell who does. Two at once:
   each takes 64 MiB.
2. An account that failed often must wait: after the fifth time a minute, then two, four … an hour at most. It is never
   locked by failures, or strangers could lock everybody out. Failures are counted in the database, so that many tries
   at once are as many failures.
3. The code: of now, not used before, in one statement, so that of two tries with it one fails.
4. The session, entry first.

May touch: database
Sees:      password and code, for the length of a call
"""

from __future__ import annotations

import threading
from typing import Final

from argon2.exceptions import InvalidHashError, VerificationError

from api.auth import account_rows as rows
from api.auth import totp
from api.auth.account_rows import Account, AccountState
from api.auth.accounts import HASHER, unsealed
from api.auth.server import AuthServer
from api.auth.sessions import OpenedSession, open_session
from api.auth.tokens import Rule, TokenRefusedError

AUTH: Final = "local"
FREE_FAILURES: Final = 5
LONGEST_WAIT_MS: Final = 3_600_000
LONGEST_TURN_S: Final = 2.0
_HASHING: Final = threading.BoundedSemaphore(2)
_NOBODY: Final = HASHER.hash("no account has this password")


def sign_in(server: AuthServer, code: str, password: str, one_time: str) -> OpenedSession:
    """A session of this account. TokenRefusedError, by one rule, for everything that is not right."""
    now = server.unit.now_ms()
    with server.unit.database.reading() as connection:
        account = rows.find_account(connection, code)
    is_known = account is not None and account.is_local and account.state is AccountState.ACTIVE
    is_right = _is_right(account.password or _NOBODY if account and is_known else _NOBODY, password)  # 1
    if account is not None and now < account.wait_until_ms:  # 2
        raise TokenRefusedError(Rule.MUST_WAIT)
    if not (account and is_known and is_right and _uses_code(server, account, one_time, now)):  # 3
        _fail(server, account, now)
        raise TokenRefusedError(Rule.PASSWORD)
    return open_session(server, code, AUTH, now)  # 4


def _is_right(hashed: str, password: str) -> bool:
    if not _HASHING.acquire(timeout=LONGEST_TURN_S):
        raise TokenRefusedError(Rule.MUST_WAIT)
    try:
        return HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
    finally:
        _HASHING.release()


def _uses_code(server: AuthServer, account: Account, one_time: str, now_ms: int) -> bool:
    secret = unsealed(server.sealing_key, account.code, account.totp or b"")
    step = totp.step_of(secret, one_time, now_ms // 1000, account.totp_step)
    if step is None:
        return False
    with server.unit.database.writing() as connection:
        return rows.use_step(connection, account.code, step, now_ms)


def _fail(server: AuthServer, account: Account | None, now_ms: int) -> None:
    if account is None:
        return
    with server.unit.database.writing() as connection:
        late = rows.note_failure(connection, account.code) - FREE_FAILURES
        if late >= 0:
            wait = min(LONGEST_WAIT_MS, 60_000 * 2 ** min(late, 10))
            rows.make_wait(connection, account.code, now_ms + wait)
