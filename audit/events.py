"""The closed vocabulary of the log: which events exist, in which service's log, with which parts and facts.

It does not know how an entry is written or read (`entry.py` does) and decides nothing about who may do what. An event
or a fact that is not in this table cannot be written, and an auditor's reader refuses it. Adding one is a new line
here; changing the meaning of a line that has been used is a new `VERSION`, never an edit.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from audit.shapes import CODE, COUNT, FLAG, ORIGIN, SHA256, ULID, Shape, choice, many

VERSION = 1
"""Version of this vocabulary; every entry carries the one it was written under."""


class Book(StrEnum):
    """Whose log it is. The two services share nothing, so an entry of the one is refused by the other's log."""

    LINKAGE = "linkage"
    VAULT = "vault"
    RUN = "run"


class Outcome(StrEnum):
    """What was decided."""

    ALLOW = "allow"
    DENY = "deny"
    PARTIAL = "partial"


class Reason(StrEnum):
    """Why it was decided so. None of them tells whether a sealed record exists."""

    LAWFUL_BASIS = "lawful-basis"
    ENTITLED_ROLE = "entitled-role"
    OWN_RECORDS = "own-records"
    TWO_AGENCIES = "two-agencies"
    WITHIN_SCOPE = "within-scope"
    WITHIN_QUOTA = "within-quota"
    REVIEWED = "reviewed"
    OFFICER_DUTY = "officer-duty"
    COURT_ORDER = "court-order"
    NO_BASIS = "no-basis"
    BASIS_EXPIRED = "basis-expired"
    BASIS_NOT_COVERING = "basis-not-covering"
    NOT_ENTITLED = "not-entitled"
    NOT_ASSIGNED = "not-assigned"
    OUTSIDE_SCOPE = "outside-scope"
    OUTSIDE_HOURS = "outside-hours"
    SAME_PERSON = "same-person"
    APPROVAL_MISSING = "approval-missing"
    KEY_REVOKED = "key-revoked"
    SIGNATURE_WRONG = "signature-wrong"
    QUOTA_SPENT = "quota-spent"
    PARAMETERS_DIFFER = "parameters-differ"
    MALFORMED = "malformed"
    REPEATED = "repeated"
    WITNESS_GAP = "witness-gap"
    DEADLINE_PASSED = "deadline-passed"
    MEMBER = "member"
    SUBJECT_RIGHT = "subject-right"
    NOT_MEMBER = "not-member"
    HEALTH_FAILED = "health-failed"
    CREDENTIAL_WRONG = "credential-wrong"
    PROBING = "probing"


PARTS = frozenset({"basis", "case", "subject", "decision", "input", "output", "prev", "detail"})
"""The optional parts of an entry, beside who, when and which request, which every entry has."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the vocabulary.

    `books`: the logs that may hold it. `needs`: parts that must be there. `takes`: parts that may be there.
    `facts`: its own fields, all required. A part outside `needs` and `takes` is refused.
    """

    name: str
    books: frozenset[Book]
    needs: frozenset[str]
    takes: frozenset[str]
    facts: Mapping[str, Shape]

    @property
    def refuses(self) -> frozenset[str]:
        return _REFUSES[self.name]


