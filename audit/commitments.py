"""Hide a subject or a case in an entry so that it can be shown later, or never again.

A commitment is HMAC-SHA256 under a random 32-byte salt that exists for one subject in one case only. Without the salt
nobody can confirm a guess, not even by trying every child of the city, and two cases of one child cannot be joined.
Details that an auditor may read are sealed under a key of the same life; the leaf holds the ciphertext's hash alone.
This module keeps no salt and no key (`shredding.py` does): once both are destroyed, leaf and tree stay as they were.

May touch: nothing
Sees:      identifiers, for the length of a call
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from audit.refusals import CommitmentError

SALT_BYTES: Final = 32
KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12

SURELY_UNGUESSABLE: Final = 4_096
"""Released bytes shorter than this are hashed with a salt: an answer of a few fields can be found by trying all."""

Purpose = Literal["subject", "case"]


@dataclass(frozen=True, slots=True, repr=False)
class SubjectSecrets:
    """The salt and the detail key of one subject in one case, 32 random bytes each. Destroyed together."""

    salt: bytes
    key: bytes

    def __post_init__(self) -> None:
        if len(self.salt) != SALT_BYTES or len(self.key) != KEY_BYTES:
            raise CommitmentError(f"salt and key must be {SALT_BYTES} and {KEY_BYTES} bytes")

    def __repr__(self) -> str:
        return "SubjectSecrets(…)"


@dataclass(frozen=True, slots=True)
class SealedDetail:
    """A detail under a subject's key: `ciphertext` for the store, `sha256` (hex) for the entry."""

    ciphertext: bytes
    sha256: str


def new_secrets() -> SubjectSecrets:
    """Draw a fresh salt and key from the operating system."""
    return SubjectSecrets(secrets.token_bytes(SALT_BYTES), secrets.token_bytes(KEY_BYTES))


def commit(salt: bytes, purpose: Purpose, identifier: str) -> str:
    """Return the commitment (64 hex digits) to an identifier for one purpose.

    Subject and case commitments under one salt differ, so neither tells the other.
    """
    if len(salt) != SALT_BYTES:
        raise CommitmentError(f"salt must be {SALT_BYTES} bytes")
    message = f"sealink/{purpose}/v1\n{identifier}".encode()
    return hmac.new(salt, message, hashlib.sha256).hexdigest()


def opens(commitment: str, salt: bytes, purpose: Purpose, identifier: str) -> bool:
    """Does the commitment hide this identifier? For an auditor who was lawfully given one salt."""
    return hmac.compare_digest(commitment, commit(salt, purpose, identifier))


def seal_detail(key: bytes, plaintext: bytes, req: str) -> SealedDetail:
    """Seal a detail for the entry of request `req`; moved to another entry, it does not open."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    ciphertext = nonce + AESGCM(_checked(key)).encrypt(nonce, plaintext, _associated(req))
    return SealedDetail(ciphertext, hashlib.sha256(ciphertext).hexdigest())


def open_detail(key: bytes, ciphertext: bytes, req: str) -> bytes:
    """Open a sealed detail. Raises `CommitmentError` for a wrong key, another entry's detail or a changed byte."""
    nonce, body = ciphertext[:_NONCE_BYTES], ciphertext[_NONCE_BYTES:]
    try:
        return AESGCM(_checked(key)).decrypt(nonce, body, _associated(req))
    except (InvalidTag, ValueError):
        raise CommitmentError("detail: does not open under this key for this entry") from None


def hash_output(data: bytes, salt: bytes = b"") -> str:
    """Return the hash (hex) that an entry states for released bytes: SHA-256 of salt, then bytes.

    Short answers need a 32-byte salt, which travels to the receiver with the answer and is not in the log.
    """
    if salt and len(salt) != SALT_BYTES:
        raise CommitmentError(f"salt must be {SALT_BYTES} bytes")
    if not salt and len(data) < SURELY_UNGUESSABLE:
        raise CommitmentError(f"fewer than {SURELY_UNGUESSABLE} bytes are released: their hash needs a salt")
    return hashlib.sha256(salt + data).hexdigest()


def _checked(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise CommitmentError(f"key must be {KEY_BYTES} bytes")
    return key


def _associated(req: str) -> bytes:
    return f"sealink/detail/v1\n{req}".encode()
