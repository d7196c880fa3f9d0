"""The forms by which a record's state changes: unsealed, sealed again, shredded. Never by one agency, never by time.

A decider of the sealing agency proposes, on a cause of the closed list and a judgment; an approver of each half-holding
agency that is not the sealing one agrees to exactly that proposal. Whether the cause holds, `change_grounds`
says at each desk; this file knows forms and people.

May touch: nothing
Sees:      pseudonyms, hashes
Spec:      vault-law L28, L29, section 5 (shredding)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from audit.crypto.signed_object import Kind
from audit.shapes import CODE, COUNT, SHA256, ULID, Shape, choice, many
from vault.checks import Party
from vault.errors import MalformedFormError
from vault.forms import BASE64, Form, Signed, open_form, shaped
from vault.rosters import Rosters
from vault.unsealing import SealState
from vault.vocabulary import Role


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and dt.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


DAY: Final = Shape("a day as YYYY-MM-DD", _is_day)


@dataclass(frozen=True, slots=True)
class Proposal(Form):
    """The sealing agency's decider proposes a change of one record."""

    KIND = Kind.PROPOSAL
    proposal: str = shaped(ULID)
    record: str = shaped(ULID)
    version: int = shaped(COUNT)
    agency: str = shaped(CODE)
    decider: str = shaped(CODE)
    change: str = shaped(choice(*SealState))
    cause: str = shaped(CODE)
    rules: str = shaped(SHA256)
    judgment: str = shaped(SHA256)  # of the judgment or decision that it rests on
    grounds: str = shaped(SHA256)  # of the grounds, which carry a salt
    sealed_grounds: tuple[str, ...] = shaped(many(BASE64))  # to the desks of the agency and of each approver
    from_day: str = shaped(DAY)
    proposed_ms: int = shaped(COUNT)


@dataclass(frozen=True, slots=True)
class Agreement(Form):
    """An approver of a half-holding agency agrees to a proposal."""

    KIND = Kind.AGREEMENT
    agreement: str = shaped(ULID)
    proposal: str = shaped(ULID)
    proposal_digest: str = shaped(SHA256)
    approver: str = shaped(CODE)
    agency: str = shaped(CODE)
    agreed_ms: int = shaped(COUNT)


def read_proposal(data: bytes, rosters: Rosters, agency: str, now_ms: int) -> tuple[Signed[Proposal], Party]:
    """A proposal by a decider of `agency`, who still is one; MalformedFormError otherwise."""
    roster = rosters.of(agency, now_ms)
    signed = open_form(Proposal, data, [person.verify for person in roster.people])
    person = roster.by_key(signed.signer)
    form = signed.form
    is_theirs = person is not None and (form.agency, form.decider) == (agency, person.person)
    if person is None or not is_theirs or not person.may(Role.DECIDER, now_ms):
        raise MalformedFormError("proposal: not by a decider of the sealing agency")
    return signed, Party(person, agency)


def read_agreement(
    data: bytes, proposal: Signed[Proposal], rosters: Rosters, agency: str, now_ms: int
) -> tuple[Signed[Agreement], Party]:
    """An agreement to exactly that proposal by an approver of `agency`; MalformedFormError otherwise."""
    roster = rosters.of(agency, now_ms)
    signed = open_form(Agreement, data, [person.verify for person in roster.people])
    person = roster.by_key(signed.signer)
    form = signed.form
    is_theirs = person is not None and (form.agency, form.approver) == (agency, person.person)
    if person is None or not is_theirs or not person.may(Role.APPROVER, now_ms):
        raise MalformedFormError("agreement: not by an approver of that agency")
    if (form.proposal, form.proposal_digest) != (proposal.form.proposal, proposal.hex):
        raise MalformedFormError("agreement: to another proposal")
    if agency not in rosters.pins.approvers(proposal.form.agency):
        raise MalformedFormError("agreement: this agency has nothing to agree to here")
    return signed, Party(person, agency)


def is_agreed(proposal: Signed[Proposal], agreements: Iterable[str], rosters: Rosters) -> bool:
    """Whether every half-holding agency that is not the sealing one is among `agreements` (agencies)."""
    return set(agreements) == set(rosters.pins.approvers(proposal.form.agency))