def _lines() -> tuple[Event, ...]:
    both = frozenset({Book.LINKAGE, Book.VAULT})
    linkage, vault, run = ({book} for book in (Book.LINKAGE, Book.VAULT, Book.RUN))
    found: list[Event] = []

    def event(books: set[Book] | frozenset[Book], name: str, needs: str = "", takes: str = "", **facts: Shape) -> None:
        need, take = frozenset(needs.split()), frozenset(takes.split())
        assert (need | take) <= PARTS, name
        found.append(Event(name, frozenset(books), need, take, MappingProxyType(facts)))

    event(linkage, "project.plan", "decision input", "basis", project=CODE, plan=SHA256, population=COUNT)
    event(linkage, "batch.receive", "decision input", "basis prev", project=CODE, agency=CODE, epoch=COUNT, rows=COUNT)
    event(
        linkage,
        "job.run",
        "input output",
        "prev",
        project=CODE,
        job=ULID,
        plan=SHA256,
        batches=many(SHA256),
        records=COUNT,
        links=COUNT,
        clusters=COUNT,
        reviews=COUNT,
    )
    event(linkage, "result.deliver", "decision output", "basis input prev", project=CODE, job=ULID, recipient=CODE)
    event(
        linkage,
        "match.one",
        "decision input output",
        "basis case subject prev detail",
        project=CODE,
        model=SHA256,
        threshold_millionths=COUNT,
        score_bucket=COUNT,
        quota_left=COUNT,
    )
    event(
        linkage,
        "review.decide",
        "decision input",
        "prev detail",
        project=CODE,
        item=ULID,
        verdict=choice("same", "different", "unsure"),
    )
    event(
        linkage,
        "referral.issue",
        "basis subject decision output",
        "case input prev detail",
        referral=ULID,
        recipient=CODE,
    )
    event(
        linkage,
        "project.change",
        "decision input",
        "basis prev",
        project=CODE,
        terms=SHA256,  # of the project's canonical terms: purpose, members, result policy, thresholds, retention
        change=choice("created", "changed", "closed"),
    )
    event(
        linkage,
        "agency.change",
        "decision input",
        "basis prev",
        agency=CODE,
        key=SHA256,  # thumbprint of the key; of all keys together, where the change is the whole agency's
        change=choice("registered", "key-added", "key-removed", "tokens-ended", "suspended", "resumed", "removed"),
    )
    event(
        linkage,
        "member.change",
        "decision input",
        "basis prev",
        project=CODE,
        agency=CODE,
        change=choice("invited", "joined", "suspended", "left"),
    )
    event(
        linkage,
        "secret.relay",
        "decision input",
        "prev",
        project=CODE,
        epoch=COUNT,
        sender=CODE,
        recipient=CODE,
        fingerprint=SHA256,  # of all custodians' keys, the one that both sides compare out of band
        step=choice("request", "invitation", "acceptance"),
    )
    event(linkage, "batch.refuse", "decision input", "prev", project=CODE, agency=CODE, rule=CODE)
    event(
        linkage,
        "batch.change",
        "decision input",
        "basis prev",
        project=CODE,
        agency=CODE,
        batch=ULID,
        rows=COUNT,
        change=choice("corrected", "added", "deleted", "withdrawn"),
    )
    event(
        linkage,
        "job.change",
        "decision input",
        "prev",
        project=CODE,
        job=ULID,
        change=choice("requested", "cancelled", "retried", "failed"),
    )
    event(linkage, "match.refuse", "decision input", "prev", project=CODE, rule=CODE, quota_left=COUNT)
    event(linkage, "review.read", "decision output", "input prev", project=CODE, items=COUNT)
    event(linkage, "review.undo", "decision input prev", "detail", project=CODE, item=ULID)
    event(
        linkage,
        "check.change",
        "decision input",
        "prev detail",
        project=CODE,
        check=ULID,
        agency=CODE,
        change=choice("asked", "corrected", "confirmed", "declined", "expired"),
    )
    event(
        linkage,
        "subject.request",
        "decision input",
        "basis case subject output prev detail",
        agency=CODE,
        right=choice("access", "correction", "deletion"),
        change=choice("received", "forwarded", "answered", "refused", "closed"),
    )
    event(
        linkage,
        "webhook.change",
        "decision input",
        "prev",
        endpoint=ULID,
        change=choice("added", "replaced", "disabled", "removed"),
    )
    event(
        linkage,
        "referral.change",
        "decision input",
        "basis case subject prev detail",
        referral=ULID,
        change=choice("accepted", "declined", "withdrawn", "closed"),
    )
    event(
        linkage,
        "data.erase",
        "decision",
        "basis input prev",
        project=CODE,
        what=choice("batches", "links", "reviews", "project"),
        rows=COUNT,
    )
    event(linkage, "register.read", "decision output", "basis case subject input prev detail", rows=COUNT)
    event(linkage, "register.change", "decision input", "basis case subject prev detail", rows=COUNT)

    event(vault, "record.seal", "basis case subject input", "prev detail", envelopes=many(SHA256), parts=COUNT)
    event(vault, "record.notice", "case", "basis subject prev detail", agency=CODE, notice=SHA256)
    event(vault, "access.request", "basis case input", "subject prev detail", scope=CODE, rules=SHA256)
    event(vault, "access.decision", "basis case decision input prev", "subject detail", scope=CODE, view=CODE)
    event(vault, "access.approval", "case decision input prev", "basis subject detail", agency=CODE)
    event(
        vault, "release.intent", "basis case decision output prev", "subject input detail", view=CODE, expires_ms=COUNT
    )
    event(vault, "release.delivered", "case output prev", "subject detail", receipt=SHA256)
    event(
        vault, "release.returned", "case input prev", "", manner=choice("returned", "destroyed", "filed"), marked=FLAG
    )
    event(vault, "access.refusal", "case decision input prev", "basis detail", agency=CODE)
    event(vault, "record.notice.answer", "input", "prev", agency=CODE, notice=SHA256)
    event(vault, "certificate.issue", "input", "", agency=CODE)  # whose certificate it is stays on its desk
    event(vault, "correction.issue", "input", "basis", agency=CODE)  # told; what for is sealed to it
    event(vault, "correction.answer", "input prev", "", agency=CODE, late=FLAG)
    event(vault, "lock.change", "input", "prev", agency=CODE, change=choice("lock", "open"))
    event(vault, "half.rotate", "input", "prev", agency=CODE, old=SHA256, new=SHA256, halves=COUNT)
    state = choice("unsealed", "sealed", "shredded")
    event(vault, "record.proposal", "basis case decision input prev", "subject detail", change=state)
    event(vault, "record.agreement", "case decision input prev", "subject detail", agency=CODE)
    event(vault, "record.change", "basis case decision input prev", "subject detail", change=state)
    event(vault, "roster.change", "input", "decision prev", agency=CODE, roster=SHA256)
    event(
        vault,
        "enrolment",
        "decision input",
        "basis prev",
        agency=CODE,
        key=SHA256,
        change=choice("added", "replaced", "revoked"),
    )

    event(both, "export", "decision output", "basis case subject input prev detail", form=CODE, rows=COUNT)
    event(both, "subject.shred", "subject", "basis case decision prev", secrets=COUNT, epoch=COUNT)
    event(
        both,
        "permission.change",
        "decision",
        "basis input prev",
        holder=CODE,
        permission=CODE,
        change=choice("granted", "revoked"),
    )
    event(both, "key.rotate", "", "decision input prev", purpose=CODE, old=SHA256, new=SHA256)
    event(both, "login", "decision", "prev", session=SHA256)
    # A stranger decides how often these are refused: several alike are counted in one entry, or he could fill the log.
    event(both, "login.refuse", "decision", "prev", rule=CODE, count=COUNT)
    event(both, "token.issue", "decision", "prev", client=CODE, key=SHA256, expires_ms=COUNT)
    event(both, "token.revoke", "decision", "prev", client=CODE, key=SHA256)
    event(both, "token.refuse", "decision", "prev", rule=CODE, count=COUNT)
    event(
        both,
        "account.change",
        "decision",
        "basis input prev",
        holder=CODE,
        change=choice("created", "credential-replaced", "locked", "unlocked", "closed"),
    )
    event(
        both,
        "audit.read",
        "decision",
        "basis case subject output prev detail",
        what=choice("entries", "proof", "export", "opening"),
        start=COUNT,
        stop=COUNT,
    )
    event(both, "alert", "", "prev detail", rule=CODE, rules=SHA256, entries=many(COUNT))
    event(both, "witness.gap", "", "prev", witness=CODE, size=COUNT, seconds=COUNT, closed=FLAG)

    every = both | run
    event(
        every,
        "restore",
        "input",
        "basis prev detail",
        size=COUNT,
        lost_start=COUNT,
        lost_stop=COUNT,
        root=SHA256,
        ahead=CODE,
    )
    event(every, "heartbeat")
    event(every, "rollover", "", "prev", next_origin=ORIGIN)
    event(every, "policy.change", "input", "decision prev", policy=CODE, old=SHA256, new=SHA256)
    event({Book.LINKAGE}, "retention.prune", "decision", "basis prev", below=COUNT, cutoff_ms=COUNT)
    event(
        run,
        "run",
        "",
        "input output",
        command=CODE,
        version=CODE,
        inputs=many(SHA256),
        parameters=SHA256,
        records=COUNT,
        links=COUNT,
        clusters=COUNT,
        reviews=COUNT,
    )
    return tuple(found)


EVENTS: Mapping[str, Event] = MappingProxyType({event.name: event for event in _lines()})
"""Every event of this version, by name."""

_REFUSES = {name: PARTS - event.needs - event.takes for name, event in EVENTS.items()}
