"""Take an officer's request, once it is one: signed, fresh, on a basis that the rules know, within what one may ask.

1. Not locked, the request holds (check 1), by the caller.
2. The basis is not refused for everything: what no record could be released on is refused here, alike for everybody.
3. The officer has not asked for more than a day's number; too many is an alert for the procuratorate, one a
   day for each officer.
4. The entry; in its transaction the request. The same request again changes nothing; a used id or nonce is refused.

Whether a record exists is not known here and plays no part in any answer.

May touch: database, a local socket (the signer)
Sees:      pseudonyms, hashes
Spec:      vault-law L14 to L18, L22 to L24; failure table, bulk querying
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from audit.entry import Basis
from vault.caller import Caller
from vault.checks import check_request
from vault.forms import Signed
from vault.house import DAY_MS, Vault, caller_actor, service_actor
from vault.models import REQUEST
from vault.refusals import Refused, Why, need
from vault.requests import Request
from vault.states import RequestState
from vault.store import request_rows
from vault.store.pages import insert_row
from vault.vocabulary import Role

MOST_A_DAY: Final = 20


def ask(vault: Vault, caller: Caller, data: bytes) -> Signed[Request]:
    """Keep the request; CheckFailedError or Refused says why not."""
    now = vault.now_ms()
    with vault.database.reading() as connection:
        rosters = vault.rosters(connection)
        need(not vault.is_locked(connection, rosters), Why.LOCKED, "an agency has locked every release")  # 1
        signed, party = check_request(data, rosters, now)
        is_own = (party.agency, party.person.person) == (caller.agency, caller.person)
        need(is_own, Why.NOT_ENTITLED, "request: not by the caller")
        form = signed.form
        known = request_rows.find(connection, form.request)
        asked = request_rows.asked_since(connection, caller.agency, caller.person, now - DAY_MS)
    if known is not None:
        need(known.data == data, Why.EXISTS, "request: its id was used by another one")
        return signed
    kind = rosters.pins.agency(form.agency).kind
    need(form.rules == vault.law.in_force(now), Why.CHECK_FAILED, "request: pins rules that are not in force")  # 2
    may_ask = vault.law.may_ask(form.rules, form.basis, kind, form.purpose, form.scope)
    need(may_ask, Why.CHECK_FAILED, "request: nothing may be asked on this basis for this purpose and scope")
    if asked >= MOST_A_DAY:  # 3
        if vault.may_alert(caller.agency, caller.person):
            _alert(vault)
        raise Refused(Why.QUOTA_SPENT, "request: as many as an officer may make in a day")
    warn_ms, escalate_ms = vault.law.decide_by(form.rules, now)

    def rows(connection: Connection) -> None:
        # once more: of calls at the same time
        again = request_rows.asked_since(connection, caller.agency, caller.person, now - DAY_MS)
        need(again < MOST_A_DAY, Why.QUOTA_SPENT, "request: as many as an officer may make in a day")
        insert_row(
            connection, REQUEST, id=form.request, digest=signed.hex, nonce=form.nonce, officer=form.officer,
            agency=form.agency, recipient=form.to, state=RequestState.ASKED.value, data=data, asked_ms=now,
            not_after_ms=form.not_after_ms, warn_ms=warn_ms, escalate_ms=escalate_ms,
        )  # fmt: skip

    vault.enter(  # 4
        caller_actor(caller, Role.OFFICER.value),
        "access.request",
        {"scope": form.scope, "rules": form.rules},
        req=form.request,
        basis=Basis(form.basis, form.letter),
        case=form.grounds,
        input=signed.hex,
        within=rows,
    )
    return signed


def _alert(vault: Vault) -> None:
    vault.enter(service_actor(), "alert", {"rule": "bulk-querying", "rules": vault.rules, "entries": ()})
