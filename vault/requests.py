"""The forms of a release: request, decision, approval, refusal, release, delivery, return, lock.

Each is a separate act by a separate person, a signed object that names the ones before it by the hash of their signed
bytes. Nothing here says who may sign what or when: `checks.py` does. A request tells the vault who asks whom on which
basis, and neither the subject nor the case: these are sealed to the agencies that must know them.

May touch: nothing
Sees:      pseudonyms, hashes, sealed subjects
Spec:      contracts section 4; CPL 286; vault-law L14 to L23
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from audit import canonical
from audit.crypto.signed_object import Kind
from audit.shapes import CODE, COUNT, FLAG, SHA256, ULID, choice, many
from vault.forms import BASE64, TEXT, Form, shaped
from vault.halves import ViewId
from vault.vocabulary import Holder, View

SCOPES: Final = ("read", "extract", "copy")
"""What may be done with what is released (办法 art. 16)."""

REFUSAL_REASONS: Final = (
    "no-basis",
    "basis-not-covering",
    "not-entitled",
    "papers-incomplete",
    "nothing-to-release",  # said alike for "no such record" and "not one that may be shown"
    "needs-not-shown",
    "rules-changed",
)


@dataclass(frozen=True, slots=True)
class Request(Form):
    """An officer asks the agency `to` for what it sealed about a subject."""

    KIND = Kind.REQUEST
    request: str = shaped(ULID)
    officer: str = shaped(CODE)
    agency: str = shaped(CODE)
    to: str = shaped(CODE)
    basis: str = shaped(CODE)
    rules: str = shaped(SHA256)  # of the rule file that it is to be decided under
    purpose: str = shaped(CODE)
    scope: str = shaped(choice(*SCOPES))
    letter: str = shaped(SHA256)  # of the official letter
    undertaking: str = shaped(SHA256)  # of the signed confidentiality undertaking
    grounds: str = shaped(SHA256)  # of the grounds, which carry a salt
    subject: str = shaped(BASE64)  # sealed to the desk of `to`
    sealed_grounds: tuple[str, ...] = shaped(many(BASE64))  # to the desks of `to` and of each approver, in that order
    officer_key: str = shaped(TEXT)  # sealing key of this request alone
    nonce: str = shaped(SHA256)
    issued_ms: int = shaped(COUNT)
    not_after_ms: int = shaped(COUNT)


@dataclass(frozen=True, slots=True)
class Decision(Form):
    """The decider of the sealing agency allows one view of one record."""

    KIND = Kind.DECISION
    decision: str = shaped(ULID)
    request: str = shaped(ULID)
    request_digest: str = shaped(SHA256)
    decider: str = shaped(CODE)
    agency: str = shaped(CODE)
    record: str = shaped(ULID)
    version: int = shaped(COUNT)
    epoch: int = shaped(COUNT)
    suite: str = shaped(CODE)
    view: str = shaped(choice(*View))
    envelope: str = shaped(SHA256)
    rules: str = shaped(SHA256)
    expires_s: int = shaped(COUNT)
    decided_ms: int = shaped(COUNT)

    @property
    def view_id(self) -> ViewId:
        """Which view it allows."""
        return ViewId(self.record, self.version, View(self.view), self.agency, self.epoch, self.suite)


@dataclass(frozen=True, slots=True)
class Approval(Form):
    """An approver of a half-holding agency agrees to a decision."""

    KIND = Kind.APPROVAL
    approval: str = shaped(ULID)
    request: str = shaped(ULID)
    request_digest: str = shaped(SHA256)
    decision_digest: str = shaped(SHA256)
    approver: str = shaped(CODE)
    agency: str = shaped(CODE)
    approved_ms: int = shaped(COUNT)


@dataclass(frozen=True, slots=True)
class Refusal(Form):
    """A decider or approver refuses, in writing; `words` are sealed to the officer."""

    KIND = Kind.REFUSAL
    refusal: str = shaped(ULID)
    request: str = shaped(ULID)
    request_digest: str = shaped(SHA256)
    person: str = shaped(CODE)
    agency: str = shaped(CODE)
    reason: str = shaped(choice(*REFUSAL_REASONS))
    words: str = shaped(BASE64)
    refused_ms: int = shaped(COUNT)


@dataclass(frozen=True, slots=True)
class ReleasedHalf(Form):
    """A release agent re-sealed its half to the officer's key."""

    KIND = Kind.RELEASE
    request: str = shaped(ULID)
    authorisation: str = shaped(SHA256)
    leaf: str = shaped(SHA256)  # leaf hash of the log entry that allowed it
    agency: str = shaped(CODE)
    holder: str = shaped(choice(*Holder))
    half: str = shaped(BASE64)
    expires_ms: int = shaped(COUNT)
    released_ms: int = shaped(COUNT)


@dataclass(frozen=True, slots=True)
class Delivery(Form):
    """The officer's desk opened what was released."""

    KIND = Kind.DELIVERY
    delivery: str = shaped(ULID)
    request: str = shaped(ULID)
    authorisation: str = shaped(SHA256)
    officer: str = shaped(CODE)
    agency: str = shaped(CODE)
    opened_ms: int = shaped(COUNT)


@dataclass(frozen=True, slots=True)
class Return(Form):
    """The officer states what became of it, and whether the receiving case is marked (办法 art. 6)."""

    KIND = Kind.RETURN
    statement: str = shaped(ULID)
    request: str = shaped(ULID)
    officer: str = shaped(CODE)
    agency: str = shaped(CODE)
    manner: str = shaped(choice("returned", "destroyed", "filed"))
    is_marked: bool = shaped(FLAG)
    stated_ms: int = shaped(COUNT)


@dataclass(frozen=True, slots=True)
class Lock(Form):
    """A person of one agency stops every release at once, or agrees to open again; opening needs both holders."""

    KIND = Kind.LOCK
    lock: str = shaped(ULID)
    agency: str = shaped(CODE)
    person: str = shaped(CODE)
    act: str = shaped(choice("lock", "open"))
    at_ms: int = shaped(COUNT)


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Everything that a release rests on, as one short text that the log entry and both agents are bound to."""

    request: str
    """Digests (hex) of the signed request, decision and approvals, the latter by agency."""
    decision: str
    approvals: tuple[str, ...]
    envelope: str
    view: View
    officer_key: str
    """Id of the key that the halves go to."""

    def to_bytes(self) -> bytes:
        """The canonical text."""
        return canonical.dumps({
            "request": self.request,
            "decision": self.decision,
            "approvals": list(self.approvals),
            "envelope": self.envelope,
            "view": self.view.value,
            "officer_key": self.officer_key,
        })  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call(Form):
    """One call of the vault's API by a person or an agent: this method, path and body, now, once."""

    KIND = Kind.CALL
    method: str = shaped(choice("GET", "PUT", "POST"))
    path: str = shaped(TEXT)
    body: str = shaped(SHA256)
    person: str = shaped(CODE)  # "agent" for an agency's release agent
    agency: str = shaped(CODE)
    at_ms: int = shaped(COUNT)
    nonce: str = shaped(SHA256)
