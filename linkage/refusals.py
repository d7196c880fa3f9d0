"""Why the linkage service refuses: one closed list, and the error that carries a reason from a flow to the edge.

The flows know reasons, never HTTP: `api/http/problem_words.py` gives every reason its status, title and sentence in
English and Chinese, and a test holds both lists equal. A message names place and rule, never a value.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from enum import StrEnum

from linkage.errors import LinkageError


class Why(StrEnum):
    """Every reason. Its value is the last part of the problem's type URI and never changes its meaning."""

    NOT_FOUND = "not-found"  # also for what exists and belongs to another agency
    NOT_ENTITLED = "not-entitled"
    STALE = "stale"  # changed since it was read
    EXISTS = "exists"
    WRONG_STATE = "wrong-state"
    MALFORMED = "malformed"
    PARAMETERS_DIFFER = "parameters-differ"
    UNHEALTHY = "unhealthy"
    REPLAYED = "replayed"
    WRONG_OFFSET = "wrong-offset"
    WRONG_DIGEST = "wrong-digest"
    TOO_LARGE = "too-large"
    UNSEALED = "unsealed"  # a container that does not open, or from another sender
    QUOTA_SPENT = "quota-spent"
    PROBING = "probing"
    NO_BASIS = "no-basis"
    SAME_PERSON = "same-person"
    ADDRESS_REFUSED = "address-refused"  # a webhook's address


class Refused(LinkageError):
    """A flow refuses. `why` is for the edge, `message` for people, `retry_after_s` where waiting helps."""

    def __init__(self, why: Why, message: str, *, hint: str | None = None, retry_after_s: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.why, self.retry_after_s = why, retry_after_s
