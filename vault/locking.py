"""Whether releases are locked: one agency's lock stops all at once, and only both holders together open again.

Pure: signed locks come in, in any order, from wherever; a vault that withholds one is why each agent also looks at a
lock of its own agency's device.

May touch: nothing
Sees:      pseudonyms
Spec:      vault-law section 5, states: locked by any one agency at once; lock by one, open by both
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from audit import canonical
from audit.errors import MalformedError
from vault.checks import SKEW_MS
from vault.errors import MalformedFormError, RosterError
from vault.forms import open_form
from vault.requests import Lock
from vault.rosters import Person, Rosters
from vault.vocabulary import Holder, Role

_ROLES = frozenset({Role.DECIDER, Role.APPROVER, Role.SUPERVISOR})


def read_lock(data: bytes, rosters: Rosters, now_ms: int) -> Lock:
    """A lock signed by a decider, approver or supervisor of the agency that it names; MalformedFormError otherwise."""
    people: dict[tuple[str, str], Person] = {}
    for agency in rosters.pins.agencies:
        try:
            people |= {(agency, person.verify.id): person for person in rosters.of(agency, now_ms).people}
        except RosterError:
            continue
    signed = open_form(Lock, data, [person.verify for person in people.values()])
    lock = signed.form
    signer = people.get((lock.agency, signed.signer))
    if signer is None or lock.person != signer.person or not any(signer.may(role, lock.at_ms) for role in _ROLES):
        raise MalformedFormError("lock: not by somebody who may lock for this agency")
    return lock


def counted(data: bytes, rosters: Rosters, now_ms: int) -> Lock:
    """A lock as it counts now: one that no longer verifies locks from the time that it names, and opens nothing.

    Its signer may have a new key since. It must go on locking, and both holders must be able to open again.
    """
    try:
        return read_lock(data, rosters, now_ms)
    except MalformedFormError:
        return dataclasses.replace(_claimed(data), act="lock")


def _claimed(data: bytes) -> Lock:
    try:
        payload = canonical.loads(data.split(b"\n")[1])
    except (MalformedError, IndexError):
        payload = None
    if not isinstance(payload, dict):
        raise MalformedFormError("lock: not of its form")
    return Lock.parse(payload)


def is_locked(locks: Iterable[Lock], holders: dict[Holder, str], now_ms: int) -> bool:
    """Whether a lock stands: the latest one is younger than an opening by each of the two holders.

    An opening of a time to come counts for nothing, else it would undo locks that nobody has set yet.
    """
    found = list(locks)
    locked_at = max((lock.at_ms for lock in found if lock.act == "lock"), default=None)
    if locked_at is None:
        return False
    opened = {lock.agency for lock in found if lock.act == "open" and locked_at < lock.at_ms <= now_ms + SKEW_MS}
    return not opened.issuperset(holders.values())
