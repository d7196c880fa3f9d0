"""What must hold before a half is re-sealed, check by check, on signed bytes and pinned keys alone.

Pure: rosters, rules, proof and time come in as arguments, and everything the vault says is taken for a claim. The desk
of an approver runs the first checks before it signs, each agent runs all of them before it acts, and the officer's desk
before it opens. A check that does not hold raises CheckFailedError with its `Stop`; there is no other outcome.

  1. request      signed by an officer of the agency that asks; fresh; about agencies that take part
  2. decision     of exactly this request, by a decider of the agency that sealed
  3. approvals    of exactly this decision, one by an approver of each half-holding agency that did not decide
  4. people       requester, decider and approvers are different people with different keys and devices
  5. standing     each of them still holds the role now
  6. rules        the basis reaches these kinds for this agency under the pinned rules, and gives this very view;
                  rules that came into force since give it as well
  7. envelope     signed by a sealer of the sealing agency, and the one that was decided on; the log held its sealing,
                  and both holders' witnesses had cosigned that, while its sealer's key was good
  8. entry        the log holds the intent of exactly this release, and both holders' witnesses have cosigned it
  9. clocks       everything in its order, nothing in the future, nothing expired

May touch: nothing
Sees:      pseudonyms, hashes
Spec:      contracts section 4; vault-law section 5, step 6
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol, TypeVar

from audit.commitments import hash_output
from audit.crypto.container_cover import VerifiedCover, verify_cover
from audit.crypto.container_header import Purpose
from audit.crypto.errors import CryptoError
from audit.crypto.hpke import SealingKey
from audit.crypto.signatures import VerifyingKey
from audit.entry import Entry, read
from audit.errors import AuditError
from audit.events import Outcome
from audit.merkle import leaf_hash
from audit.proof import TlogProof
from vault.errors import CheckFailedError, MalformedFormError, RosterError, Stop
from vault.forms import Signed, open_form
from vault.halves import ViewId
from vault.requests import Approval, Authorisation, Decision, Request
from vault.rosters import Person, Roster, Rosters
from vault.vocabulary import AgencyKind, RecordKind, Role, View

A = TypeVar("A", Request, Decision, Approval)

SKEW_MS: Final = 60_000
"""Clocks of two agencies may differ by so much (vault-law, failure table)."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a basis gives: the view, for how long at most, and how old a request on it may become."""

    view: View
    expires_s: int
    longest_not_after_s: int


class Lawbook(Protocol):
    """The rule files that this program has, by hash (hex)."""

    def gives(
        self, rules: str, basis: str, requester: AgencyKind, kinds: Sequence[RecordKind], purpose: str, scope: str
    ) -> Given | None:
        """What a basis gives under the rule file of that hash; None when refused, or when the file is unknown."""

    def in_force(self, now_ms: int) -> str:
        """Hash of the rule file in force."""

    def may_ask(self, rules: str, basis: str, requester: AgencyKind, purpose: str, scope: str) -> bool:
        """Whether the basis gives such a requester anything at all, whatever the record."""

    def decide_by(self, rules: str, asked_ms: int) -> tuple[int, int]:
        """When the deciders are warned, and when it is escalated (Unix milliseconds)."""

    def seal_by(self, rules: str, told_ms: int) -> int:
        """When an agency that was told to seal its part must have done so (Unix milliseconds)."""

    def correct_by(self, rules: str, told_ms: int) -> tuple[int, int]:
        """When an agency is warned that a notice to correct is unanswered, and when it is overdue."""


@dataclass(frozen=True, slots=True)
class Party:
    """A signed form, who signed it, and the agency's roster that says so."""

    person: Person
    agency: str


@dataclass(frozen=True)
class Consent:
    """Checks 1 to 5 held: what was asked, decided and approved, by whom."""

    request: Signed[Request]
    decision: Signed[Decision]
    approvals: tuple[Signed[Approval], ...]
    """By agency."""

    @cached_property
    def officer_key(self) -> SealingKey:
        return SealingKey.parse(self.request.form.officer_key)

    @cached_property
    def authorisation(self) -> Authorisation:
        """What the log entry must be about."""
        decision = self.decision.form
        return Authorisation(
            self.request.hex,
            self.decision.hex,
            tuple(approval.hex for approval in self.approvals),
            decision.envelope,
            View(decision.view),
            self.officer_key.id,
        )


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """The log entry of a sealing, and its proof under witnesses' cosignatures of about that time; all of it claims."""

    entry: bytes
    proof: bytes


class IndexEntry(Protocol):
    """The part of an index entry that a check needs."""

    @property
    def envelopes(self) -> Mapping[View, str]:
        """Digest (hex) of each view's envelope."""

    def view_id(self, view: View) -> ViewId:
        """The ids of one of its views."""


