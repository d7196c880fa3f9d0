"""Why the vault service refuses a call: one closed list. None of the reasons tells whether a record exists.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from enum import StrEnum

from vault.errors import VaultError


class Why(StrEnum):
    """Every reason; the edge gives each its status and words."""

    NOT_ADMITTED = "not-admitted"
    NOT_FOUND = "not-found"  # also for what exists and is another's
    NOT_ENTITLED = "not-entitled"
    WRONG_STATE = "wrong-state"
    EXISTS = "exists"
    MALFORMED = "malformed"
    LOCKED = "locked"
    CHECK_FAILED = "check-failed"
    QUOTA_SPENT = "quota-spent"
    TOO_LARGE = "too-large"
    WRONG_OFFSET = "wrong-offset"


class Refused(VaultError):
    """A flow refuses; `why` is for the edge, the message for people."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why = why


def need(is_so: bool, why: Why, message: str) -> None:
    """Refuse unless it is so."""
    if not is_so:
        raise Refused(why, message)
