"""Admit a call: signed by somebody who stands on a valid roster now, for exactly this call, now, once.

There are no tokens and no sessions, so nothing can be stolen that works for a second call. Who may do what is each
flow's matter.

May touch: database
Sees:      pseudonyms
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import IntegrityError

from audit.crypto.errors import CryptoError
from audit.crypto.signatures import VerifyingKey
from audit.crypto.signed_object import Kind, claimed_signers
from vault.caller import AGENT, Caller
from vault.checks import SKEW_MS
from vault.errors import MalformedFormError, RosterError
from vault.forms import open_form
from vault.house import Vault
from vault.refusals import Refused, Why
from vault.requests import Call
from vault.rosters import AgentKeys, Rosters
from vault.store import call_rows

_REMEMBER_MS: Final = 4 * SKEW_MS


def admit_call(vault: Vault, data: bytes, method: str, path: str, body_sha256: str) -> Caller:
    """The caller; Refused (not admitted), always in the same words, when anything about the call is wrong."""
    call, caller = _read(vault, data, method, path)
    if call.body != body_sha256:
        raise _refused()
    now = vault.now_ms()
    try:
        with vault.database.passing() as connection:
            call_rows.see(connection, call.nonce, now, now - _REMEMBER_MS)
    except IntegrityError:
        raise _refused() from None
    return caller


def expect_call(vault: Vault, data: bytes, method: str, path: str) -> Caller:
    """Who will be admitted if the body is the one that was signed: asked before a large body is read. Admits nobody."""
    return _read(vault, data, method, path)[1]


def _read(vault: Vault, data: bytes, method: str, path: str) -> tuple[Call, Caller]:
    now = vault.now_ms()
    try:
        (named,) = claimed_signers(data, Kind.CALL)
        with vault.database.reading() as connection:
            key, callers = _callers(vault.rosters(connection), named, now)
        call = open_form(Call, data, key).form
    except (CryptoError, MalformedFormError, ValueError):
        raise _refused() from None
    caller = callers.get(call.agency)
    if caller is None or call.person != caller.person or (call.method, call.path) != (method, path):
        raise _refused()
    if abs(call.at_ms - now) > SKEW_MS:
        raise _refused()
    return call, caller


def _callers(rosters: Rosters, key_id: str, now_ms: int) -> tuple[list[VerifyingKey], dict[str, Caller]]:
    """The key of that id, and whose it is now, by agency: who lists another's key must not keep that agency's out."""
    keys: list[VerifyingKey] = []
    found: dict[str, Caller] = {}
    for agency, holder in rosters.holders_of(key_id):
        try:
            rosters.of(agency, now_ms)
        except RosterError:
            continue
        if isinstance(holder, AgentKeys):
            found[agency] = Caller(AGENT, agency, AGENT, frozenset(), rosters.pins.agency(agency).holds)
        elif roles := frozenset(role for role in holder.roles if holder.may(role, now_ms)):
            found[agency] = Caller(holder.person, agency, holder.device, roles)
        keys = [holder.verify]
    return keys, found


def _refused() -> Refused:
    return Refused(Why.NOT_ADMITTED, "call: not signed by anybody who may call, or not for this call and moment")