@dataclass(frozen=True, slots=True)
class Intent:
    """Check 8 held: the entry that lets the release happen."""

    entry: Entry
    leaf: bytes


def check_request(data: bytes, rosters: Rosters, now_ms: int) -> tuple[Signed[Request], Party]:
    """Check 1; also for deciders, before anything else."""
    signed, party = _open(Request, data, rosters, Role.OFFICER, now_ms, Stop.REQUEST)
    request = signed.form
    _hold((request.officer, request.agency) == (party.person.person, party.agency), Stop.REQUEST, "another's name")
    _hold(request.to in rosters.pins.agencies, Stop.REQUEST, "to an agency that does not take part")
    readers = 1 + len(rosters.pins.approvers(request.to))
    _hold(len(request.sealed_grounds) == readers, Stop.REQUEST, "its grounds are not sealed to everyone who must agree")
    _hold(request.issued_ms <= now_ms + SKEW_MS, Stop.CLOCK, "the request is from the future")
    _hold(now_ms < request.not_after_ms, Stop.EXPIRED, "the request's own time is over")
    try:
        SealingKey.parse(request.officer_key)
    except CryptoError:
        raise CheckFailedError(Stop.REQUEST, "its key is not a sealing key") from None
    return signed, party


def check_decision(
    data: bytes, request: Signed[Request], rosters: Rosters, now_ms: int
) -> tuple[Signed[Decision], Party]:
    """Check 2."""
    signed, party = _open(Decision, data, rosters, Role.DECIDER, now_ms, Stop.DECISION)
    decision = signed.form
    _hold((decision.decider, decision.agency) == (party.person.person, party.agency), Stop.DECISION, "another's name")
    _hold(decision.request_digest == request.hex, Stop.DECISION, "of another request")
    _hold(decision.request == request.form.request, Stop.DECISION, "of another request")
    _hold(decision.agency == request.form.to, Stop.DECISION, "not by the agency that was asked")
    _hold(decision.rules == request.form.rules, Stop.RULES, "decided under other rules than the request pins")
    _hold(request.form.issued_ms <= decision.decided_ms + SKEW_MS, Stop.CLOCK, "decided before it was asked")
    _hold(decision.decided_ms <= now_ms + SKEW_MS, Stop.CLOCK, "decided in the future")
    _hold(decision.expires_s > 0, Stop.DECISION, "it would never be open")
    return signed, party


def check_approval(
    data: bytes, request: Signed[Request], decision: Signed[Decision], rosters: Rosters, now_ms: int
) -> tuple[Signed[Approval], Party]:
    """One approval of check 3."""
    signed, party = _open(Approval, data, rosters, Role.APPROVER, now_ms, Stop.APPROVAL)
    said = signed.form
    _hold((said.approver, said.agency) == (party.person.person, party.agency), Stop.APPROVAL, "another's name")
    _hold(said.request_digest == request.hex, Stop.APPROVAL, "of another request")
    _hold(said.decision_digest == decision.hex, Stop.APPROVAL, "of another decision")
    _hold(said.request == request.form.request, Stop.APPROVAL, "of another request")
    _hold(decision.form.decided_ms <= said.approved_ms + SKEW_MS, Stop.CLOCK, "approved before it was decided")
    _hold(said.approved_ms <= now_ms + SKEW_MS, Stop.CLOCK, "approved in the future")
    return signed, party


def check_approvals(
    approvals: Iterable[bytes], request: Signed[Request], decision: Signed[Decision], rosters: Rosters, now_ms: int
) -> tuple[tuple[Signed[Approval], ...], list[Party]]:
    """Check 3."""
    found: dict[str, tuple[Signed[Approval], Party]] = {}
    for data in approvals:
        signed, party = check_approval(data, request, decision, rosters, now_ms)
        _hold(signed.form.agency not in found, Stop.APPROVAL, "two of one agency")
        found[signed.form.agency] = signed, party
    needed = rosters.pins.approvers(decision.form.agency)
    _hold(tuple(sorted(found)) == needed, Stop.APPROVAL, "not by each half-holding agency that did not decide")
    return tuple(found[agency][0] for agency in needed), [found[agency][1] for agency in needed]


def check_people(parties: Sequence[Party]) -> None:
    """Check 4: nobody acts twice, under whatever name, key or device."""
    for names in (
        [(party.agency, party.person.person) for party in parties],
        [party.person.verify.id for party in parties],
        [(party.agency, party.person.device) for party in parties],
    ):
        _hold(
            len(set(names)) == len(names), Stop.SAME_PERSON, "requester, decider and approvers must be different people"
        )


