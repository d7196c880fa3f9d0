"""Hand out what a release rests on: to an agent with its own halves, to the officer with both released halves.

Everything is ciphertext or public to those who take part. Nothing is verified here: it was when it was taken in, and
whoever gets it believes none of it. The proof is made anew each time, under the witnesses' latest cosignatures. An
agent gets the halves of its own holder and no other.

May touch: database
Sees:      ciphertext, pseudonyms, hashes
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit.errors import MissingError
from vault.agent import Dossier
from vault.caller import Caller
from vault.errors import StateError
from vault.flows.decide_request import asked_of
from vault.flows.prove_sealing import prove_sealing
from vault.forms import claimed_form
from vault.halves import SealedHalves
from vault.house import Vault
from vault.refusals import Refused, Why, need
from vault.requests import Decision
from vault.states import RequestState
from vault.store import act_rows, envelope_rows, half_rows, request_rows
from vault.vocabulary import Holder

_READY = (RequestState.AUTHORISED, RequestState.RELEASED, RequestState.DELIVERED)


@dataclass(frozen=True, slots=True)
class Handed:
    """A dossier, and the halves that were released so far."""

    dossier: Dossier
    releases: tuple[bytes, ...]


def hand_dossier(vault: Vault, caller: Caller, request_id: str) -> Handed:
    """The dossier of an authorised release; Refused for everybody but an agent and the officer who asked."""
    found = asked_of(vault, caller, request_id)
    is_officer = (found.agency, found.officer) == (caller.agency, caller.person)
    need(is_officer or caller.holder is not None, Why.NOT_ENTITLED, "dossier: for agents and the officer who asked")
    need(found.state in _READY, Why.WRONG_STATE, "request: not authorised, or over")
    with vault.database.reading() as connection:
        intent = request_rows.intent(connection, request_id)
    if intent is None:
        raise StateError("request: what it was decided on is not here")
    req, entry, salt = intent
    proof = proof_of(vault, req)  # waited for before anything else is read, which would keep the witnesses waiting
    with vault.database.reading() as connection:
        acts = act_rows.by_kind(connection, request_id)
        decision = _decision(acts)
        form = claimed_form(Decision, decision)
        cover = envelope_rows.cover(connection, form.envelope)
        halves = half_rows.find(connection, form.view_id.of, caller.holder or Holder.COURT)
    if cover is None or halves is None:
        raise StateError("request: what it was decided on is not here")
    sealing = prove_sealing(vault, form.record, form.version)
    shown = halves if caller.holder else SealedHalves(halves.id, halves.holder, halves.key, b"")
    approvals, releases = acts.get("approval", ()), acts.get("release", ())
    return Handed(Dossier(found.data, decision, approvals, cover, sealing, entry, proof, salt, shown), releases)


def proof_of(vault: Vault, req: str) -> bytes:
    """A tlog-proof of the entry of a request id under both witnesses' cosignatures, waiting for them for a while."""
    try:
        index, _ = vault.log.entry_of(req)
    except MissingError:
        raise StateError("request: the entry of its release is not in the log") from None
    return vault.public.proof(index)


def envelope_for(vault: Vault, caller: Caller, request_id: str) -> str:
    """Digest of the envelope that the caller may fetch: the officer's who asked, while the release is open."""
    found = asked_of(vault, caller, request_id)
    is_officer = (found.agency, found.officer) == (caller.agency, caller.person)
    need(is_officer, Why.NOT_ENTITLED, "envelope: for the officer who asked")
    need(found.state in _READY, Why.WRONG_STATE, "request: not authorised, or over")
    if found.expires_ms is None or vault.now_ms() >= found.expires_ms:
        raise Refused(Why.WRONG_STATE, "request: its release has expired; ask anew")
    with vault.database.reading() as connection:
        decision = _decision(act_rows.by_kind(connection, request_id))
    return claimed_form(Decision, decision).envelope


def _decision(acts: Mapping[str, Sequence[bytes]]) -> bytes:
    """The one there is: a row that is gone stops this request and no other."""
    if len(acts.get("decision", ())) != 1:
        raise StateError("request: what it was decided on is not here")
    return acts["decision"][0]
