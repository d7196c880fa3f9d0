"""Take a decider's, an approver's or a refuser's signed act on a request; the last approval authorises the release.

The service checks what agents will check again, so that a mistake is told at once; nothing rests on its checks. Each
act is an entry first. A refusal ends the request in the words that its signer chose, sealed to the officer.

May touch: database, a local socket (the signer)
Sees:      pseudonyms, hashes
Spec:      contracts section 4; vault-law L18 to L20
"""

from __future__ import annotations

from audit.entry import Basis
from audit.events import Reason
from vault.caller import Caller
from vault.checks import check_approval, check_decision, check_people, check_request
from vault.flows.authorise_release import authorise_release
from vault.house import Vault, caller_actor, signed_by
from vault.refusals import Why, need
from vault.requests import Refusal
from vault.states import Act, RequestState, after
from vault.store import act_rows, request_rows
from vault.store.act_rows import StoredAct
from vault.store.request_rows import StoredRequest
from vault.vocabulary import Role

DECISION, APPROVAL, REFUSAL = "decision", "approval", "refusal"


def decide_request(vault: Vault, caller: Caller, request_id: str, data: bytes) -> None:
    """Take the decision of the agency that was asked."""
    now = vault.now_ms()
    found = asked_of(vault, caller, request_id)
    with vault.database.reading() as connection:
        rosters = vault.rosters(connection)
        if _is_again(act_rows.of_request(connection, request_id, DECISION), data):
            return
    state = after(found.state, Act.DECIDE)
    asked, officer = check_request(found.data, rosters, now)
    decided, decider = check_decision(data, asked, rosters, now)
    check_people([officer, decider])
    need(_is_by(caller, decided.form.agency, decided.form.decider), Why.NOT_ENTITLED, "decision: not by the caller")
    form = decided.form

    vault.enter(
        caller_actor(caller, Role.DECIDER.value),
        "access.decision",
        {"scope": asked.form.scope, "view": form.view},
        req=form.decision,
        basis=Basis(asked.form.basis, asked.form.letter),
        case=asked.form.grounds,
        decision=vault.allow(Reason.LAWFUL_BASIS),
        input=decided.hex,
        prev=request_id,
        within=act_rows.moving(
            StoredAct(form.decision, request_id, DECISION, form.agency, decided.hex, data, now), found.state, state
        ),
    )


def approve_request(vault: Vault, caller: Caller, request_id: str, data: bytes) -> None:
    """Take an approval; when it is the last that is needed, the release is authorised."""
    now = vault.now_ms()
    found = asked_of(vault, caller, request_id)
    with vault.database.reading() as connection:
        rosters = vault.rosters(connection)
        decisions = act_rows.of_request(connection, request_id, DECISION)
        known = act_rows.of_request(connection, request_id, APPROVAL)
    mine = [act for act in known if act.agency == caller.agency]
    if not mine:
        need(
            found.state is RequestState.DECIDED and bool(decisions), Why.WRONG_STATE, "request: nothing to approve now"
        )
        asked, officer = check_request(found.data, rosters, now)
        decided, decider = check_decision(decisions[0].data, asked, rosters, now)
        # Whole, before it is kept: one approval that agents refuse would end the request (there is one for an agency).
        approval, approver = check_approval(data, asked, decided, rosters, now)
        form = approval.form
        need(_is_by(caller, form.agency, form.approver), Why.NOT_ENTITLED, "approval: not by the caller")
        needed = rosters.pins.approvers(decided.form.agency)
        need(form.agency in needed, Why.NOT_ENTITLED, "approval: this agency has nothing to approve here")
        check_people([officer, decider, approver])
        act = StoredAct(form.approval, request_id, APPROVAL, form.agency, approval.hex, data, now)
        vault.enter(
            caller_actor(caller, Role.APPROVER.value),
            "access.approval",
            {"agency": form.agency},
            req=form.approval,
            case=asked.form.grounds,
            decision=vault.allow(Reason.TWO_AGENCIES),
            input=approval.hex,
            prev=decided.form.decision,
            within=lambda connection: act_rows.put(connection, act),
        )
    # Also when the agency has approved before: the release may have waited for a witness since (failure table).
    authorise_release(vault, request_id)
    need(not mine or _is_again(mine, data), Why.EXISTS, "approval: this agency has approved already")


def refuse_request(vault: Vault, caller: Caller, request_id: str, data: bytes) -> None:
    """Take a refusal by the decider, or by an approver after a decision."""
    now = vault.now_ms()
    found = asked_of(vault, caller, request_id)
    with vault.database.reading() as connection:
        rosters = vault.rosters(connection)
        if _is_again(act_rows.of_request(connection, request_id, REFUSAL), data):
            return
    asked, _ = check_request(found.data, rosters, now)
    refusal = signed_by(caller, Refusal, data, rosters, now)
    form = refusal.form
    need(_is_by(caller, form.agency, form.person), Why.NOT_ENTITLED, "refusal: not by the caller")
    is_decider = caller.agency == found.recipient and Role.DECIDER in caller.roles
    is_approver = caller.agency in rosters.pins.approvers(found.recipient) and Role.APPROVER in caller.roles
    need(is_decider or is_approver, Why.NOT_ENTITLED, "refusal: the caller has nothing to decide here")
    need(form.request_digest == asked.hex, Why.MALFORMED, "refusal: of another request")
    state = after(found.state, Act.REFUSE)
    vault.enter(
        caller_actor(caller, (Role.DECIDER if is_decider else Role.APPROVER).value),
        "access.refusal",
        {"agency": form.agency},
        req=form.refusal,
        case=asked.form.grounds,
        decision=vault.deny(Reason.NO_BASIS),
        input=refusal.hex,
        prev=request_id,
        within=act_rows.moving(
            StoredAct(form.refusal, request_id, REFUSAL, form.agency, refusal.hex, data, now), found.state, state
        ),
    )


def asked_of(vault: Vault, caller: Caller, request_id: str) -> StoredRequest:
    """A request that the caller's agency made, was asked, or must approve or release; Refused (not found) otherwise.

    Officers and sealers get their own alone: that somebody asked is itself sensitive (vault-law section 5, residual).
    """
    with vault.database.reading() as connection:
        found = request_rows.find(connection, request_id)
    agencies = {found.agency, found.recipient, *vault.pins.approvers("")} if found else set()
    need(caller.agency in agencies, Why.NOT_FOUND, "request: none of this name for this caller")
    assert found
    is_own = (found.agency, found.officer) == (caller.agency, caller.person)
    need(is_own or sees_agencys(caller), Why.NOT_FOUND, "request: none of this name for this caller")
    return found


def sees_agencys(caller: Caller) -> bool:
    """Whether the caller sees what all of the agency asks and is asked: who decides, approves, supervises, releases."""
    return caller.holder is not None or bool(caller.roles & {Role.DECIDER, Role.APPROVER, Role.SUPERVISOR})


def _is_again(known: list[StoredAct], data: bytes) -> bool:
    """The same signed act came before: a retry, which changes nothing."""
    return any(act.data == data for act in known)


def _is_by(caller: Caller, agency: str, person: str) -> bool:
    return (caller.agency, caller.person) == (agency, person)
