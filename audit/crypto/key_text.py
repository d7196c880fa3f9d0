"""How public keys are named and written: an id cut from a hash, and one printable line.

The id covers role, suite and public key, so a key to seal to can never pass for a key to verify with. It names a key
and does not replace comparing it: whoever must be sure compares whole ids out of band.

May touch: nothing
Sees:      public keys
"""

from __future__ import annotations

import base64
import binascii
import hashlib

from audit.crypto.errors import KeyFormError

ID_BYTES = 16


def key_id(role: str, suite: str, public: bytes) -> str:
    """32 hex digits: the first half of SHA-256 over role, suite and key."""
    # 128 bits: finding another key with a given id is out of reach; making two own keys with one id is not, and gains
    # nothing, because signatures and seals are checked against the whole key.
    return hashlib.sha256(f"sealink/v1/key\n{role}\n{suite}\n".encode() + public).digest()[:ID_BYTES].hex()


def is_key_id(text: object) -> bool:
    """Whether `text` has the form of a key id."""
    return isinstance(text, str) and len(text) == 2 * ID_BYTES and all(c in "0123456789abcdef" for c in text)


def format_key(role: str, suite: str, public: bytes) -> str:
    """``sealink-ROLE:SUITE:BASE64``."""
    return f"sealink-{role}:{suite}:{base64.b64encode(public).decode()}"


def parse_key(role: str, text: str) -> tuple[str, bytes]:
    """Suite and key bytes of a line written by `format_key` for the same role; KeyFormError otherwise."""
    parts = text.strip().split(":")
    if len(parts) != 3 or parts[0] != f"sealink-{role}":
        raise KeyFormError(f"public key: 'sealink-{role}:SUITE:BASE64' expected")
    return parts[1], strict_base64(parts[2])


def strict_base64(text: str) -> bytes:
    """Decode standard base64 that has exactly one spelling; KeyFormError otherwise."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyFormError("base64: not valid") from error
    if base64.b64encode(data).decode() != text:
        raise KeyFormError("base64: not the standard spelling")
    return data
