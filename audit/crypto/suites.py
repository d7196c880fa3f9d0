"""Name the algorithms that are used together, behind one small interface.

A suite is a closed choice: one hash, one MAC, one AEAD, one way to seal a key and one way to sign. Everything else in
this folder is written against the `Suite` protocol, so the national suite `gm` (SM2, SM3, SM4) is one more class and
one more line in `suite`. Keys and signatures cross the interface as bytes; what is inside is the suite's own matter.
Algorithms are never negotiated: a file names its suite, and the reader either has it or refuses.

May touch: nothing
Sees:      keys
"""

from __future__ import annotations

from typing import Protocol

from audit.crypto.errors import UnknownSuiteError
from audit.crypto.intl import Intl

DEFAULT = "intl"

Buffer = bytes | bytearray | memoryview
"""Bytes that are looked at and not kept."""


class Hasher(Protocol):
    """A hash fed piece by piece."""

    def update(self, data: Buffer, /) -> object:
        """Take the next piece."""

    def digest(self) -> bytes:
        """Hash of all pieces so far."""


class Aead(Protocol):
    """Authenticated encryption under one key; a nonce must never repeat under it."""

    def encrypt(self, nonce: Buffer, data: Buffer, associated_data: Buffer | None, /) -> bytes:
        """Ciphertext followed by its tag."""

    def encrypt_into(self, nonce: Buffer, data: Buffer, associated_data: Buffer | None, buf: Buffer, /) -> int:
        """The same into memory of exactly that length."""

    def decrypt(self, nonce: Buffer, data: Buffer, associated_data: Buffer | None, /) -> bytes:
        """Plaintext; raises `cryptography.exceptions.InvalidTag` and gives nothing out when the tag is wrong."""


class Signer(Protocol):
    """A private signing key, ready to sign."""

    public: bytes

    def sign(self, message: bytes) -> bytes:
        """Signature of the scheme's length."""


class Verifier(Protocol):
    """A public signing key, ready to verify."""

    def is_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether every algorithm inside verifies; False, and never an error, for signatures of any form."""


class Signing(Protocol):
    """A signature scheme over whole messages. `gm` has one algorithm inside, `intl` two that must both verify."""

    seed_bytes: int
    public_bytes: int
    signature_bytes: int

    def signer(self, seed: bytes) -> Signer:
        """The private key of a seed; KeyFormError for a wrong length."""

    def verifier(self, public: bytes) -> Verifier:
        """The public key of these bytes; KeyFormError if they are none of this scheme."""


class KeySealer(Protocol):
    """A public key that short secrets are sealed to."""

    def seal(self, secret: bytes, info: bytes) -> bytes:
        """Encapsulated key followed by ciphertext, `overhead` bytes longer than `secret`."""


class KeyOpener(Protocol):
    """The private side of a `KeySealer`."""

    public: bytes

    def open(self, sealed: bytes, info: bytes) -> bytes | None:
        """The secret, or None when key, info or bytes are not those of the sealing."""


class Sealing(Protocol):
    """Seal a short secret to a public key (HPKE base mode, one shot). It says nothing about who sealed it."""

    seed_bytes: int
    public_bytes: int
    overhead: int

    def sealer(self, public: bytes) -> KeySealer:
        """The public key of these bytes; KeyFormError if they are none of this scheme."""

    def opener(self, seed: bytes) -> KeyOpener:
        """The private key of a seed; KeyFormError for a wrong length."""


class Suite(Protocol):
    """The algorithms of one suite."""

    name: str
    hash_bytes: int
    aead_key_bytes: int
    nonce_bytes: int
    tag_bytes: int

    @property
    def signing(self) -> Signing:
        """How this suite signs."""

    @property
    def sealing(self) -> Sealing:
        """How this suite seals a key."""

    def body_hasher(self) -> Hasher:
        """A fresh hash for bodies of any length, `hash_bytes` long; it may be another than `hash`, for its speed."""

    def hash(self, data: bytes) -> bytes:
        """Hash of `data`."""

    def mac(self, key: bytes, data: bytes) -> bytes:
        """HMAC of `data`."""

    def derive(self, secret: bytes, info: bytes, length: int) -> bytes:
        """HKDF without salt: `length` bytes from a uniformly random secret; other `info`, independent bytes."""

    def aead(self, key: bytes) -> Aead:
        """Cipher under a key of `aead_key_bytes` bytes."""


def suite(name: str) -> Suite:
    """The suite of that name; UnknownSuiteError if this installation does not have it."""
    if name == "intl":
        return Intl()
    raise UnknownSuiteError("suite: not one that this installation has")
