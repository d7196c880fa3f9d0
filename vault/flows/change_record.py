"""Unseal a record, seal it again, or shred it: proposed by the sealing agency, agreed by the half-holding ones.

1. The proposal: by a decider of the agency that sealed, about a record whose history the change may follow.
2. Each agreement: to exactly that proposal, by an approver, another person.
3. With the last one the entry, and in its transaction the change; shredding destroys halves, covers, index entry and
   sealing form, and then the envelopes' files. Copies in backups stay closed: they hold halves under the agents' keys
   of that epoch, which the agents destroy when they have rotated (docs/vault.md).

May touch: database, disk (ciphertext), a local socket (the signer)
Sees:      pseudonyms, hashes, ciphertext
Spec:      vault-law L28, L29, section 5 (shredding)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from audit.entry import Basis
from audit.events import Reason
from vault.caller import Caller
from vault.changing import Proposal, is_agreed, read_agreement, read_proposal
from vault.checks import check_people
from vault.flows.take_envelope import cover_path, envelope_path
from vault.forms import Signed, claimed_form
from vault.handing_over import Sealing
from vault.house import Vault, caller_actor, service_actor
from vault.law.calendar import civil_day
from vault.models import PROPOSAL
from vault.refusals import Why, need
from vault.rosters import Rosters
from vault.store import act_rows, proposal_rows, record_rows
from vault.store.act_rows import StoredAct
from vault.store.pages import insert_row
from vault.store.record_rows import StoredRecord
from vault.unsealing import Change, SealState, changed
from vault.vocabulary import Role

AGREEMENT: Final = "agreement"


def propose_change(vault: Vault, caller: Caller, data: bytes) -> Signed[Proposal]:
    """Step 1. The same proposal again changes nothing."""
    now = vault.now_ms()
    with vault.database.reading() as connection:
        signed, _ = read_proposal(data, vault.rosters(connection), caller.agency, now)
        form = signed.form
        need(form.decider == caller.person, Why.NOT_ENTITLED, "proposal: not by the caller")
        known = proposal_rows.find(connection, form.proposal)
        found = record_rows.find(connection, form.record, form.version)
        done = proposal_rows.carried_out(connection, form.record, form.version)
    if known is not None:
        need(known[0] == data, Why.EXISTS, "proposal: its id was used by another one")
        return signed
    need(found is not None and found.agency == caller.agency, Why.NOT_FOUND, "record: none of this agency")
    assert found
    _check_follows(form, found, done, now)
    case, subject = _commitments(found)
    vault.enter(
        caller_actor(caller, Role.DECIDER.value),
        "record.proposal",
        {"change": form.change},
        req=form.proposal,
        basis=Basis(form.cause, form.judgment),
        case=case,
        subject=subject,
        decision=vault.allow(Reason.LAWFUL_BASIS),
        input=signed.hex,
        prev=found.req,
        within=lambda connection: insert_row(
            connection, PROPOSAL, id=form.proposal, record=form.record, version=form.version, agency=form.agency,
            state="proposed", data=data, at_ms=now,
        ),
    )  # fmt: skip
    return signed


def agree_to_change(vault: Vault, caller: Caller, proposal_id: str, data: bytes) -> bool:
    """Steps 2 and 3; whether the change is done."""
    now = vault.now_ms()
    with vault.database.reading() as connection:
        rosters = vault.rosters(connection)
        known = proposal_rows.find(connection, proposal_id)
        need(known is not None, Why.NOT_FOUND, "proposal: none of this name")
        assert known
        raw, state = known
        agency = _agency_of(raw)
        signed, proposer = read_proposal(raw, rosters, agency, now)
        agreed, approver = read_agreement(data, signed, rosters, caller.agency, now)
        need(agreed.form.approver == caller.person, Why.NOT_ENTITLED, "agreement: not by the caller")
        before = act_rows.of_request(connection, proposal_id, AGREEMENT)
        # Those who agreed before must still be who they were, and all different people (failure table, revoked key).
        others = [act for act in before if act.agency != caller.agency] if state == "proposed" else []
        also = [read_agreement(act.data, signed, rosters, act.agency, now)[1] for act in others]
        check_people([proposer, approver, *also])
        found = record_rows.find(connection, signed.form.record, signed.form.version)
    assert found
    # One for an agency: a desk that was told to wait (a lock, a witness) signs anew, and the change goes on.
    if state == "proposed" and not any(act.agency == caller.agency for act in before):
        form = agreed.form
        act = StoredAct(form.agreement, proposal_id, AGREEMENT, form.agency, agreed.hex, data, now)
        case, subject = _commitments(found)
        vault.enter(
            caller_actor(caller, Role.APPROVER.value),
            "record.agreement",
            {"agency": form.agency},
            req=form.agreement,
            case=case,
            subject=subject,
            decision=vault.allow(Reason.TWO_AGENCIES),
            input=agreed.hex,
            prev=proposal_id,
            within=lambda connection: act_rows.put(connection, act),
        )
        before = [*before, act]
    if state == "proposed" and is_agreed(signed, [act.agency for act in before], rosters):
        _carry_out(vault, signed, found, before, rosters)
        return True
    return state == "done"


def _carry_out(
    vault: Vault, signed: Signed[Proposal], found: StoredRecord, agreements: list[StoredAct], rosters: Rosters
) -> None:
    form, gone = signed.form, list[str]()
    now = vault.now_ms()
    with vault.database.reading() as connection:
        done = proposal_rows.carried_out(connection, form.record, form.version)
    case, subject = _commitments(found)
    _check_follows(form, found, done, now)
    need(not _is_locked(vault, rosters), Why.LOCKED, "an agency has locked every release")

    def rows(connection: Connection) -> None:
        record_rows.move(connection, form.record, form.version, found.state, form.change)
        proposal_rows.close(connection, form.proposal, now)
        if form.change == SealState.SHREDDED:
            gone[:] = record_rows.shred(connection, form.record, form.version)

    vault.enter(
        service_actor(),
        "record.change",
        {"change": form.change},
        basis=Basis(form.cause, form.judgment, tuple(sorted(act.id for act in agreements))),
        case=case,
        subject=subject,
        decision=vault.allow(Reason.LAWFUL_BASIS, Reason.TWO_AGENCIES),
        input=signed.hex,
        prev=form.proposal,
        within=rows,
    )
    for digest in gone:
        envelope_path(vault, digest).unlink(missing_ok=True)
        cover_path(vault, digest).unlink(missing_ok=True)


def _check_follows(form: Proposal, found: StoredRecord, done: Sequence[bytes], now_ms: int) -> None:
    """StateError unless the change follows the record's history, from a day that has come (L29)."""
    history = [Change(SealState.SEALED, civil_day(found.sealed_ms))]
    for data in done:
        before = claimed_form(Proposal, data)
        history.append(Change(SealState(before.change), dt.date.fromisoformat(before.from_day)))
    day = dt.date.fromisoformat(form.from_day)
    changed(history, Change(SealState(form.change), day))
    need(day <= civil_day(now_ms), Why.WRONG_STATE, "record: a change counts from no day that has not come")


def _is_locked(vault: Vault, rosters: Rosters) -> bool:
    with vault.database.reading() as connection:
        return vault.is_locked(connection, rosters)


def _commitments(found: StoredRecord) -> tuple[str, str]:
    """Case and subject as the record's sealing committed to them; a shredded record has none left."""
    need(bool(found.data), Why.WRONG_STATE, "record: it was shredded")
    form = claimed_form(Sealing, found.data)
    return form.case, form.subject


def _agency_of(data: bytes) -> str:
    """The sealing agency that a stored proposal names; it was verified when it came and is verified again."""
    return claimed_form(Proposal, data).agency
