"""Take an agency's answer to a notice to correct. Late is late, by the vault's clock: the entry says so.

1. Signed by the caller, who decides or seals for the agency that was told, now.
2. To exactly this notice, which nobody has answered.
3. The entry; in its transaction the answer. The same answer again changes nothing.

May touch: database, a local socket (the signer)
Sees:      pseudonyms
Spec:      vault-law L35
"""

from __future__ import annotations

from vault.caller import Caller
from vault.checks import SKEW_MS
from vault.corrections import Corrected, Correction, check_answer
from vault.forms import Signed, open_form
from vault.house import Vault, caller_actor, signed_by
from vault.refusals import Why, need
from vault.store import correction_rows
from vault.vocabulary import Role


def answer_correction(vault: Vault, caller: Caller, correction_id: str, data: bytes) -> Signed[Corrected]:
    """Keep the answer; StateError or Refused names what is not as it must be."""
    now = vault.now_ms()
    with vault.database.reading() as connection:
        rosters = vault.rosters(connection)
        signed = signed_by(caller, Corrected, data, rosters, now)  # 1
        found = correction_rows.find(connection, correction_id)
    form = signed.form
    is_own = (form.agency, form.person) == (caller.agency, caller.person)
    need(is_own, Why.NOT_ENTITLED, "correction: not answered by the caller")
    need(found is not None and found.recipient == caller.agency, Why.NOT_FOUND, "correction: none to this agency")
    assert found
    if found.answer is not None:
        need(found.answer == data, Why.WRONG_STATE, "correction: answered already")
        return signed
    people = [person.verify for roster in rosters.known() for person in roster.people]
    notice = open_form(Correction, found.data, people)
    check_answer(signed, notice, rosters, now)  # 2
    need(abs(form.answered_ms - now) <= SKEW_MS, Why.MALFORMED, "correction: answered at another time than now")
    need(len(form.words) == 2, Why.MALFORMED, "correction: the answer's words are not sealed to both desks")
    role = Role.DECIDER if Role.DECIDER in caller.roles else Role.SEALER
    vault.enter(  # 3
        caller_actor(caller, role.value),
        "correction.answer",
        {"agency": form.agency, "late": now >= found.due_ms},
        req=form.answer,
        input=signed.hex,
        prev=correction_id,
        within=lambda connection: correction_rows.answer(connection, correction_id, data, now),
    )
    return signed
