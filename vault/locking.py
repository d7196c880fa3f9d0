"""Whether releases are locked: one agency's lock stops all at once, and only both holders together open again.

Pure: signed locks come in, in any order, from wherever; a vault that withholds one is why each agent also looks at a
lock of its own agency's device.

May touch: nothing
Sees:      pseudonyms
Spec:      vault-law section 5, states: locked by any one agency at once; lock by one, open by both
"""

from __future__ import annotations

from collections.abc import Iterable

from vault.errors import MalformedFormError, RosterError
from vault.forms import open_form
from vault.requests import Lock
from vault.rosters import Person, Rosters
from vault.vocabulary import Holder, Role

_ROLES = frozenset({Role.DECIDER, Role.APPROVER, Role.SUPERVISOR})


def read_lock(data: bytes, rosters: Rosters, now_ms: int) -> Lock:
    """A lock signed by a decider, approver or supervisor of the agency that it names; MalformedFormError otherwise."""
    people: dict[str, tuple[str, Person]] = {}
    for agency in rosters.pins.agencies:
        try:
            people |= {person.verify.id: (agency, person) for person in rosters.of(agency, now_ms).people}
        except RosterError:
            continue
    signed = open_form(Lock, data, [person.verify for _, person in people.values()])
    agency, person = people[signed.signer]
    lock = signed.form
    if (lock.agency, lock.person) != (agency, person.person) or not any(
        person.may(role, lock.at_ms) for role in _ROLES
    ):
        raise MalformedFormError("lock: not by somebody who may lock for this agency")
    return lock


def is_locked(locks: Iterable[Lock], holders: dict[Holder, str]) -> bool:
    """Whether a lock stands: the latest one is younger than an opening by each of the two holders."""
    found = list(locks)
    locked_at = max((lock.at_ms for lock in found if lock.act == "lock"), default=None)
    if locked_at is None:
        return False
    opened = {lock.agency for lock in found if lock.act == "open" and lock.at_ms > locked_at}
    return not opened.issuperset(holders.values())
