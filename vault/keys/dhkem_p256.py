"""HPKE base mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM, around a Diffie-Hellman done elsewhere.

A PKCS#11 token holds a P-256 key and gives nothing but the Diffie-Hellman value of a point; `cryptography`'s HPKE wants
the private key itself. So this file writes RFC 9180 out from that one value: extract, expand, key schedule, one
message. Points are checked here before any key sees them, whatever the token checks. It seals nothing by itself that
must outlast a quantum computer: `nested.py` puts X-Wing around it.

Opening, in numbered steps:
  1. the encapsulated key is an uncompressed point of the curve (RFC 9180 section 7.1.4);
  2. the key's owner gives the Diffie-Hellman value;
  3. extract and expand it, bound to both public keys, into the shared secret (section 4.1);
  4. the key schedule binds mode, suite and `info` into key and nonce (section 5.1);
  5. the one message authenticates, with `aad`, or nothing comes out.

May touch: the system's randomness
Sees:      Diffie-Hellman values, the secret that is sealed
Spec:      RFC 9180 sections 4.1, 5.1, 7.1
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Final, Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit.crypto.errors import KeyFormError, SealedKeyError

POINT_BYTES: Final = 65
SHARED_BYTES: Final = 32
TAG_BYTES: Final = 16
OVERHEAD: Final = POINT_BYTES + TAG_BYTES
_NONCE_BYTES = 12
_HASH_BYTES = 32
_VERSION = b"HPKE-v1"
_KEM = (0x0010).to_bytes(2, "big")
_KDF = (0x0001).to_bytes(2, "big")
_BASE_MODE = b"\x00"


@dataclass(frozen=True, slots=True)
class Cipher:
    """An AES-GCM of HPKE's registry: its id and the length of its key in bytes."""

    id: int
    key_bytes: int


AES_256_GCM: Final = Cipher(0x0002, 32)
"""The one that this product uses; the RFC's vectors for this KEM are for others."""


class P256Key(Protocol):
    """A private key that never shows itself: in a token, or for one sealing in memory."""

    @property
    def point(self) -> bytes:
        """The public key: 65 bytes, uncompressed."""

    def agree(self, point: bytes) -> bytes:
        """The Diffie-Hellman value with a point of the curve: 32 bytes, the x coordinate."""


@dataclass(frozen=True, slots=True)
class MemoryKey:
    """A P-256 key in memory: drawn for one sealing and forgotten."""

    _private: EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """A new key from the system's randomness."""
        return cls(generate_private_key(SECP256R1()))

    @property
    def point(self) -> bytes:
        return self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def agree(self, point: bytes) -> bytes:
        return self._private.exchange(ECDH(), check_point(point))


def check_point(point: bytes) -> EllipticCurvePublicKey:
    """The point, once it is an uncompressed one of the curve and not its neutral element; KeyFormError otherwise."""
    if len(point) != POINT_BYTES or point[0] != 4:
        raise KeyFormError("P-256 key: an uncompressed point of 65 bytes expected")
    try:
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except ValueError:
        raise KeyFormError("P-256 key: not a point of the curve") from None


def seal(point: bytes, secret: bytes, info: bytes, aad: bytes, cipher: Cipher = AES_256_GCM) -> bytes:
    """Encapsulated key ‖ ciphertext, 81 bytes longer than `secret`; KeyFormError if `point` is none of the curve."""
    return seal_from(MemoryKey.generate(), point, secret, info, aad, cipher)


def seal_from(ephemeral: P256Key, point: bytes, secret: bytes, info: bytes, aad: bytes, cipher: Cipher) -> bytes:
    """`seal` from a key that the caller drew; used twice, it betrays both secrets, so only vectors call it."""
    check_point(point)
    shared = shared_secret(ephemeral.agree(point), ephemeral.point, point)
    key, nonce = key_schedule(shared, info, cipher)
    return ephemeral.point + AESGCM(key).encrypt(nonce, secret, aad)


def open_sealed(key: P256Key, sealed: bytes, info: bytes, aad: bytes, cipher: Cipher = AES_256_GCM) -> bytes:
    """What was sealed; SealedKeyError, always the same one, if key, `info`, `aad` or any byte differs."""
    point, ciphertext = sealed[:POINT_BYTES], sealed[POINT_BYTES:]
    try:
        check_point(point)  # 1
        agreed = key.agree(point)  # 2
        keys = key_schedule(shared_secret(agreed, point, key.point), info, cipher)  # 3, 4
        return AESGCM(keys[0]).decrypt(keys[1], ciphertext, aad)  # 5
    except (KeyFormError, InvalidTag, ValueError):  # the library raises ValueError for a text shorter than its tag
        raise SealedKeyError("sealed key: does not open with this key, info and associated data") from None


def shared_secret(agreed: bytes, encapsulated: bytes, recipient: bytes) -> bytes:
    """ExtractAndExpand of RFC 9180 section 4.1: 32 bytes from a Diffie-Hellman value and both public keys."""
    if len(agreed) != SHARED_BYTES:
        raise KeyFormError("P-256 key: a Diffie-Hellman value of 32 bytes expected")
    suite_id = b"KEM" + _KEM
    pseudorandom = _labeled_extract(suite_id, b"", b"eae_prk", agreed)
    return _labeled_expand(suite_id, pseudorandom, b"shared_secret", encapsulated + recipient, SHARED_BYTES)


def key_schedule(shared: bytes, info: bytes, cipher: Cipher) -> tuple[bytes, bytes]:
    """Key and nonce of the first message (RFC 9180 section 5.1, base mode)."""
    suite_id = b"HPKE" + _KEM + _KDF + cipher.id.to_bytes(2, "big")
    nobody = _labeled_extract(suite_id, b"", b"psk_id_hash", b"")
    context = _BASE_MODE + nobody + _labeled_extract(suite_id, b"", b"info_hash", info)
    secret = _labeled_extract(suite_id, shared, b"secret", b"")
    key = _labeled_expand(suite_id, secret, b"key", context, cipher.key_bytes)
    return key, _labeled_expand(suite_id, secret, b"base_nonce", context, _NONCE_BYTES)


def _labeled_extract(suite_id: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    return hmac.digest(salt or bytes(_HASH_BYTES), _VERSION + suite_id + label + material, "sha256")


def _labeled_expand(suite_id: bytes, pseudorandom: bytes, label: bytes, info: bytes, length: int) -> bytes:
    if length > _HASH_BYTES:
        raise KeyFormError("HPKE: one block of HKDF-SHA256 gives no more than 32 bytes")
    labeled = length.to_bytes(2, "big") + _VERSION + suite_id + label + info
    return hmac.digest(pseudorandom, labeled + b"\x01", "sha256")[:length]
