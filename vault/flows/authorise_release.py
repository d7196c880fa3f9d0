"""Write the intent of a release: the entry without which no agent acts. It comes from consent alone, never from time.

1. Every needed approval is there, and consent holds as a whole (checks 1 to 5).
2. Not locked; both holders' witnesses are there, or nothing is written.
3. The entry names the request, the decision's view, each approval, and the hash of the authorisation with a fresh salt;
   in its transaction the state and the intent's row. Called again it changes nothing.

May touch: database, a local socket (the signer)
Sees:      pseudonyms, hashes
Spec:      architecture D4; vault-law section 5, step 5
"""

from __future__ import annotations

import secrets

from sqlalchemy import Connection

from audit.commitments import SALT_BYTES, hash_output
from audit.entry import Basis, Entry, Output
from audit.events import Reason
from audit.request_id import new_request_id
from vault.checks import Consent, check_consent
from vault.house import Vault, service_actor
from vault.models import INTENT
from vault.refusals import Why, need
from vault.rosters import Rosters
from vault.states import Act, RequestState, after
from vault.store import act_rows, request_rows
from vault.store.pages import insert_row


def authorise_release(vault: Vault, request_id: str) -> bool:
    """Whether the release is authorised now: False while an approval is missing."""
    with vault.database.reading() as connection:
        found = request_rows.find(connection, request_id)
        rosters = vault.rosters(connection)
        decisions = act_rows.of_request(connection, request_id, "decision")
        approvals = act_rows.of_request(connection, request_id, "approval")
        is_locked = vault.is_locked(connection, rosters)
    if found is None or not decisions:
        return False
    if found.state is not RequestState.DECIDED:
        return found.state not in (RequestState.ASKED, RequestState.REFUSED)
    if {act.agency for act in approvals} != set(rosters.pins.approvers(found.recipient)):
        return False
    now = vault.now_ms()
    consent = check_consent(found.data, decisions[0].data, [act.data for act in approvals], rosters, now)  # 1
    need(not is_locked, Why.LOCKED, "an agency has locked every release")  # 2
    vault.public.require_witnesses()
    _write(vault, consent, rosters, now)  # 3
    vault.public.wake()
    return True


def _write(vault: Vault, consent: Consent, rosters: Rosters, now_ms: int) -> None:
    request, decision = consent.request.form, consent.decision.form
    salt = secrets.token_bytes(SALT_BYTES)
    expires_ms = now_ms + 1000 * decision.expires_s
    entry = Entry(
        event="release.intent",
        ts_ms=now_ms,
        req=new_request_id(now_ms),
        actor=service_actor(),
        basis=Basis(request.basis, request.letter, tuple(one.form.approval for one in consent.approvals)),
        case=request.grounds,
        decision=vault.allow(Reason.LAWFUL_BASIS, Reason.TWO_AGENCIES),
        input=consent.request.hex,
        output=Output(hash_output(consent.authorisation.to_bytes(), salt), 1, salted=True),
        prev=request.request,
        facts={"view": decision.view, "expires_ms": expires_ms},
    )

    def rows(connection: Connection) -> None:
        state = after(RequestState.DECIDED, Act.AUTHORISE)
        request_rows.move(connection, request.request, RequestState.DECIDED, state, expires_ms=expires_ms)
        insert_row(connection, INTENT, request=request.request, req=entry.req, entry=entry.encode(), salt=salt)

    vault.log.append_and_wait(entry, within=rows)
