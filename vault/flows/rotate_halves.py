"""Replace halves by the same halves sealed to an agent's new key: page by page, resumable after any kill.

The agent opened and sealed them on its own side; the service cannot tell whether the new ones hold what the old ones
held, but every opening can: the envelope's signed header commits to each half. The body of no envelope is touched.

May touch: database, a local socket (the signer)
Sees:      sealed halves
Spec:      vault-law section 5, rotation
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection

from vault.caller import Caller
from vault.forms import open_form
from vault.halves import RecordId, SealedHalves
from vault.house import Vault, caller_actor
from vault.refusals import Why, need
from vault.rotation import Rotation
from vault.store import envelope_rows, half_rows
from vault.vocabulary import Holder, View

PAGE: Final = 200
"""Record versions of a page: about 400 KB as a signed form."""
_COMPARED: Final = 50
"""With the covers of all views, about as much again for each."""


def halves_to_rotate(vault: Vault, caller: Caller, key: str, after: str, *, covers: bool) -> list[dict[str, Any]]:
    """Halves of the caller's holder under `key`, from `after` (`place_of`) on, as JSON; with covers to compare them."""
    need(caller.holder is not None, Why.NOT_ENTITLED, "halves: for agents")
    assert caller.holder
    with vault.database.reading() as connection:
        found = half_rows.under_key(connection, caller.holder, key, _place(after), _COMPARED if covers else PAGE)
        of = envelope_rows.covers_of_all(connection, [one.id for one in found]) if covers else {}
    return [{**halves_json(one), **_covers_json(of.get(one.id))} for one in found]


def rotate_halves(vault: Vault, caller: Caller, data: bytes) -> int:
    """Keep a signed page of re-sealed halves; returns how many are still under the old key."""
    now = vault.now_ms()
    need(caller.holder is not None, Why.NOT_ENTITLED, "halves: for agents")
    assert caller.holder
    holder: Holder = caller.holder
    with vault.database.reading() as connection:
        agent = vault.rosters(connection).of(caller.agency, now).agent
    assert agent
    signed = open_form(Rotation, data, (agent.verify,))
    form = signed.form
    need(form.agency == caller.agency and form.holder == holder, Why.NOT_ENTITLED, "rotation: not by the caller")
    need(form.new_key == agent.key_id, Why.MALFORMED, "rotation: to another key than the roster's")
    halves = form.sealed_halves()

    def rows(connection: Connection) -> None:
        half_rows.replace(connection, form.old_key, halves)

    vault.enter(
        caller_actor(caller, "agent"),
        "half.rotate",
        {
            "agency": caller.agency,
            "old": hashlib.sha256(form.old_key.encode()).hexdigest(),
            "new": hashlib.sha256(form.new_key.encode()).hexdigest(),
            "halves": len(halves),
        },
        input=signed.hex,
        within=rows,
    )
    with vault.database.reading() as connection:
        return half_rows.count(connection, holder, form.old_key)


def place_of(halves: SealedHalves) -> str:
    """Where a record version's halves stand among all, for the page after them."""
    return f"{halves.id.record}:{halves.id.version}"


def _place(after: str) -> tuple[str, int]:
    record, version = after.split(":") if after else ("", "0")
    return record, int(version)


def halves_json(halves: SealedHalves) -> dict[str, Any]:
    """A record version's sealed halves with their ids."""
    sealed = base64.b64encode(halves.sealed).decode()
    return {**halves.id.to_json(), "holder": halves.holder.value, "key": halves.key, "sealed": sealed}


def _covers_json(covers: Mapping[View, bytes] | None) -> dict[str, Any]:
    if covers is None:
        return {}
    return {"covers": {view.value: base64.b64encode(cover).decode() for view, cover in covers.items()}}


def covers_of_json(value: dict[str, Any]) -> dict[View, bytes]:
    """The covers beside a record version's halves; nothing where the vault sent none."""
    return {View(view): base64.b64decode(cover) for view, cover in value.get("covers", {}).items()}


def halves_of_json(value: dict[str, Any]) -> SealedHalves:
    """Read `halves_json`'s form."""
    record = RecordId(value["record"], value["version"], value["agency"], value["epoch"], value["suite"])
    return SealedHalves(record, Holder(value["holder"]), value["key"], base64.b64decode(value["sealed"]))
