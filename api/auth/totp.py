"""One-time codes by time: six digits of half a minute, the neighbours of now taken too, none twice.

May touch: nothing
Sees:      secrets
Spec:      RFC 6238, RFC 4226
"""

from __future__ import annotations

import base64
import hmac
import secrets
from typing import Final
from urllib.parse import quote

import pyotp

STEP_S: Final = 30
DIGITS: Final = 6
SECRET_BYTES: Final = 20
_NEIGHBOURS: Final = (0, -1, 1)


def new_secret() -> bytes:
    """As long as the hash of the code (RFC 4226, section 4)."""
    return secrets.token_bytes(SECRET_BYTES)


def step_of(secret: bytes, code: str, now_s: int, used: int) -> int | None:
    """The time step that this code is of, if it is one of now or beside it, and later than the step `used`."""
    found = None
    for each in _NEIGHBOURS:
        step = now_s // STEP_S + each
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()) and step > used:
            found = step
    return found


def code_at(secret: bytes, step: int) -> str:
    """The code of a time step."""
    return str(pyotp.HOTP(_text(secret), digits=DIGITS).at(step))


def address_of(secret: bytes, account: str, issuer: str) -> str:
    """What an authenticator program reads (key URI, as its makers agreed on)."""
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?secret={_text(secret)}&issuer={quote(issuer)}"


def _text(secret: bytes) -> str:
    return base64.b32encode(secret).decode().rstrip("=")
