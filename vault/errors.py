"""What this room refuses, in one sentence each: place and rule, never a value and never whether a record exists.

It knows no HTTP and no exit codes; the edge maps the leaves of `VaultError`.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from enum import StrEnum


class VaultError(Exception):
    """Any refusal of this room; never raised itself."""


class MalformedFormError(VaultError):
    """A signed form, roster or pin file that is not of its form."""


class RosterError(VaultError):
    """A roster that is not signed by its pinned key, is out of date, or older than one that was seen."""


class HalfError(VaultError):
    """A half that does not open, or is not the half of the sealing."""


class EnvelopeError(VaultError):
    """An envelope that is not the one it should be, or does not open."""


class BundleError(VaultError):
    """A case bundle that may not be sealed as it is."""


class LawError(VaultError):
    """A rule file, holiday table or case that the law modules cannot read, or a rule set or basis that is not there."""


class CertificateError(VaultError):
    """A no-record certificate that cannot be set as it is asked for."""


class ChangeRefusedError(VaultError):
    """A change of a record's state that the law does not allow."""


class StateError(VaultError):
    """A step that the state of a record or request does not allow."""


class Stop(StrEnum):
    """Why an agent or a desk goes no further. Each is one numbered check of `agent.py`, and none tells of a record."""

    LOCKED = "locked"
    ROSTER = "roster"
    CLOCK = "clock"
    REQUEST = "request"
    EXPIRED = "expired"
    RULES = "rules"
    STRICTER_RULES = "stricter-rules"
    NO_BASIS = "no-basis"
    DECISION = "decision"
    APPROVAL = "approval"
    SAME_PERSON = "same-person"
    REVOKED = "revoked"
    ENTRY = "entry"
    WITNESSES = "witnesses"
    ENVELOPE = "envelope"
    SEALED_LATE = "sealed-late"
    HALF = "half"
    REPLAYED = "replayed"


class CheckFailedError(VaultError):
    """A check before a release did not hold; `stop` says which."""

    def __init__(self, stop: Stop, rule: str) -> None:
        super().__init__(f"{stop.value}: {rule}")
        self.stop = stop
