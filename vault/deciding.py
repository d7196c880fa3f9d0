"""What a decider and an approver sign, after their desk has checked everything that can be checked by then.

A decider allows exactly the view that the rules give for the record that was found, or refuses. An approver sees the
same request and grounds, checks the decision as an agent would, and agrees or refuses. Nobody is asked twice, nothing
is signed on behalf of another, and no passed deadline signs anything.

May touch: the system's randomness
Sees:      pseudonyms, hashes; the signer's key
Spec:      contracts section 4; vault-law L14, L15, L19 to L21
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from audit.crypto.hpke import SealingKey, seal_key
from audit.crypto.signatures import SigningKey
from audit.request_id import new_request_id
from vault.checks import Given, Lawbook, Party, check_decision, check_people, check_request
from vault.errors import CheckFailedError, Stop
from vault.forms import Signed
from vault.index import IndexEntry
from vault.requests import Approval, Decision, Refusal, Request
from vault.rosters import Person, Rosters
from vault.vocabulary import Role

_WORDS = b"sealink/v1/vault/refusal"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs at a desk."""

    person: str
    agency: str
    key: SigningKey


def decide(signer: Signer, request: bytes, found: IndexEntry, rosters: Rosters, law: Lawbook, now_ms: int) -> bytes:
    """Allow the view that the basis gives, for as long as it gives it; CheckFailedError when there is none."""
    asked, officer = check_request(request, rosters, now_ms)
    me = _standing(signer, Role.DECIDER, rosters, now_ms)
    check_people([officer, me])
    form = asked.form
    if found.agency != form.to or form.to != signer.agency:
        raise CheckFailedError(Stop.DECISION, "each agency decides on its own records only")
    given = _given(asked, found, rosters, law, now_ms)
    decision = Decision(
        decision=new_request_id(now_ms),
        request=form.request,
        request_digest=asked.hex,
        decider=signer.person,
        agency=signer.agency,
        record=found.record,
        version=found.version,
        epoch=found.epoch,
        suite=found.suite,
        view=given.view.value,
        envelope=found.envelopes[given.view],
        rules=form.rules,
        expires_s=given.expires_s,
        decided_ms=now_ms,
    )
    return decision.sign(signer.key)


def approve(signer: Signer, request: bytes, decision: bytes, rosters: Rosters, now_ms: int) -> bytes:
    """Agree to a decision of another agency, once it holds so far."""
    asked, officer = check_request(request, rosters, now_ms)
    decided, decider = check_decision(decision, asked, rosters, now_ms)
    if signer.agency not in rosters.pins.approvers(decided.form.agency):
        raise CheckFailedError(Stop.APPROVAL, "this agency has nothing to approve here")
    check_people([officer, decider, _standing(signer, Role.APPROVER, rosters, now_ms)])
    approval = Approval(
        approval=new_request_id(now_ms),
        request=asked.form.request,
        request_digest=asked.hex,
        decision_digest=decided.hex,
        approver=signer.person,
        agency=signer.agency,
        approved_ms=now_ms,
    )
    return approval.sign(signer.key)


def refuse(signer: Signer, request: bytes, reason: str, words: str, rosters: Rosters, now_ms: int) -> bytes:
    """Refuse in writing; the words are for the officer alone, and the vault sees a reason that tells of no record."""
    asked, _ = check_request(request, rosters, now_ms)
    role = Role.DECIDER if signer.agency == asked.form.to else Role.APPROVER
    _standing(signer, role, rosters, now_ms)
    text = words.encode() + b" " * (-len(words.encode()) % 512)
    sealed = seal_key(SealingKey.parse(asked.form.officer_key), text, _WORDS, asked.digest)
    refusal = Refusal(
        refusal=new_request_id(now_ms),
        request=asked.form.request,
        request_digest=asked.hex,
        person=signer.person,
        agency=signer.agency,
        reason=reason,
        words=base64.b64encode(sealed).decode(),
        refused_ms=now_ms,
    )
    return refusal.sign(signer.key)


def _given(asked: Signed[Request], found: IndexEntry, rosters: Rosters, law: Lawbook, now_ms: int) -> Given:
    form = asked.form
    requester = rosters.pins.agency(form.agency).kind
    given, now_given = (
        law.gives(rules, form.basis, requester, found.kinds, form.purpose, form.scope)
        for rules in (form.rules, law.in_force(now_ms))
    )
    if given != now_given:
        raise CheckFailedError(Stop.STRICTER_RULES, "the rules in force give something else; ask anew under them")
    if given is None or given.view not in found.envelopes:
        raise CheckFailedError(Stop.NO_BASIS, "the basis does not reach this record")
    return given


def _standing(signer: Signer, role: Role, rosters: Rosters, now_ms: int) -> Party:
    person: Person | None = rosters.of(signer.agency, now_ms).by_key(signer.key.id)
    if person is None or person.person != signer.person or not person.may(role, now_ms):
        raise CheckFailedError(Stop.REVOKED, f"the signer is no {role.value} of this agency now")
    return Party(person, signer.agency)
