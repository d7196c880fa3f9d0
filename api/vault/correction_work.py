"""Notices to correct at the desks: the procuratorate's supervisor issues, the agency that was told reads and answers.

Both desks verify what the vault hands out, and reckon the deadline from the notice themselves.

May touch: network (the vault), disk (the desk's folder), clock
Sees:      words that are sealed to this desk
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

from api.vault.desk_work import LAW, Desk
from audit.crypto.signatures import VerifyingKey
from audit.request_id import new_request_id
from vault.corrections import (
    Corrected,
    Correction,
    CorrectionState,
    check_answer,
    check_issued,
    read_words,
    seal_words,
    state_of,
)
from vault.errors import MalformedFormError, VaultError
from vault.forms import Signed, open_form
from vault.law.deadlines import Due
from vault.rosters import Rosters


@dataclass(frozen=True, slots=True)
class ReadCorrection:
    """A notice as either desk sees it, with its answer if there is one."""

    notice: Signed[Correction]
    words: str = field(repr=False)
    due_ms: int
    state: CorrectionState
    answer: Corrected | None
    answer_words: str | None = field(repr=False)


def issue(desk: Desk, to: str, fault: str, about: str, words: str) -> str:
    """Tell an agency to put a fault right; returns the notice's id. `about`: SHA-256 (hex) of what it is about."""
    now, rosters = desk.now_ms(), desk.rosters()
    desk.folder.pins().agency(to)
    correction, agency = new_request_id(now), desk.folder.agency
    form = Correction(
        correction=correction,
        supervisor=desk.folder.person,
        agency=agency,
        to=to,
        fault=fault,
        about=about,
        rules=LAW.in_force(now),
        words=seal_words(words, [rosters.of(one, now).desk for one in (to, agency)], correction),
        issued_ms=now,
    )
    return desk.client.correct(form.sign(desk.folder.signer))


def read(desk: Desk) -> list[ReadCorrection]:
    """Notices that this agency issued or got, noted as read; one that does not hold does not hide the others."""
    found: list[ReadCorrection] = []
    for notice, one in _notices(desk):
        with contextlib.suppress(VaultError):
            found.append(_read(desk, notice, one))
            desk.folder.note_read(notice.form.correction, notice.hex)
    return found


def answer(desk: Desk, correction: str, measure: str, words: str) -> None:
    """Answer a notice that was read at this desk."""
    notice = next((notice for notice, _ in _notices(desk) if notice.form.correction == correction), None)
    if notice is None or desk.folder.was_read(correction) != notice.hex:
        raise MalformedFormError("correction: not what was read at this desk; list them first")
    now, rosters = desk.now_ms(), desk.rosters()
    name, agency = new_request_id(now), desk.folder.agency
    form = Corrected(
        answer=name,
        correction=correction,
        correction_digest=notice.hex,
        person=desk.folder.person,
        agency=agency,
        measure=measure,
        words=seal_words(words, [rosters.of(one, now).desk for one in (notice.form.agency, agency)], name),
        answered_ms=now,
    )
    desk.client.answer_correction(correction, form.sign(desk.folder.signer))


def _notices(desk: Desk) -> list[tuple[Signed[Correction], dict[str, Any]]]:
    """Verified notices, each with what the vault says of it."""
    rosters, now = desk.rosters(), desk.now_ms()
    found: list[tuple[Signed[Correction], dict[str, Any]]] = []
    for one in desk.client.corrections():
        with contextlib.suppress(VaultError):
            notice = open_form(Correction, one["signed"].encode(), _people(rosters))
            check_issued(notice, rosters, now)
            found.append((notice, one))
    return found


def _read(desk: Desk, notice: Signed[Correction], one: dict[str, Any]) -> ReadCorrection:
    form, now = notice.form, desk.now_ms()
    due = Due(*LAW.correct_by(form.rules, form.issued_ms))
    words = desk.read_with(lambda key: read_words(form.words, key, form.correction))
    if one["answer"] is None:
        return ReadCorrection(notice, words, due.escalate_ms, state_of(due, None, now), None, None)
    rosters = desk.rosters()
    signed = open_form(Corrected, one["answer"].encode(), _people(rosters))
    check_answer(signed, notice, rosters, now)
    # An answer is as late as the later of what it and the vault say.
    state = state_of(due, max(signed.form.answered_ms, int(one["answered_ms"])), now)
    said = desk.read_with(lambda key: read_words(signed.form.words, key, signed.form.answer))
    return ReadCorrection(notice, words, due.escalate_ms, state, signed.form, said)


def _people(rosters: Rosters) -> list[VerifyingKey]:
    return [person.verify for roster in rosters.known() for person in roster.people]