def check_consent(
    request: bytes, decision: bytes, approvals: Iterable[bytes], rosters: Rosters, now_ms: int
) -> Consent:
    """Checks 1 to 5. Standing (5) is part of each opening: the role must be held now, not only when it was signed."""
    asked, officer = check_request(request, rosters, now_ms)  # 1
    decided, decider = check_decision(decision, asked, rosters, now_ms)  # 2
    approved, approvers = check_approvals(approvals, asked, decided, rosters, now_ms)  # 3
    check_people([officer, decider, *approvers])  # 4
    return Consent(asked, decided, approved)


def check_rules(consent: Consent, kinds: Sequence[RecordKind], rosters: Rosters, law: Lawbook, now_ms: int) -> None:
    """Check 6, for the kinds that the half itself states."""
    request, decision = consent.request.form, consent.decision.form
    requester = rosters.pins.agency(request.agency).kind
    given = law.gives(request.rules, request.basis, requester, kinds, request.purpose, request.scope)
    _hold(given is not None, Stop.NO_BASIS, "the basis does not reach this under the rules that the request pins")
    assert given
    _hold(given.view is View(decision.view), Stop.RULES, "the basis gives another view than was decided")
    _hold(decision.expires_s <= given.expires_s, Stop.RULES, "it would stay open longer than the basis allows")
    longest = request.issued_ms + 1000 * given.longest_not_after_s
    _hold(request.not_after_ms <= longest, Stop.RULES, "the request would live longer than the basis allows")
    newest = law.in_force(now_ms)
    if newest != request.rules:
        now_given = law.gives(newest, request.basis, requester, kinds, request.purpose, request.scope)
        _hold(now_given == given, Stop.STRICTER_RULES, "the rules changed since; it must be decided again")


def check_cover(cover: bytes, consent: Consent, rosters: Rosters, now_ms: int) -> VerifiedCover:
    """Check 7."""
    decision = consent.decision.form
    found = _signed_cover(cover, decision.view_id, rosters, now_ms)
    _hold(found.digest.hex() == decision.envelope, Stop.ENVELOPE, "another one than was decided on")
    _hold(found.header.suite == decision.suite, Stop.ENVELOPE, "of another suite than was decided on")
    return found


def check_record(
    entry: IndexEntry, sealing: SealedEntry, covers: Mapping[View, bytes], rosters: Rosters, now_ms: int
) -> None:
    """Check 7 at the deciding desk, for each envelope that its index entry names."""
    for view, digest in entry.envelopes.items():
        found = _signed_cover(covers.get(view, b""), entry.view_id(view), rosters, now_ms)
        _hold(found.digest.hex() == digest, Stop.ENVELOPE, "another one than the index names")
        check_sealed(found, sealing, entry.view_id(view), rosters, now_ms)


def _signed_cover(cover: bytes, view: ViewId, rosters: Rosters, now_ms: int) -> VerifiedCover:
    try:
        sealers = sealers_of(rosters.of(view.agency, now_ms))
        return verify_cover(cover, senders=sealers, purpose=Purpose.ENVELOPE, ids=view.to_ids())
    except (CryptoError, RosterError) as error:
        raise CheckFailedError(Stop.ENVELOPE, str(error)) from None


def check_sealed(cover: VerifiedCover, sealing: SealedEntry, view: ViewId, rosters: Rosters, now_ms: int) -> None:
    """Check 7, its time: a stolen key that was revoked since must not make a record that looks old.

    What a vault writes as the time of an entry proves nothing; when the witnesses cosigned a tree with it does.
    """
    said, witnessed_ms = _witnessed(sealing, rosters, now_ms)
    is_of_it = said.event == "record.seal" and cover.digest.hex() in _texts(said.facts.get("envelopes"))
    _hold(is_of_it and said.actor.org == view.agency, Stop.SEALED_LATE, "the entry is not that of its sealing")
    sealer = rosters.of(view.agency, now_ms).by_key(cover.sender.id)
    _hold(sealer is not None, Stop.ENVELOPE, "its sealer is on no roster")
    assert sealer
    ends = [sealer.until_ms, *([] if sealer.revoked_ms is None else [sealer.revoked_ms])]
    # Witnesses count in seconds: the whole second must lie before the end.
    _hold(witnessed_ms + 999 < min(ends), Stop.SEALED_LATE, "not witnessed before its sealer's key was revoked")


