"""Verbs on agencies as clients: register, suspend, resume, remove; add and remove keys; end all their tokens.

Each writes its entry first, its rows in the same transaction. The operator may all of it; an agency changes its own
keys: two at most, so that one can be replaced without a gap, and never the last one.

May touch: database
Sees:      public keys
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection

from api.auth import clients
from api.auth.clients import ClientKey
from api.auth.jose_keys import PublicKey
from audit import canonical
from audit.events import Reason
from audit.shapes import is_code
from linkage.agencies import FOLLOWS, AgencyState
from linkage.caller import Caller
from linkage.refusals import Refused, Why
from linkage.store import agencies as store
from linkage.store.agencies import Agency
from linkage.unit import Unit, request_sha256

MOST_KEYS: Final = 2

_CHANGE: Final = {
    AgencyState.ACTIVE: "resumed", AgencyState.SUSPENDED: "suspended", AgencyState.REMOVED: "removed",
}  # fmt: skip


def register_agency(unit: Unit, caller: Caller, code: str, name: str, kind: str, key: PublicKey) -> Agency:
    """A new agency with its first key."""
    if not is_code(code) or not is_code(kind):
        raise Refused(Why.MALFORMED, "agency: its code and kind are lower-case words without a run of eight digits")
    made = Agency(code, name, kind, AgencyState.ACTIVE, 1, unit.now_ms())

    def note(connection: Connection) -> None:
        if store.find(connection, code) is not None:
            raise Refused(Why.EXISTS, "agency: its code is taken, or was")
        store.add(connection, made)
        clients.add(connection, code)
        clients.add_key(connection, code, key, made.created_ms)

    _enter(unit, caller, code, "registered", key.sha256, note, name=name, kind=kind)
    return made


def change_state(unit: Unit, caller: Caller, code: str, version: int, state: AgencyState) -> Agency:
    """Suspended and removed agencies are shut out at once: no token of theirs counts any more."""
    agency, keys = read_agency(unit, code)
    if state not in FOLLOWS[agency.state]:
        raise Refused(Why.WRONG_STATE, f"agency: {agency.state}")

    def note(connection: Connection) -> None:
        if not store.put(connection, code, version, state=state):
            raise Refused(Why.STALE, "agency: changed since it was read")
        clients.end_tokens(connection, code)
        if state is AgencyState.REMOVED:
            clients.remove_keys(connection, code)

    _enter(unit, caller, code, _CHANGE[state], _sha256_of(keys), note)
    return read_agency(unit, code)[0]


def add_key(unit: Unit, caller: Caller, code: str, key: PublicKey) -> ClientKey:
    """A second key beside the first; an agency changes to it in its own time and then removes the first."""
    now = unit.now_ms()

    def note(connection: Connection) -> None:
        if (agency := store.find(connection, code)) is None or agency.state is AgencyState.REMOVED:
            raise Refused(Why.NOT_FOUND, "agency: none of this code")
        found = clients.keys(connection, code)
        if key.thumbprint in {each.key.thumbprint for each in found}:
            raise Refused(Why.EXISTS, "key: it is there already")
        if len(found) >= MOST_KEYS:
            raise Refused(Why.WRONG_STATE, f"key: {MOST_KEYS} are there", hint="remove the old one first")
        clients.add_key(connection, code, key, now)

    _enter(unit, caller, code, "key-added", key.sha256, note)
    return ClientKey(key, now)


def remove_key(unit: Unit, caller: Caller, code: str, thumbprint: str) -> None:
    """It signs nothing any more, and no token that was given for it, or for the other one, counts."""
    key = next((each.key for each in read_agency(unit, code)[1] if each.key.thumbprint == thumbprint), None)
    if key is None:
        raise Refused(Why.NOT_FOUND, "key: none of this thumbprint")

    def note(connection: Connection) -> None:
        if not clients.remove_key(connection, code, thumbprint):
            raise Refused(Why.NOT_FOUND, "key: none of this thumbprint")
        if caller.agency is not None and not clients.keys(connection, code):
            raise Refused(Why.WRONG_STATE, "key: the last one", hint="add another first, or ask the operator")
        clients.end_tokens(connection, code)

    _enter(unit, caller, code, "key-removed", key.sha256, note)


def end_tokens(unit: Unit, caller: Caller, code: str) -> None:
    """Every token of the agency stops to count; with its keys it gets new ones."""
    keys = read_agency(unit, code)[1]
    _enter(
        unit, caller, code, "tokens-ended", _sha256_of(keys), lambda connection: clients.end_tokens(connection, code)
    )


def read_agency(unit: Unit, code: str) -> tuple[Agency, list[ClientKey]]:
    """The agency and its keys; who is not there is NOT_FOUND."""
    with unit.database.reading() as connection:
        found = store.find(connection, code)
        if found is None:
            raise Refused(Why.NOT_FOUND, "agency: none of this code")
        return found, clients.keys(connection, code)


def list_agencies(unit: Unit, after: str, limit: int) -> list[Agency]:
    with unit.database.reading() as connection:
        return store.listed(connection, after, limit)


def _sha256_of(keys: list[ClientKey]) -> str:
    """What an entry about the whole agency names: the hash of its keys' thumbprints."""
    return hashlib.sha256(canonical.dumps(sorted(each.key.thumbprint for each in keys))).hexdigest()


def _enter(
    unit: Unit, caller: Caller, code: str, change: str, key: str, note: Callable[[Connection], None], **request: str
) -> None:
    facts = {"agency": code, "key": key, "change": change}
    reason = Reason.OWN_RECORDS if caller.agency is not None else Reason.ENTITLED_ROLE
    sha256 = request_sha256({**facts, **request})
    unit.enter(caller, "agency.change", facts, within=note, decision=unit.allow(reason), input=sha256)
