"""The suite `intl`: SHA-256, HMAC-SHA-256, AES-256-GCM, X-Wing HPKE, and Ed25519 together with ML-DSA-65.

Every asymmetric key is two keys, one classical and one post-quantum, so that confidentiality and authenticity each
survive the fall of either. This file only puts the library's algorithms behind bytes; it decides no formats.

May touch: nothing
Sees:      keys
Spec:      RFC 9180 with KEM 0x647a (X-Wing, draft-connolly-cfrg-xwing-kem), RFC 8032, FIPS 204
"""

from __future__ import annotations

import hashlib
import hmac

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
)
from cryptography.hazmat.primitives.hpke import Suite as HpkeSuite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from audit.crypto.errors import KeyFormError

_ED25519_SEED = _ED25519_PUBLIC = 32
_ED25519_SIGNATURE = 64
_MLKEM_SEED = 64
_MLKEM_PUBLIC = 1184


class Ed25519AndMlDsa65:
    """Seed = Ed25519 seed ‖ ML-DSA-65 seed; public key and signature are concatenated in the same order."""

    seed_bytes = 64
    public_bytes = 32 + 1952
    signature_bytes = 64 + 3309

    def public(self, seed: bytes) -> bytes:
        """1,984 bytes that belong to a 64-byte seed."""
        classical, quantum = self._private(seed)
        return classical.public_key().public_bytes_raw() + quantum.public_key().public_bytes_raw()

    def sign(self, seed: bytes, message: bytes) -> bytes:
        """Sign the same message twice; 3,373 bytes."""
        classical, quantum = self._private(seed)
        return classical.sign(message) + quantum.sign(message)

    def is_signed(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """True only if both signatures verify."""
        if len(signature) != self.signature_bytes:
            return False
        classical, quantum = self._public(public)
        try:
            classical.verify(signature[:_ED25519_SIGNATURE], message)
            quantum.verify(signature[_ED25519_SIGNATURE:], message)
        except InvalidSignature:
            return False
        return True

    def check(self, public: bytes) -> None:
        """Raise KeyFormError unless both halves are public keys."""
        self._public(public)

    def _private(self, seed: bytes) -> tuple[Ed25519PrivateKey, MLDSA65PrivateKey]:
        if len(seed) != self.seed_bytes:
            raise KeyFormError(f"signing key: {self.seed_bytes} bytes expected")
        return (
            Ed25519PrivateKey.from_private_bytes(seed[:_ED25519_SEED]),
            MLDSA65PrivateKey.from_seed_bytes(seed[_ED25519_SEED:]),
        )

    def _public(self, public: bytes) -> tuple[Ed25519PublicKey, MLDSA65PublicKey]:
        if len(public) != self.public_bytes:
            raise KeyFormError(f"verifying key: {self.public_bytes} bytes expected")
        try:
            return (
                Ed25519PublicKey.from_public_bytes(public[:_ED25519_PUBLIC]),
                MLDSA65PublicKey.from_public_bytes(public[_ED25519_PUBLIC:]),
            )
        except ValueError as error:
            raise KeyFormError("verifying key: not a key of this suite") from error


class XWing:
    """HPKE base mode with X-Wing, HKDF-SHA-256 and AES-256-GCM; a private key is its 32-byte seed."""

    seed_bytes = 32
    public_bytes = 1184 + 32
    overhead = 1120 + 16

    def __init__(self) -> None:
        self._hpke = HpkeSuite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

    def public(self, seed: bytes) -> bytes:
        """1,216 bytes: ML-KEM-768 encapsulation key ‖ X25519 public key."""
        kem, dh = self._expand(seed)
        return kem.public_key().public_bytes_raw() + dh.public_key().public_bytes_raw()

    def seal(self, public: bytes, secret: bytes, info: bytes) -> bytes:
        """Seal `secret`; KeyFormError if the key is one that no honest party can have made."""
        try:
            return self._hpke.encrypt(secret, self._public(public), info=info)
        except ValueError as error:
            raise KeyFormError("sealing key: not a key of this suite") from error

    def open(self, seed: bytes, sealed: bytes, info: bytes) -> bytes | None:
        """The secret, or None."""
        try:
            return self._hpke.decrypt(sealed, MLKEM768X25519PrivateKey(*self._expand(seed)), info=info)
        except (InvalidTag, ValueError):
            return None

    def check(self, public: bytes) -> None:
        """Raise KeyFormError unless both halves are public keys."""
        self._public(public)

    def _expand(self, seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        if len(seed) != self.seed_bytes:
            raise KeyFormError(f"opening key: {self.seed_bytes} bytes expected")
        expanded = hashlib.shake_256(seed).digest(96)
        return (
            MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED]),
            X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED:]),
        )

    def _public(self, public: bytes) -> MLKEM768X25519PublicKey:
        if len(public) != self.public_bytes:
            raise KeyFormError(f"sealing key: {self.public_bytes} bytes expected")
        try:
            return MLKEM768X25519PublicKey(
                MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC]),
                X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC:]),
            )
        except ValueError as error:
            raise KeyFormError("sealing key: not a key of this suite") from error


class Intl:
    """The default suite."""

    name = "intl"
    hash_bytes = 32
    aead_key_bytes = 32
    nonce_bytes = 12
    tag_bytes = 16

    def __init__(self) -> None:
        self.signing = Ed25519AndMlDsa65()
        self.sealing = XWing()

    def hasher(self) -> hashlib._Hash:
        """A fresh SHA-256."""
        return hashlib.sha256()

    def hash(self, data: bytes) -> bytes:
        """SHA-256."""
        return hashlib.sha256(data).digest()

    def mac(self, key: bytes, data: bytes) -> bytes:
        """HMAC-SHA-256."""
        return hmac.digest(key, data, "sha256")

    def derive(self, secret: bytes, info: bytes, length: int) -> bytes:
        """HKDF-SHA-256 (RFC 5869) without salt."""
        return HKDF(SHA256(), length, salt=None, info=info).derive(secret)

    def aead(self, key: bytes) -> AESGCM:
        """AES-256-GCM."""
        return AESGCM(key)
