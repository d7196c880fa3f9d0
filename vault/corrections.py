"""Correction notices of the procuratorate: issued → answered | overdue, each act a signed form.

The procuratorate supervises sealing (L35): it tells an agency what to put right, and the agency answers in writing
within the deadline of the rule file. An overdue notice stays overdue until it is answered, and an answer that came late
stays late. Silence is never an answer, and no answer changes a record: what was wrong is put right by acts of its own.
Names and circumstances are sealed to the agency's desk; here are codes, ids and times.

May touch: the system's randomness
Sees:      pseudonyms, record ids; a notice's words, at the two desks
Spec:      办法 arts. 21-22 (U); PJDL art. 60; vault-law L35
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from audit.crypto.errors import CryptoError
from audit.crypto.hpke import OpeningKey, SealingKey, open_key, seal_key
from audit.crypto.signed_object import Kind
from audit.shapes import CODE, COUNT, SHA256, ULID, choice, many
from vault.checks import SKEW_MS
from vault.errors import MalformedFormError, StateError
from vault.forms import BASE64, Form, Signed, shaped
from vault.law.deadlines import Due
from vault.rosters import Rosters
from vault.vocabulary import AgencyKind, Role

DEADLINE: Final = "answer-correction"
"""The deadline of the rule files that runs from the notice."""
LONGEST_WORDS: Final = 16_000
_WORDS: Final = b"sealink/v1/vault/correction"


class Fault(StrEnum):
    """What an agency is told to put right."""

    SEALED_LATE = "sealed-late"
    NOT_SEALED = "not-sealed"
    NOTICE_UNANSWERED = "notice-unanswered"
    SHOWN_WITHOUT_BASIS = "shown-without-basis"
    WIDER_THAN_ALLOWED = "wider-than-allowed"
    NOT_MARKED = "not-marked"
    UNSEALED_WITHOUT_CAUSE = "unsealed-without-cause"
    CERTIFICATE_REFUSED = "certificate-refused"
    ORDINARY_CHECK = "ordinary-check"  # the ordinary index named somebody whose record is sealed
    LEAKED = "leaked"


class Measure(StrEnum):
    """What the agency says that it did."""

    CORRECTED = "corrected"
    BEING_CORRECTED = "being-corrected"
    NO_FAULT = "no-fault"  # with reasons, in the sealed words
    PASSED_ON = "passed-on"  # to the discipline body or another competent organ


class CorrectionState(StrEnum):
    """Where a notice stands."""

    ISSUED = "issued"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    ANSWERED_LATE = "answered-late"


@dataclass(frozen=True, slots=True)
class Correction(Form):
    """The procuratorate's notice. `about` names the sealing, notice or request that it is about, by the hash of it."""

    KIND = Kind.CORRECTION
    correction: str = shaped(ULID)
    supervisor: str = shaped(CODE)
    agency: str = shaped(CODE)  # the procuratorate
    to: str = shaped(CODE)
    fault: str = shaped(choice(*Fault))
    about: str = shaped(SHA256)
    rules: str = shaped(SHA256)  # of the rule file whose deadline runs
    words: tuple[str, ...] = shaped(many(BASE64))  # sealed to the desks of `to` and of `agency`, in that order
    issued_ms: int = shaped(COUNT)


@dataclass(frozen=True, slots=True)
class Corrected(Form):
    """The agency's answer to one notice."""

    KIND = Kind.CORRECTED
    answer: str = shaped(ULID)
    correction: str = shaped(ULID)
    correction_digest: str = shaped(SHA256)
    person: str = shaped(CODE)
    agency: str = shaped(CODE)
    measure: str = shaped(choice(*Measure))
    words: tuple[str, ...] = shaped(many(BASE64))  # sealed to the procuratorate's desk and to the own one
    answered_ms: int = shaped(COUNT)


def check_issued(notice: Signed[Correction], rosters: Rosters, now_ms: int) -> None:
    """StateError unless a supervisor of the procuratorate issued it, to another agency that seals."""
    form, pins = notice.form, rosters.pins
    if pins.agency(form.agency).kind is not AgencyKind.PROCURATORATE:
        raise StateError("correction: only the procuratorate issues one")
    if form.to == form.agency or pins.agency(form.to).kind is AgencyKind.STATE_UNIT:
        raise StateError("correction: not to an agency that seals and that the procuratorate supervises")
    _check_signer(notice.signer, form.supervisor, form.agency, (Role.SUPERVISOR,), rosters, form.issued_ms, now_ms)
    if form.issued_ms > now_ms + SKEW_MS:
        raise StateError("correction: issued later than now")


def check_answer(answer: Signed[Corrected], notice: Signed[Correction], rosters: Rosters, now_ms: int) -> None:
    """StateError unless somebody who decides or seals for the agency that was told answers exactly this notice."""
    form = answer.form
    if (form.correction, form.correction_digest) != (notice.form.correction, notice.hex):
        raise StateError("correction: the answer is to another notice")
    if form.agency != notice.form.to:
        raise StateError("correction: answered by another agency than the one that was told")
    may_answer = (Role.DECIDER, Role.SEALER)
    _check_signer(answer.signer, form.person, form.agency, may_answer, rosters, form.answered_ms, now_ms)
    if not notice.form.issued_ms - SKEW_MS <= form.answered_ms <= now_ms + SKEW_MS:
        raise StateError("correction: answered before it was issued, or later than now")


def seal_words(words: str, readers: Iterable[SealingKey], about: str) -> tuple[str, ...]:
    """Names and circumstances for the desks that may read them; `about`: id of the notice or answer."""
    text = words.encode()
    if len(text) > LONGEST_WORDS:
        raise MalformedFormError("correction: more than 16,000 bytes of words")
    padded = text + b" " * (-len(text) % 1024)
    return tuple(base64.b64encode(seal_key(desk, padded, _WORDS, about.encode())).decode() for desk in readers)


def read_words(words: Sequence[str], desk: OpeningKey, about: str) -> str:
    """What was sealed to this desk, by whatever place; MalformedFormError if nothing was."""
    for sealed in words:
        try:
            return open_key(desk, base64.b64decode(sealed), _WORDS, about.encode()).decode().rstrip(" ")
        except (CryptoError, UnicodeDecodeError):
            continue
    raise MalformedFormError("correction: its words are not sealed to this desk")


def state_of(due: Due, answered_ms: int | None, now_ms: int) -> CorrectionState:
    """Where a notice stands; `answered_ms` is when its answer was kept, not the time that the answer claims."""
    if answered_ms is not None:
        is_late = answered_ms >= due.escalate_ms
        return CorrectionState.ANSWERED_LATE if is_late else CorrectionState.ANSWERED
    return CorrectionState.OVERDUE if now_ms >= due.escalate_ms else CorrectionState.ISSUED


def _check_signer(
    signer: str, person: str, agency: str, roles: Iterable[Role], rosters: Rosters, at_ms: int, now_ms: int
) -> None:
    """StateError unless the key is the named person's on the agency's roster, who held one of the roles at that time.

    A notice outlives its issuer's service; that it came at the time which it names is asked where it comes in.
    """
    found = rosters.of(agency, now_ms).by_key(signer)
    if found is None or found.person != person or not any(found.may(role, at_ms) for role in roles):
        raise StateError("correction: not signed by somebody who may")
