"""Why the log, its signer and its shredding store refuse: a closed list that the services can act on.

The errors of evidence that does not hold are in `errors.py`; these here are those of a log that cannot or will not
write. Whoever gets one has released nothing and must not. No message carries a value of an entry.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from enum import StrEnum

from audit.errors import AuditError


class Why(StrEnum):
    """Why an entry could not be made durable and signed in time."""

    DISK_FULL = "disk full"
    READ_ONLY = "database read-only"
    GRANT_REVOKED = "database grant revoked"
    DATABASE_GONE = "database gone"
    DATABASE_BUSY = "database busy"
    DATABASE_FAULT = "database fault"
    SIGNER_GONE = "signer gone"
    SIGNER_HUNG = "signer hung"
    SIGNER_REFUSES = "signer refuses"
    ROLLED_BACK = "database behind the signer"
    ROLLED_OVER = "log ended, its last entry names the next"
    OVERLOADED = "too many callers waiting"
    STOPPED = "log stopped"
    WITNESS_GAP = "no quorum of witnesses for too long"


class RefusalError(AuditError):
    """Any refusal to write; never raised itself."""


class LogUnavailableError(RefusalError):
    """No receipt within the deadline. The entry may stand in the log later; nothing may be released for it now."""

    def __init__(self, why: Why) -> None:
        super().__init__(f"the log takes no entries: {why}")
        self.why = why


class RequestReusedError(RefusalError):
    """A request id came again with other bytes."""


class WrongBookError(RefusalError):
    """The event belongs into the other service's log."""


class NotDurableError(RefusalError):
    """A setting under which an acknowledged entry could be lost; the log does not start."""


class StoreError(RefusalError):
    """The tables are absent, altered or of another origin; the log does not start."""


class RolledBackError(RefusalError):
    """Somebody outside remembers more than the database holds: entries `start`..`stop` (exclusive) are lost.

    `ahead` says who remembers: ``signer``, ``witness NAME`` or ``export``. Equal sizes with different roots are a fork:
    then start equals stop.
    """

    def __init__(self, ahead: str, start: int, stop: int) -> None:
        lost = f"entries {start} to {stop - 1} are lost" if stop > start else "same size, another root"
        super().__init__(f"read-only: the database is behind the {ahead}: {lost}")
        self.ahead, self.start, self.stop = ahead, start, stop


class SignerError(RefusalError):
    """The signer refuses, and says why in one of the words of `signer.Refusal`."""

    def __init__(self, refusal: str) -> None:
        super().__init__(f"the signer refuses: {refusal}")
        self.refusal = refusal


class SignerGoneError(RefusalError):
    """The signer does not answer; `hung` when it took the question and gave no answer in time."""

    def __init__(self, *, hung: bool) -> None:
        super().__init__("the signer does not answer in time" if hung else "the signer is not there")
        self.hung = hung


class SignerMemoryError(RefusalError):
    """The signer's memory is absent or damaged in both places; it does not start."""


class ReleaseError(RefusalError):
    """The bytes to be released are not the ones that a committed entry allows."""


class CommitmentError(RefusalError):
    """A salt or key has the wrong length, or a sealed detail does not open."""


class ShreddedError(RefusalError):
    """The secrets behind a handle are destroyed, or never were."""
