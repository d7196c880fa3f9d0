"""Hand an agent all that it needs for a turn, in one call: newest rosters, locks, and dossiers that wait for its half.

An agent believes none of it and asks again at the next turn; what it has released already is not handed out here.
Rosters are sent only when they are others than it says it knows.

May touch: database
Sees:      ciphertext, pseudonyms, hashes
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vault.caller import Caller
from vault.errors import VaultError
from vault.flows.hand_dossier import Handed, hand_dossier
from vault.flows.prove_sealing import prove_waiting
from vault.house import Vault
from vault.refusals import Why, need
from vault.store import lock_rows, request_rows, roster_rows

AT_ONCE: Final = 20
"""Dossiers of one call: they hold a few signatures each, and the witnesses are waited for."""


@dataclass(frozen=True, slots=True)
class Work:
    """A page of an agent's work."""

    rosters: tuple[bytes, ...] | None
    """None: the agent knows the newest."""
    locks: tuple[bytes, ...]
    waiting: tuple[tuple[str, Handed | VaultError], ...]
    """Requests by id, each with its dossier or why there is none."""
    after: str | None
    """Where the next page begins; None when there is none."""


def hand_work(vault: Vault, caller: Caller, known: str, after: str) -> Work:
    """A page after that request id; `AuditError` when the witnesses are silent, for then nothing can be released."""
    need(caller.holder is not None, Why.NOT_ENTITLED, "work: for agents")
    assert caller.holder
    prove_waiting(vault)
    with vault.database.reading() as connection:
        knows = vault.rosters_digest(connection) == known
        rosters = () if knows else roster_rows.newest(connection)
        locks = lock_rows.every(connection)
        owed = request_rows.owed_by(connection, caller.holder, after, AT_ONCE)
    return Work(
        None if knows else tuple(rosters),
        tuple(locks),
        tuple((request, _handed(vault, caller, request)) for request in owed),
        owed[-1] if len(owed) == AT_ONCE else None,
    )


def _handed(vault: Vault, caller: Caller, request: str) -> Handed | VaultError:
    try:
        return hand_dossier(vault, caller, request)
    except VaultError as error:  # of this request alone; the others go on
        return error
