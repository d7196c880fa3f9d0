"""Verbs on people's accounts: make one, give it a new credential, lock, unlock, close it. Each is an entry first.

An account belongs to a person at the site's provider (`subject`), or is local: then a password is drawn here, long
enough that nobody guesses it, and a secret for one-time codes; both are shown once. What a person may do is their
role; nobody changes their own account, and a role is never changed: that is another account.

May touch: database
Sees:      passwords and secrets, once
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from argon2 import PasswordHasher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from api.auth import account_rows as rows
from api.auth import totp
from api.auth.account_rows import Account, AccountState
from api.auth.permissions import Role
from api.auth.server import AuthServer
from audit.events import Reason
from audit.shapes import is_code
from linkage.caller import Caller
from linkage.refusals import Refused, Why
from linkage.unit import request_sha256

PASSWORD_BYTES: Final = 16
PEOPLE: Final = frozenset(Role) - {Role.AGENCY}
HASHER: Final = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
"""Argon2id (RFC 9106, second recommended option with one lane)."""
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class NewCredential:
    """Shown once: the password, and the address that an authenticator program reads."""

    password: str = field(repr=False)
    totp_address: str = field(repr=False)


_FOLLOWS: Final = {
    AccountState.ACTIVE: {AccountState.LOCKED: "locked", AccountState.CLOSED: "closed"},
    AccountState.LOCKED: {AccountState.ACTIVE: "unlocked", AccountState.CLOSED: "closed"},
    AccountState.CLOSED: {},
}


def create_account(
    server: AuthServer, caller: Caller, code: str, role: Role, subject: str | None
) -> NewCredential | None:
    """A new person; with `subject` they sign in at the provider, without one here, by what is returned."""
    if not is_code(code) or role not in PEOPLE:
        raise Refused(Why.MALFORMED, "account: a lower-case code and a role of the unit's people are needed")
    made, password, secret = _credential(server, code) if subject is None else (None, None, None)
    now = server.unit.now_ms()
    account = Account(code, role, AccountState.ACTIVE, subject, password, secret, 0, 0, 0, 1, now)

    def check(connection: Connection) -> None:
        if rows.find_account(connection, code) is not None:
            raise Refused(Why.EXISTS, "account: its code is taken, or was")
        if subject is not None and rows.account_of_subject(connection, subject) is not None:
            raise Refused(Why.EXISTS, "account: another one belongs to this subject")

    def note(connection: Connection) -> None:
        check(connection)
        rows.add_account(connection, account)

    _enter(server, caller, code, "created", check, role=str(role))
    facts = {"holder": code, "permission": f"role/{role}", "change": "granted"}
    allowed = server.unit.allow(Reason.ENTITLED_ROLE)
    server.unit.enter(caller, "permission.change", facts, within=note, decision=allowed)
    return made


def renew_credential(server: AuthServer, caller: Caller, code: str, version: int) -> NewCredential:
    """A new password and secret for a local account, shown once; its sessions end."""
    if not read_account(server, code).is_local:
        raise Refused(Why.WRONG_STATE, "account: it signs in at the provider")
    made, password, secret = _credential(server, code)

    def note(connection: Connection) -> None:
        values = {"password": password, "totp": secret, "totp_step": 0, "failures": 0, "wait_until_ms": 0}
        _put(connection, caller, code, version, **values)

    _enter(server, caller, code, "credential-replaced", note)
    return made


def change_account(server: AuthServer, caller: Caller, code: str, version: int, state: AccountState) -> Account:
    """Locked and closed people are out at once."""
    found = read_account(server, code)
    word = _FOLLOWS[found.state].get(state)
    if word is None:
        raise Refused(Why.WRONG_STATE, f"account: {found.state}")

    def note(connection: Connection) -> None:
        _put(connection, caller, code, version, state=state)

    _enter(server, caller, code, word, note)
    return read_account(server, code)


def read_account(server: AuthServer, code: str) -> Account:
    with server.unit.database.reading() as connection:
        found = rows.find_account(connection, code)
    if found is None:
        raise Refused(Why.NOT_FOUND, "account: none of this code")
    return found


def list_accounts(server: AuthServer, after: str, limit: int) -> list[Account]:
    with server.unit.database.reading() as connection:
        return rows.list_accounts(connection, after, limit)


def sealed(key: bytes, code: str, secret: bytes) -> bytes:
    """A secret at rest, bound to its account."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, code.encode())


def unsealed(key: bytes, code: str, data: bytes) -> bytes:
    return AESGCM(key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], code.encode())


def _credential(server: AuthServer, code: str) -> tuple[NewCredential, str, bytes]:
    password, secret = secrets.token_urlsafe(PASSWORD_BYTES), totp.new_secret()
    shown = NewCredential(password, totp.address_of(secret, code, "Sealink"))
    return shown, HASHER.hash(password), sealed(server.sealing_key, code, secret)


def _put(connection: Connection, caller: Caller, code: str, version: int, **values: object) -> None:
    if caller.actor.pseudonym == code:
        raise Refused(Why.SAME_PERSON, "account: another person must change it")
    if not rows.put_account(connection, code, version, **values):
        raise Refused(Why.STALE, "account: changed since it was read")
    rows.end_sessions(connection, code)


def _enter(
    server: AuthServer, caller: Caller, code: str, change: str, note: Callable[[Connection], None], **request: str
) -> None:
    facts = {"holder": code, "change": change}
    allowed = server.unit.allow(Reason.ENTITLED_ROLE)
    sha256 = request_sha256({**facts, **request})
    server.unit.enter(caller, "account.change", facts, within=note, decision=allowed, input=sha256)
