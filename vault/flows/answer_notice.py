"""Take an agency's acknowledgement that its part of a record is sealed; the ledger closes when all have answered.

May touch: database, a local socket (the signer)
Sees:      pseudonyms, counts
Spec:      vault-law L11, L12
"""

from __future__ import annotations

from vault.caller import Caller
from vault.checks import sealers_of
from vault.forms import open_form
from vault.handing_over import Acknowledgement, Notice
from vault.house import Vault, caller_actor, signed_by
from vault.refusals import Why, need
from vault.store import notice_rows
from vault.vocabulary import Role


def answer_notice(vault: Vault, caller: Caller, data: bytes) -> Acknowledgement:
    """Keep it; Refused when the notice is not the caller's, or another answer is here."""
    now = vault.now_ms()
    with vault.database.reading() as connection:
        rosters = vault.rosters(connection)
        signed = signed_by(caller, Acknowledgement, data, rosters, now)
        answer = signed.form
        is_own = (answer.agency, answer.sealer) == (caller.agency, caller.person) and Role.SEALER in caller.roles
        need(is_own, Why.NOT_ENTITLED, "acknowledgement: not by the caller, or the caller is no sealer")
        found = notice_rows.find(connection, answer.notice, caller.agency)
    need(found is not None, Why.NOT_FOUND, "notice: none of this name to this agency")
    assert found
    raw, is_answered = found
    need(not is_answered, Why.WRONG_STATE, "notice: answered already")
    # Verified when it came: an agency whose roster has run out since must not keep others from answering.
    senders = [key for roster in rosters.known() for key in sealers_of(roster)]
    notice = open_form(Notice, raw, senders)
    need(notice.hex == answer.notice_digest, Why.MALFORMED, "acknowledgement: of another notice")
    vault.enter(
        caller_actor(caller, Role.SEALER.value),
        "record.notice.answer",
        {"agency": caller.agency, "notice": notice.hex},
        input=signed.hex,
        within=lambda connection: notice_rows.answer(connection, answer.notice, data, now),
    )
    return answer
