"""Request ids: ULIDs, which sort by time and name one request in answers, logs and entries.

A ULID is 48 bits of Unix milliseconds and 80 random bits in Crockford's base 32. It says when a request came, nothing
about who or what.

May touch: the system's randomness
Sees:      nothing personal
"""

from __future__ import annotations

import secrets
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_request_id(now_ms: int) -> str:
    """A fresh ULID, 26 characters, for a moment in Unix milliseconds."""
    number = now_ms << 80 | secrets.randbits(80)
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in range(25, -1, -1))
