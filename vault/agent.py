"""A release agent: one agency's own program, which gives its half for a release to an officer's key, or stops.

It trusts nobody: what the vault sends are claims, and it acts on pinned keys, its own rules, its own clock and its own
memory. It holds one half-opening key and never sees the other half, a view's key or any plaintext.

Releasing, in numbered steps:
  1. neither holder has locked;
  2. its own clock has not run back;
  3. consent: request, decision, approvals, people and their standing (checks 1 to 5);
  4. a release of this request that it made before is given again, the same bytes and within its time, or nothing;
  5. the envelope is the one that was decided on, and was sealed while its sealer's key was good (check 7);
  6. the log holds the intent, and both holders' witnesses have cosigned it (checks 8 and 9);
  7. its half opens, is the one that the envelope commits to, and the basis reaches its kinds (check 6);
  8. the half is re-sealed to the officer's key, bound to request, entry and view;
  9. the signed release is remembered durably, then given out.

May touch: nothing (its memory is handed in)
Sees:      one half
Spec:      contracts section 4; vault-law section 5
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Protocol

from audit.crypto.signatures import SigningKey
from audit.crypto.suites import suite
from vault.checks import (
    SKEW_MS,
    Consent,
    Intent,
    Lawbook,
    SealedEntry,
    check_consent,
    check_cover,
    check_entry,
    check_rules,
    check_sealed,
)
from vault.errors import CheckFailedError, EnvelopeError, HalfError, MalformedFormError, Stop
from vault.forms import open_form
from vault.halves import Half, Opener, SealedHalves, open_half, reseal_half
from vault.opening import half_commitments
from vault.requests import ReleasedHalf
from vault.rosters import Rosters
from vault.vocabulary import Holder


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that the vault hands an agent about one request; all of it claims."""

    request: bytes
    decision: bytes
    approvals: tuple[bytes, ...]
    cover: bytes
    sealing: SealedEntry
    entry: bytes
    proof: bytes
    salt: bytes
    halves: SealedHalves


class Memory(Protocol):
    """What an agent remembers over restarts, durably before `remember` and `step_clock` return."""

    def step_clock(self, now_ms: int) -> int:
        """Note the time; returns the latest time noted before."""

    def released(self, request: str) -> bytes | None:
        """The signed release of that request, if there was one."""

    def remember(self, request: str, release: bytes) -> None:
        """Keep it; a second one of the same request is an error."""


class Locks(Protocol):
    """Who has locked."""

    def is_locked(self) -> bool:
        """Whether any agency's lock stands."""


@dataclass(frozen=True, slots=True)
class Agent:
    """One holder's agent: its keys and what it goes by."""

    holder: Holder
    agency: str
    signer: SigningKey
    openers: tuple[Opener, ...]
    """Keys of the present epoch and of the one before, while halves are being rotated."""
    law: Lawbook


def release_half(agent: Agent, dossier: Dossier, rosters: Rosters, memory: Memory, locks: Locks, now_ms: int) -> bytes:
    """The signed ReleasedHalf; CheckFailedError at the first step that does not hold."""
    _check_lock(locks)  # 1
    _check_clock(memory, now_ms)  # 2
    consent = check_consent(dossier.request, dossier.decision, dossier.approvals, rosters, now_ms)  # 3
    request = consent.request.form
    again = memory.released(request.request)  # 4
    if again is not None:
        _check_same(agent, again, consent, now_ms)
        return again
    cover = check_cover(dossier.cover, consent, rosters, now_ms)  # 5
    check_sealed(cover, dossier.sealing, consent.decision.form.view_id, rosters, now_ms)
    intent = check_entry(dossier.entry, dossier.proof, dossier.salt, consent, rosters, now_ms)  # 6
    half = _open_own_half(agent, dossier.halves, consent, half_commitments_of(cover.header.facts))  # 7
    check_rules(consent, half.kinds, rosters, agent.law, now_ms)
    released = _reseal(agent, half, consent, intent, now_ms).sign(agent.signer)  # 8
    memory.remember(request.request, released)  # 9
    return released


def release_binding(consent: Consent, leaf: bytes) -> bytes:
    """What a released half is bound to: request and all that was agreed, the entry, the view (vault-law section 5)."""
    chosen = suite(consent.decision.form.suite)
    return chosen.hash(
        consent.authorisation.to_bytes() + b"\n" + leaf + b"\n" + consent.decision.form.view_id.to_bytes()
    )


def half_commitments_of(facts: object) -> dict[Holder, str]:
    """`opening.half_commitments`, as a check."""
    try:
        return half_commitments(facts if isinstance(facts, dict) else {})
    except EnvelopeError as error:
        raise CheckFailedError(Stop.ENVELOPE, str(error)) from None


def _check_lock(locks: Locks) -> None:
    if locks.is_locked():
        raise CheckFailedError(Stop.LOCKED, "an agency has locked every release")


def _check_clock(memory: Memory, now_ms: int) -> None:
    if memory.step_clock(now_ms) > now_ms + SKEW_MS:
        raise CheckFailedError(Stop.CLOCK, "the agent's own clock has run back")


def _check_same(agent: Agent, again: bytes, consent: Consent, now_ms: int) -> None:
    """A request id is used once: other papers under the same id get nothing, and nobody gets what has expired."""
    try:
        before = open_form(ReleasedHalf, again, (agent.signer.verifying_key,)).form
    except MalformedFormError:
        raise CheckFailedError(Stop.REPLAYED, "released before under an earlier key of this agent; ask anew") from None
    chosen = suite(consent.decision.form.suite)
    if before.authorisation != chosen.hash(consent.authorisation.to_bytes()).hex():
        raise CheckFailedError(Stop.REPLAYED, "the request's id was used for another release")
    if now_ms >= before.expires_ms:
        raise CheckFailedError(Stop.EXPIRED, "the release's time is over")


def _open_own_half(agent: Agent, sealed: SealedHalves, consent: Consent, committed: dict[Holder, str]) -> Half:
    # The ids come from what was decided, never from what the vault wrote beside the half.
    view = consent.decision.form.view_id
    bound = SealedHalves(view.of, agent.holder, sealed.key, sealed.sealed)
    opener = next((opener for opener in agent.openers if opener.id == sealed.key), None)
    if opener is None:
        raise CheckFailedError(Stop.HALF, "sealed to a key that this agent does not have")
    try:
        return open_half(bound, view.view, opener, committed[agent.holder])
    except HalfError as error:
        raise CheckFailedError(Stop.HALF, str(error)) from None


def _reseal(agent: Agent, half: Half, consent: Consent, intent: Intent, now_ms: int) -> ReleasedHalf:
    sealed = reseal_half(half, agent.holder, consent.officer_key, release_binding(consent, intent.leaf))
    chosen = suite(consent.decision.form.suite)
    return ReleasedHalf(
        request=consent.request.form.request,
        authorisation=chosen.hash(consent.authorisation.to_bytes()).hex(),
        leaf=intent.leaf.hex(),
        agency=agent.agency,
        holder=agent.holder.value,
        half=base64.b64encode(sealed).decode(),
        expires_ms=int(str(intent.entry.facts["expires_ms"])),
        released_ms=now_ms,
    )
