"""Take an agency's new roster: its own signed word about its people, replacing an older version.

1. Verified under the pinned roster key of the agency, valid now, newer than what is here.
2. Each key that is added, replaced or revoked is an entry of its own; then the roster's, with its row.

May touch: database, a local socket (the signer)
Sees:      public keys, pseudonyms
Spec:      contracts section 4: enrolment, loss and replacement of a key are entries
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection

from audit.entry import Actor
from audit.events import Reason
from vault.errors import RosterError
from vault.house import DAY_MS, Vault
from vault.models import ROSTER
from vault.refusals import Why, need
from vault.rosters import Roster, Rosters, open_roster
from vault.store import roster_rows
from vault.store.pages import insert_row

MOST_A_DAY: Final = 50


def take_roster(vault: Vault, data: bytes) -> Roster:
    """Keep it; RosterError names the rule. The same roster again changes nothing."""
    roster = open_roster(data, vault.pins)  # 1
    now = vault.now_ms()
    with vault.database.reading() as connection:
        known = Rosters(vault.pins, vault.rosters(connection).known())
        came = roster_rows.count_since(connection, roster.agency, now - DAY_MS)
    before = next((one for one in known.known() if one.agency == roster.agency), None)
    if before == roster:
        return roster
    known.take(roster)
    known.of(roster.agency, now)
    if before is not None and before.version == roster.version:
        raise RosterError("roster: this version is here already")
    changes = list(_changes(before, roster))
    # A revocation alone is never refused; all else can wait for tomorrow, and must not fill the log.
    only_revokes = bool(changes) and all(change == "revoked" for _, change in changes)
    need(
        came < MOST_A_DAY or only_revokes, Why.QUOTA_SPENT, "roster: as many versions as an agency may publish in a day"
    )
    digest = hashlib.sha256(data).hexdigest()
    actor = Actor("roster", roster.agency, "roster", "signed", "roster")
    for key, change in changes:  # 2
        vault.enter(
            actor,
            "enrolment",
            {"agency": roster.agency, "key": key, "change": change},
            decision=vault.allow(Reason.OFFICER_DUTY),
            input=digest,
        )

    def rows(connection: Connection) -> None:
        if before is None:  # what a replaced roster key signed must not outrank the new key's versions
            roster_rows.drop(connection, roster.agency)
        insert_row(connection, ROSTER, agency=roster.agency, version=roster.version, data=data, at_ms=now)

    vault.enter(
        actor,
        "roster.change",
        {"agency": roster.agency, "roster": digest},
        input=digest,
        within=rows,
    )
    return roster


def _changes(before: Roster | None, after: Roster) -> Iterator[tuple[str, str]]:
    """(SHA-256 of the key's text, what happened to it); a person who is gone counts as revoked."""
    old = {person.verify.id: person for person in before.people} if before else {}
    names = {person.person for person in old.values()}
    for person in after.people:
        known = old.pop(person.verify.id, None)
        key = hashlib.sha256(person.verify.to_text().encode()).hexdigest()
        if known is None:
            yield key, "replaced" if person.person in names else "added"
        elif person.revoked_ms is not None and known.revoked_ms is None:
            yield key, "revoked"
    for person in old.values():
        yield hashlib.sha256(person.verify.to_text().encode()).hexdigest(), "revoked"
