"""The suite `intl`: SHA-256, BLAKE3 for bodies, AES-256-GCM, X-Wing HPKE, and Ed25519 together with ML-DSA-65.

Every asymmetric key is two keys, one classical and one post-quantum, so that confidentiality and authenticity each
survive the fall of either. This file only puts the library's algorithms behind bytes; it decides no formats.

May touch: nothing
Sees:      keys
Spec:      RFC 9180 with KEM 0x647a (X-Wing, draft-connolly-cfrg-xwing-kem), RFC 8032, FIPS 204
"""

from __future__ import annotations

import hashlib
import hmac

from blake3 import blake3
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

    def signer(self, seed: bytes) -> TwoSigner:
        """A 64-byte seed, expanded once for any number of signatures."""
        if len(seed) != self.seed_bytes:
            raise KeyFormError(f"signing key: {self.seed_bytes} bytes expected")
        return TwoSigner(
            Ed25519PrivateKey.from_private_bytes(seed[:_ED25519_SEED]),
            MLDSA65PrivateKey.from_seed_bytes(seed[_ED25519_SEED:]),
        )

    def verifier(self, public: bytes) -> TwoVerifier:
        """1,984 bytes, read once; KeyFormError unless both halves are public keys."""
        if len(public) != self.public_bytes:
            raise KeyFormError(f"verifying key: {self.public_bytes} bytes expected")
        try:
            return TwoVerifier(
                Ed25519PublicKey.from_public_bytes(public[:_ED25519_PUBLIC]),
                MLDSA65PublicKey.from_public_bytes(public[_ED25519_PUBLIC:]),
            )
        except ValueError as error:
            raise KeyFormError("verifying key: not a key of this suite") from error


class TwoSigner:
    """Signs the same message twice; 3,373 bytes."""

    def __init__(self, classical: Ed25519PrivateKey, quantum: MLDSA65PrivateKey) -> None:
        self._classical, self._quantum = classical, quantum
        self.public = classical.public_key().public_bytes_raw() + quantum.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Both signatures, the classical one first."""
        return self._classical.sign(message) + self._quantum.sign(message)


class TwoVerifier:
    """Verifies only when both signatures do."""

    def __init__(self, classical: Ed25519PublicKey, quantum: MLDSA65PublicKey) -> None:
        self._classical, self._quantum = classical, quantum

    def is_signed(self, message: bytes, signature: bytes) -> bool:
        """True only if both signatures verify."""
        if len(signature) != Ed25519AndMlDsa65.signature_bytes:
            return False
        try:
            self._classical.verify(signature[:_ED25519_SIGNATURE], message)
            self._quantum.verify(signature[_ED25519_SIGNATURE:], message)
        except InvalidSignature:
            return False
        return True


class XWing:
    """HPKE base mode with X-Wing, HKDF-SHA-256 and AES-256-GCM; a private key is its 32-byte seed."""

    seed_bytes = 32
    public_bytes = 1184 + 32
    overhead = 1120 + 16

    def opener(self, seed: bytes) -> XWingOpener:
        """A 32-byte seed, expanded once for any number of openings."""
        if len(seed) != self.seed_bytes:
            raise KeyFormError(f"opening key: {self.seed_bytes} bytes expected")
        expanded = hashlib.shake_256(seed).digest(96)
        return XWingOpener(
            MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED]),
            X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED:]),
        )

    def sealer(self, public: bytes) -> XWingSealer:
        """1,216 bytes (ML-KEM-768 ‖ X25519), read once; KeyFormError unless both are public keys."""
        if len(public) != self.public_bytes:
            raise KeyFormError(f"sealing key: {self.public_bytes} bytes expected")
        try:
            kem = MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC])
            dh = X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC:])
            # Nothing can be sealed to a point of small order (RFC 7748, 6.1): refused here, not when somebody seals.
            X25519PrivateKey.generate().exchange(dh)
            return XWingSealer(MLKEM768X25519PublicKey(kem, dh))
        except ValueError as error:
            raise KeyFormError("sealing key: not a key of this suite") from error


class XWingSealer:
    """The public half."""

    def __init__(self, public: MLKEM768X25519PublicKey) -> None:
        self._public, self._hpke = public, _hpke()

    def seal(self, secret: bytes, info: bytes) -> bytes:
        """Seal `secret`; KeyFormError if the key is one that no honest party can have made."""
        try:
            return self._hpke.encrypt(secret, self._public, info=info)
        except ValueError as error:
            raise KeyFormError("sealing key: not a key of this suite") from error


class XWingOpener:
    """The private half."""

    def __init__(self, kem: MLKEM768PrivateKey, dh: X25519PrivateKey) -> None:
        self._private, self._hpke = MLKEM768X25519PrivateKey(kem, dh), _hpke()
        self.public = kem.public_key().public_bytes_raw() + dh.public_key().public_bytes_raw()

    def open(self, sealed: bytes, info: bytes) -> bytes | None:
        """The secret, or None."""
        try:
            return self._hpke.decrypt(sealed, self._private, info=info)
        except (InvalidTag, ValueError):
            return None


def _hpke() -> HpkeSuite:
    return HpkeSuite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


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

    def body_hasher(self) -> blake3:
        """A fresh BLAKE3: collision-resistant like SHA-256, and some three times as fast on a long body."""
        return blake3()

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
