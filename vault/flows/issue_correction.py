"""Take the procuratorate's notice to correct: its deadline runs from now, whatever day the notice says.

1. Signed by the caller, a supervisor of a procuratorate, now, to another agency that seals.
2. Under the rules in force, whose deadline runs.
3. The entry; in its transaction the notice. The same notice again changes nothing.

May touch: database, a local socket (the signer)
Sees:      pseudonyms
Spec:      vault-law L35
"""

from __future__ import annotations

from vault.caller import Caller
from vault.checks import SKEW_MS
from vault.corrections import Correction, check_issued
from vault.forms import Signed
from vault.house import Vault, caller_actor, signed_by
from vault.models import CORRECTION
from vault.refusals import Why, need
from vault.store import correction_rows
from vault.store.pages import insert_row
from vault.vocabulary import Role


def issue_correction(vault: Vault, caller: Caller, data: bytes) -> Signed[Correction]:
    """Keep the notice; StateError or Refused names what is not as it must be."""
    now = vault.now_ms()
    with vault.database.reading() as connection:
        rosters = vault.rosters(connection)
        signed = signed_by(caller, Correction, data, rosters, now)  # 1
        form = signed.form
        known = correction_rows.find(connection, form.correction)
    is_own = (form.agency, form.supervisor) == (caller.agency, caller.person)
    need(is_own, Why.NOT_ENTITLED, "correction: not by the caller")
    need(form.to in vault.pins.agencies, Why.MALFORMED, "correction: to an agency that does not take part")
    if known is not None:
        need(known.data == data, Why.EXISTS, "correction: its id was used by another one")
        return signed
    check_issued(signed, rosters, now)
    need(abs(form.issued_ms - now) <= SKEW_MS, Why.MALFORMED, "correction: of another time than now")
    need(form.rules == vault.law.in_force(now), Why.MALFORMED, "correction: pins rules that are not in force")  # 2
    need(len(form.words) == 2, Why.MALFORMED, "correction: its words are not sealed to both desks")
    due_ms = vault.law.correct_by(form.rules, now)[1]
    vault.enter(  # 3
        caller_actor(caller, Role.SUPERVISOR.value),
        "correction.issue",
        {"agency": form.to},
        req=form.correction,
        input=signed.hex,
        within=lambda connection: insert_row(
            connection, CORRECTION, id=form.correction, agency=form.agency, recipient=form.to, data=data, due_ms=due_ms
        ),
    )
    return signed
