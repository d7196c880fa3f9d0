"""Admit a call: signed by somebody who stands on a valid roster now, for exactly this call, now, once.

There are no tokens and no sessions, so nothing can be stolen that works for a second call. Who may do what is each
flow's matter.

May touch: database
Sees:      pseudonyms
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import IntegrityError

from audit.crypto.signatures import VerifyingKey
from vault import store
from vault.caller import AGENT, Caller
from vault.checks import SKEW_MS
from vault.errors import MalformedFormError, RosterError
from vault.forms import open_form
from vault.house import Vault
from vault.refusals import Refused, Why
from vault.requests import Call
from vault.rosters import Rosters

_REMEMBER_MS: Final = 4 * SKEW_MS


def admit_call(vault: Vault, data: bytes, method: str, path: str, body_sha256: str) -> Caller:
    """The caller; Refused (not admitted), always in the same words, when anything about the call is wrong."""
    call, caller = _read(vault, data, method, path)
    if call.body != body_sha256:
        raise _refused()
    now = vault.now_ms()
    try:
        with vault.database.passing() as connection:
            store.see_call(connection, call.nonce, now, now - _REMEMBER_MS)
    except IntegrityError:
        raise _refused() from None
    return caller


def expect_call(vault: Vault, data: bytes, method: str, path: str) -> Caller:
    """Who will be admitted if the body is the one that was signed: asked before a large body is read. Admits nobody."""
    return _read(vault, data, method, path)[1]


def _read(vault: Vault, data: bytes, method: str, path: str) -> tuple[Call, Caller]:
    now = vault.now_ms()
    with vault.database.reading() as connection:
        callers = _callers(vault.rosters(connection), now)
    try:
        signed = open_form(Call, data, [key for key, _ in callers.values()])
    except MalformedFormError:
        raise _refused() from None
    call = signed.form
    _, caller = callers.get((call.agency, signed.signer), (None, None))
    if caller is None or call.person != caller.person or (call.method, call.path) != (method, path):
        raise _refused()
    if abs(call.at_ms - now) > SKEW_MS:
        raise _refused()
    return call, caller


def _callers(rosters: Rosters, now_ms: int) -> dict[tuple[str, str], tuple[VerifyingKey, Caller]]:
    """By agency and key: whoever lists another agency's key must not keep that agency's people out."""
    found: dict[tuple[str, str], tuple[VerifyingKey, Caller]] = {}
    for agency in rosters.pins.agencies.values():
        try:
            roster = rosters.of(agency.code, now_ms)
        except RosterError:
            continue
        for person in roster.people:
            roles = frozenset(role for role in person.roles if person.may(role, now_ms))
            if roles:
                caller = Caller(person.person, agency.code, person.device, roles)
                found[agency.code, person.verify.id] = person.verify, caller
        if roster.agent is not None:
            caller = Caller(AGENT, agency.code, AGENT, frozenset(), agency.holds)
            found[agency.code, roster.agent.verify.id] = roster.agent.verify, caller
    return found


def _refused() -> Refused:
    return Refused(Why.NOT_ADMITTED, "call: not signed by anybody who may call, or not for this call and moment")
