"""The officer's side of a release: check what came back, join the halves, open the envelope, sign for it.

The desk believes the vault as little as the agents do: without the log's entry and both witnesses it opens nothing, so
that no opening is without a trace even when both agencies' agents were fooled. Expiry ends openings by this program; it
cannot take back what was read, and says so where it is shown.

Opening, in numbered steps:
  1. consent, envelope and entry hold (checks 1 to 5, 7 to 9), and the request is the officer's own;
  2. each holder's agent signed its half for exactly this authorisation and entry, and neither has expired;
  3. both halves open with the key that was drawn for this request;
  4. the envelope is the one that was decided on, signed by a sealer, and whole.

May touch: nothing (a stream that the caller opened)
Sees:      plaintext, halves, the officer's keys
Spec:      vault-law section 5, step 7
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from audit.crypto.container import OpenContainer
from audit.crypto.suites import suite
from audit.request_id import new_request_id
from vault.agent import Dossier, release_binding
from vault.asking import Asked, Officer
from vault.checks import Consent, check_consent, check_cover, check_entry, check_sealed, sealers_of
from vault.errors import CheckFailedError, HalfError, MalformedFormError, Stop
from vault.forms import open_form
from vault.halves import open_released
from vault.opening import open_view
from vault.requests import Delivery, ReleasedHalf, Return
from vault.rosters import Rosters
from vault.vocabulary import Holder


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened view; act on nothing before `container.is_complete`."""

    container: OpenContainer
    consent: Consent
    authorisation: str
    expires_ms: int


def open_release(
    asked: Asked, dossier: Dossier, releases: Iterable[bytes], envelope: BinaryIO, rosters: Rosters, now_ms: int
) -> Opened:
    """Open what was released to this officer; CheckFailedError or EnvelopeError at the first step that fails."""
    if dossier.request != asked.data:
        raise CheckFailedError(Stop.REQUEST, "not the officer's own request")
    consent = check_consent(asked.data, dossier.decision, dossier.approvals, rosters, now_ms)  # 1
    intent = check_entry(dossier.entry, dossier.proof, dossier.salt, consent, rosters, now_ms)
    cover = check_cover(dossier.cover, consent, rosters, now_ms)
    check_sealed(cover, dossier.sealing, consent.decision.form.view_id, rosters, now_ms)
    forms = _released(releases, consent, intent.leaf, rosters, now_ms)  # 2
    binding = release_binding(consent, intent.leaf)
    try:
        halves = {  # 3
            holder: open_released(base64.b64decode(form.half), holder, asked.opening_key, binding)
            for holder, form in forms.items()
        }
    except HalfError as error:
        raise CheckFailedError(Stop.HALF, str(error)) from None
    decision = consent.decision.form
    sealers = sealers_of(rosters.of(decision.agency, now_ms))
    container = open_view(envelope, decision.view_id, halves, sealers=sealers, digest=bytes.fromhex(decision.envelope))
    expires = min(form.expires_ms for form in forms.values())
    return Opened(container, consent, _authorisation(consent), expires)  # 4


def deliver(officer: Officer, opened: Opened, now_ms: int) -> bytes:
    """The officer signs that the view was opened."""
    form = Delivery(
        delivery=new_request_id(now_ms),
        request=opened.consent.request.form.request,
        authorisation=opened.authorisation,
        officer=officer.person,
        agency=officer.agency,
        opened_ms=now_ms,
    )
    return form.sign(officer.signer)


def give_back(officer: Officer, request: str, manner: str, is_marked: bool, now_ms: int) -> bytes:
    """The officer states what became of it, and whether the receiving case is marked."""
    form = Return(
        statement=new_request_id(now_ms),
        request=request,
        officer=officer.person,
        agency=officer.agency,
        manner=manner,
        is_marked=is_marked,
        stated_ms=now_ms,
    )
    return form.sign(officer.signer)


def _released(
    releases: Iterable[bytes], consent: Consent, leaf: bytes, rosters: Rosters, now_ms: int
) -> Mapping[Holder, ReleasedHalf]:
    """Step 2."""
    data = tuple(releases)
    found: dict[Holder, ReleasedHalf] = {}
    for holder in Holder:
        agency = rosters.pins.holder(holder)
        agent = rosters.of(agency.code, now_ms).agent
        if agent is None:
            raise CheckFailedError(Stop.ROSTER, "a holder's roster names no agent")
        for one in data:
            try:
                form = open_form(ReleasedHalf, one, (agent.verify,)).form
            except MalformedFormError:
                continue  # the other holder's, or nobody's
            if (form.holder, form.agency) == (holder.value, agency.code):
                found[holder] = form
    for holder in Holder:
        if holder not in found:
            raise CheckFailedError(Stop.HALF, f"no release by the {holder.value}'s agent")
        form = found[holder]
        said = (form.request, form.authorisation, form.leaf)
        if said != (consent.request.form.request, _authorisation(consent), leaf.hex()):
            raise CheckFailedError(Stop.HALF, "released for something else")
        if now_ms >= form.expires_ms:
            raise CheckFailedError(Stop.EXPIRED, "the release's time is over; ask anew")
    return found


def _authorisation(consent: Consent) -> str:
    return suite(consent.decision.form.suite).hash(consent.authorisation.to_bytes()).hex()