def _witnessed(sealing: SealedEntry, rosters: Rosters, now_ms: int) -> tuple[Entry, int]:
    """The entry, once it stands in a tree that both holders' witnesses cosigned, and when the later one did."""
    try:
        parsed = TlogProof.parse(sealing.proof)
        head, opened = rosters.pins.trust.open_checkpoint(parsed.checkpoint, now_ms // 1000)
        parsed.check(sealing.entry, head)
        said = read(sealing.entry)
    except AuditError as error:
        raise CheckFailedError(Stop.SEALED_LATE, f"no proof of its sealing: {error}") from None
    lines = [line.timestamp or 0 for line in opened.signatures if line.verifier in rosters.pins.trust.witnesses]
    return said, max(lines) * 1000


def _texts(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def check_entry(entry: bytes, proof: bytes, salt: bytes, consent: Consent, rosters: Rosters, now_ms: int) -> Intent:
    """Checks 8 and 9."""
    try:
        parsed = TlogProof.parse(proof)
        head, opened = rosters.pins.trust.open_checkpoint(parsed.checkpoint, now_ms // 1000)
        parsed.check(entry, head)
        said = read(entry)
    except AuditError as error:
        raise CheckFailedError(Stop.WITNESSES, str(error)) from None
    _check_said(said, salt, consent)
    witnessed = [line.timestamp or 0 for line in opened.signatures if line.verifier in rosters.pins.trust.witnesses]
    _hold(min(witnessed) * 1000 >= said.ts_ms - SKEW_MS - 1000, Stop.CLOCK, "witnessed before it was written")
    _hold(max(witnessed) * 1000 <= now_ms + SKEW_MS, Stop.CLOCK, "the witnesses' clocks are ahead")
    acts = [consent.decision.form.decided_ms, *(approval.form.approved_ms for approval in consent.approvals)]
    _hold(max(acts) <= said.ts_ms + SKEW_MS, Stop.CLOCK, "written before it was approved")
    _hold(said.ts_ms <= now_ms + SKEW_MS, Stop.CLOCK, "the entry is from the future")
    _hold(now_ms < int(str(said.facts["expires_ms"])), Stop.EXPIRED, "the release's time is over")
    return Intent(said, leaf_hash(entry))


def _check_said(said: Entry, salt: bytes, consent: Consent) -> None:
    """The entry is the intent of this release, word by word."""
    request, decision = consent.request.form, consent.decision.form
    _hold(said.event == "release.intent", Stop.ENTRY, "not the intent of a release")
    # These parts are there: the vocabulary demands them of this event, and `read` refused an entry without.
    assert said.basis and said.decision and said.output
    expected = {
        "input": (said.input, consent.request.hex),
        "prev": (said.prev, request.request),
        "case": (said.case, request.grounds),
        "basis": (said.basis.law, request.basis),
        "letter": (said.basis.document, request.letter),
        "approvals": (said.basis.approvals, tuple(approval.form.approval for approval in consent.approvals)),
        "outcome": (said.decision.outcome, Outcome.ALLOW),
        "view": (said.facts["view"], decision.view),
        "expiry": (said.facts["expires_ms"], said.ts_ms + 1000 * decision.expires_s),
        "output": (said.output.sha256, hash_output(consent.authorisation.to_bytes(), salt)),
    }
    for name, (found, wanted) in expected.items():
        _hold(found == wanted, Stop.ENTRY, f"its {name} is not that of this release")


def sealers_of(roster: Roster) -> list[VerifyingKey]:
    """Keys of everybody who ever was a sealer of the agency: what they sealed outlives their service."""
    return [person.verify for person in roster.people if Role.SEALER in person.roles]


def _open(form: type[A], data: bytes, rosters: Rosters, role: Role, now_ms: int, stop: Stop) -> tuple[Signed[A], Party]:
    """A form and who signed it: a person of the pinned agency that it names, who holds the role now."""
    # By (agency, key): an agency that puts another's key on its own roster must not take over what that key signs.
    parties: dict[tuple[str, str], Party] = {}
    for agency in rosters.pins.agencies:
        try:
            roster = rosters.of(agency, now_ms)
        except RosterError:
            continue  # an agency without a valid roster has nobody who could sign
        parties |= {(agency, person.verify.id): Party(person, agency) for person in roster.people}
    try:
        signed = open_form(form, data, [party.person.verify for party in parties.values()])
    except MalformedFormError as error:
        raise CheckFailedError(stop, str(error)) from None
    party = parties.get((signed.form.agency, signed.signer))
    if party is None:
        raise CheckFailedError(stop, "another's name")
    if not party.person.may(role, now_ms):
        was_revoked = party.person.revoked_ms is not None
        raise CheckFailedError(Stop.REVOKED if was_revoked else stop, f"its signer is no {role.value} now")
    return signed, party


def _hold(is_so: bool, stop: Stop, rule: str) -> None:
    if not is_so:
        raise CheckFailedError(stop, rule)
