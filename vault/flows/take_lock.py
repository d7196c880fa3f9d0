"""Take a lock or an opening. A lock counts at once; an opening counts when both holders' is here.

May touch: database, a local socket (the signer)
Sees:      pseudonyms
"""

from __future__ import annotations

import hashlib
from typing import Final

from vault.caller import Caller
from vault.house import DAY_MS, Vault, caller_actor
from vault.locking import read_lock
from vault.models import LOCK
from vault.refusals import Why, need
from vault.requests import Lock
from vault.store import lock_rows
from vault.store.pages import insert_row
from vault.vocabulary import Role

MOST_A_DAY: Final = 50


def take_lock(vault: Vault, caller: Caller, data: bytes) -> Lock:
    """Keep it; Refused when it is not the caller's own."""
    now = vault.now_ms()
    with vault.database.reading() as connection:
        rosters = vault.rosters(connection)
        lock = read_lock(data, rosters, now)
        if data in lock_rows.every(connection):
            return lock
        holds = lock.act == "open" or vault.locks_with([lock], connection, rosters)
        acts = lock_rows.count_since(connection, caller.agency, now - DAY_MS)
        is_locked = vault.is_locked(connection, rosters)
    is_own = (lock.agency, lock.person) == (caller.agency, caller.person)
    need(is_own, Why.NOT_ENTITLED, "lock: not by the caller")
    need(abs(lock.at_ms - now) <= 60_000, Why.MALFORMED, "lock: of another time than now")
    # A lock from a clock that is behind would stand in the list and stop nothing (vault-law section 5, states).
    need(holds, Why.MALFORMED, "lock: older than the last opening; set this desk's clock")
    # A lock that stops something is never refused; what stops nothing more may not fill log and list.
    is_needed = lock.act == "lock" and not is_locked
    need(acts < MOST_A_DAY or is_needed, Why.QUOTA_SPENT, "lock: as many acts as an agency may make in a day")
    vault.enter(
        caller_actor(caller, sorted(role.value for role in caller.roles if role is not Role.OFFICER)[0]),
        "lock.change",
        {"agency": lock.agency, "change": lock.act},
        req=lock.lock,
        input=hashlib.sha256(data).hexdigest(),
        within=lambda connection: insert_row(
            connection, LOCK, id=lock.lock, agency=lock.agency, data=data, at_ms=lock.at_ms
        ),
    )
    return lock
