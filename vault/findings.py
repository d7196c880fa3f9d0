"""Signed findings: a named person answers a question that no program can answer, about one matter, on one document.

A finding is an answer and no more: what follows from it is `eligibility`'s, `unsealing`'s or `retention`'s to say. The
matter and the document are hashes, so that a finding tells nobody else whose case it is.

May touch: nothing
Sees:      pseudonyms, hashes
Spec:      vault-law L3, L7, L28, section 0 finding 4, section 5 (shredding)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from audit import canonical
from audit.crypto.signatures import SigningKey
from audit.crypto.signed_object import Kind
from audit.request_id import new_request_id
from audit.shapes import CODE, COUNT, FLAG, SHA256, ULID, choice
from vault.errors import StateError
from vault.forms import Form, claimed_form, open_form, shaped
from vault.rosters import Rosters
from vault.vocabulary import Role

SKEW_MS = 60_000


class Question(StrEnum):
    """What only a person can answer."""

    MAIN_ACTS_BEFORE_18 = "main-acts-before-18"  # of offences on both sides of 18 (办法 art. 4 para 2)
    COURT_AGREES = "court-agrees"  # that an acquittal is not sealed, as its subject asks
    CAUSE_HAS_ARISEN = "cause-has-arisen"  # a statutory cause of unsealing, on a judgment
    UNSEAL_AT_LIMIT = "unseal-at-limit"  # at exactly five years
    SHRED = "shred"  # the record has come to its end; court and procuratorate each
    ON_HOLD = "on-hold"  # something still needs the record: a complaint, a retrial, an inquiry


OF_CASES = (Question.MAIN_ACTS_BEFORE_18, Question.COURT_AGREES)
"""Asked before a case is sealed."""
OF_CHANGES = (
    Question.CAUSE_HAS_ARISEN, Question.COURT_AGREES, Question.UNSEAL_AT_LIMIT, Question.SHRED, Question.ON_HOLD,
)  # fmt: skip
"""Asked before a sealed record is unsealed or shredded."""


@dataclass(frozen=True, slots=True)
class Finding(Form):
    """One answer."""

    KIND = Kind.FINDING
    finding: str = shaped(ULID)
    question: str = shaped(choice(*Question))
    answer: bool = shaped(FLAG)
    matter: str = shaped(SHA256)
    document: str = shaped(SHA256)  # the judgment or paper that it rests on
    person: str = shaped(CODE)
    agency: str = shaped(CODE)
    found_ms: int = shaped(COUNT)


Answers = Mapping[Question, bool]
"""Verified answers about one matter, of one agency."""


def matter_of(agency: str, case_no: str) -> str:
    """What a finding about a case is bound to: the hash of the sealing agency and its case number."""
    return hashlib.sha256(canonical.dumps({"agency": agency, "case_no": case_no})).hexdigest()


def change_matter_of(agency: str, record: str, cause: str) -> str:
    """What a finding about a change is bound to: this record and this cause, so that it serves for no other."""
    return hashlib.sha256(canonical.dumps({"agency": agency, "record": record, "cause": cause})).hexdigest()


def sign_finding(
    person: str, agency: str, key: SigningKey, question: Question, answer: bool, matter: str, document: str, now_ms: int
) -> bytes:
    """The signed answer; whether the person may give one is asked where it is read. `document`: SHA-256 (hex)."""
    found = Finding(new_request_id(now_ms), question.value, answer, matter, document, person, agency, now_ms)
    return found.sign(key)


def verified_answers(signed: Iterable[bytes], matter: str, agency: str, rosters: Rosters, now_ms: int) -> Answers:
    """Answers about `matter` that deciders of `agency` signed; StateError if one is another's or two contradict."""
    found = verified_findings(signed, matter, agency, rosters, now_ms)
    return {Question(one.question): one.answer for one in found}


def verified_findings(
    signed: Iterable[bytes], matter: str, agency: str, rosters: Rosters, now_ms: int
) -> tuple[Finding, ...]:
    """`verified_answers`, whole.

    The role is asked for at the time of the finding: a judge who has left since found what he found.
    """
    roster = rosters.of(agency, now_ms)
    found: dict[str, Finding] = {}
    for data in signed:
        opened = open_form(Finding, data, [person.verify for person in roster.people])
        said, person = opened.form, roster.by_key(opened.signer)
        if person is None or (said.person, said.agency) != (person.person, agency):
            raise StateError("finding: signed in another's name")
        if not person.may(Role.DECIDER, said.found_ms) or said.found_ms > now_ms + SKEW_MS:
            raise StateError("finding: its signer was no decider then, or it is from the future")
        if said.matter != matter:
            raise StateError("finding: about another matter")
        if found.setdefault(said.question, said).answer != said.answer:
            raise StateError("finding: two answers to one question")
    return tuple(found.values())


def agency_of_finding(data: bytes) -> str:
    """The agency that a finding names, unverified: by whose roster it is read. MalformedFormError for no finding."""
    return claimed_form(Finding, data).agency
