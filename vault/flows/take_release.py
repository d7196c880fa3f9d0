"""Take what agents and the officer sign at the end: released halves, the delivery, the statement of return.

A release is stored once for each holder; the same bytes again change nothing, other bytes are refused. The delivery is
an entry before the service forgets that it is owed; the obligation to mark the receiving case stays until it is stated.

May touch: database, a local socket (the signer)
Sees:      sealed halves, pseudonyms
Spec:      vault-law L9, section 5 steps 6 to 8
"""

from __future__ import annotations

import hashlib

from audit.commitments import hash_output
from audit.entry import Output
from vault.caller import Caller
from vault.flows.decide_request import asked_of
from vault.forms import open_form
from vault.house import Vault, caller_actor, signed_by
from vault.refusals import Why, need
from vault.requests import Delivery, ReleasedHalf, Request, Return
from vault.rosters import Rosters
from vault.states import Act, RequestState, after
from vault.store import act_rows, request_rows
from vault.store.act_rows import StoredAct
from vault.store.request_rows import StoredRequest
from vault.vocabulary import Holder, Role

RELEASE, DELIVERY, RETURN = "release", "delivery", "return"


def take_release(vault: Vault, caller: Caller, request_id: str, data: bytes) -> None:
    """Keep an agent's released half. It is no entry: the intent came first, and the half is sealed to the officer."""
    now = vault.now_ms()
    found = asked_of(vault, caller, request_id)
    need(caller.holder is not None, Why.NOT_ENTITLED, "release: only an agency's agent releases")
    with vault.database.reading() as connection:
        agent = vault.rosters(connection).of(caller.agency, now).agent
        known = act_rows.of_request(connection, request_id, RELEASE)
    assert agent
    form = open_form(ReleasedHalf, data, (agent.verify,))
    said = (form.form.request, form.form.agency, form.form.holder)
    need(said == (request_id, caller.agency, caller.holder), Why.MALFORMED, "release: of another request or holder")
    mine = [act for act in known if act.agency == caller.agency]
    if mine:
        need(mine[0].data == data, Why.EXISTS, "release: there is another one by this agent")
        return
    is_open = found.state is RequestState.AUTHORISED
    need(is_open, Why.WRONG_STATE, "request: not authorised, or released already")
    act = StoredAct(f"{request_id}.{caller.holder}", request_id, RELEASE, caller.agency, form.hex, data, now)
    with vault.database.writing() as connection:
        act_rows.put(connection, act)
        if len(act_rows.of_request(connection, request_id, RELEASE)) == len(Holder):
            request_rows.move(connection, request_id, found.state, after(found.state, Act.RELEASE))


def take_delivery(vault: Vault, caller: Caller, request_id: str, data: bytes) -> None:
    """The officer opened it."""
    now = vault.now_ms()
    found = asked_of(vault, caller, request_id)
    with vault.database.reading() as connection:
        rosters = vault.rosters(connection)
        known = act_rows.of_request(connection, request_id, DELIVERY)
        intent = request_rows.intent(connection, request_id)
    if any(act.data == data for act in known):
        return
    signed = signed_by(caller, Delivery, data, rosters, now)
    form = signed.form
    is_own = (form.officer, form.agency, form.request) == (found.officer, found.agency, request_id)
    need(is_own and caller.person == form.officer, Why.NOT_ENTITLED, "delivery: not by the officer who asked")
    state = after(found.state, Act.DELIVER)
    assert intent
    act = StoredAct(form.delivery, request_id, DELIVERY, form.agency, signed.hex, data, now)
    salt = hashlib.sha256(data).digest()
    vault.enter(
        caller_actor(caller, Role.OFFICER.value),
        "release.delivered",
        {"receipt": signed.hex},
        req=form.delivery,
        case=_grounds(found, rosters, now),
        output=Output(hash_output(bytes.fromhex(form.authorisation), salt), 1, salted=True),
        prev=intent[0],
        within=act_rows.moving(act, found.state, state),
    )


def take_return(vault: Vault, caller: Caller, request_id: str, data: bytes) -> None:
    """The officer states what became of it; only a statement that the case is marked ends the obligation."""
    now = vault.now_ms()
    found = asked_of(vault, caller, request_id)
    with vault.database.reading() as connection:
        rosters = vault.rosters(connection)
        if any(act.data == data for act in act_rows.of_request(connection, request_id, RETURN)):
            return
    signed = signed_by(caller, Return, data, rosters, now)
    form = signed.form
    is_own = (form.officer, form.agency, form.request) == (found.officer, found.agency, request_id)
    need(is_own and caller.person == form.officer, Why.NOT_ENTITLED, "return: not by the officer who asked")
    need(form.is_marked, Why.WRONG_STATE, "return: the receiving case must be marked first")
    state = after(found.state, Act.RETURN)
    act = StoredAct(form.statement, request_id, RETURN, form.agency, signed.hex, data, now)
    vault.enter(
        caller_actor(caller, Role.OFFICER.value),
        "release.returned",
        {"manner": form.manner, "marked": form.is_marked},
        req=form.statement,
        case=_grounds(found, rosters, now),
        input=signed.hex,
        prev=request_id,
        within=act_rows.moving(act, found.state, state),
    )


def _grounds(found: StoredRequest, rosters: Rosters, now_ms: int) -> str:
    """Of a request that was checked when it came: its agency's roster may be a newer one by now."""
    people = rosters.of(found.agency, now_ms).people
    return open_form(Request, found.data, [person.verify for person in people]).form.grounds
