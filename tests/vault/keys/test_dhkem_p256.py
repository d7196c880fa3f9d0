"""HPKE around a Diffie-Hellman done elsewhere: the RFC's vectors hold, and another implementation agrees."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given
from hypothesis import strategies as st

from audit.crypto.errors import KeyFormError, SealedKeyError
from vault.keys.dhkem_p256 import (
    AES_256_GCM,
    OVERHEAD,
    Cipher,
    MemoryKey,
    check_point,
    key_schedule,
    open_sealed,
    seal,
    seal_from,
    shared_secret,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/hpke_p256.json").read_text(encoding="ascii"))["vectors"]
CIPHERS = {1: Cipher(1, 16), 3: Cipher(3, 32)}
OTHERS = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1


def private(scalar: int) -> EllipticCurvePrivateKey:
    return derive_private_key(scalar, SECP256R1())


KEY = MemoryKey(private(7))


@pytest.mark.parametrize("vector", VECTORS, ids=["A.3.1", "A.5.1"])
def test_the_rfcs_shared_secrets_and_key_schedules_hold(vector: dict[str, str]) -> None:
    """A half sealed by anybody else's HPKE would not open with the token, and ours not with theirs."""
    data = {name: bytes.fromhex(value) for name, value in vector.items() if name != "aead_id"}
    cipher = CIPHERS[int(vector["aead_id"])]
    recipient = MemoryKey(private(int.from_bytes(data["skRm"])))
    assert recipient.point == data["pkRm"]
    shared = shared_secret(recipient.agree(data["enc"]), data["enc"], recipient.point)
    assert shared == data["shared_secret"]
    assert key_schedule(shared, data["info"], cipher) == (data["key"], data["base_nonce"])


def test_the_rfcs_first_message_is_sealed_and_opened_to_the_byte() -> None:
    """Associated data or nonce could be wrong with every key right (A.3.1; A.5.1 has a cipher that we do not use)."""
    data = {name: bytes.fromhex(value) for name, value in VECTORS[0].items() if name != "aead_id"}
    ephemeral = MemoryKey(private(int.from_bytes(data["skEm"])))
    sealed = seal_from(ephemeral, data["pkRm"], data["pt"], data["info"], data["aad"], CIPHERS[1])
    assert sealed == data["enc"] + data["ct"]
    recipient = MemoryKey(private(int.from_bytes(data["skRm"])))
    assert open_sealed(recipient, sealed, data["info"], data["aad"], CIPHERS[1]) == data["pt"]


@given(st.binary(max_size=200), st.binary(max_size=80), st.integers(1, 2**250))
def test_another_implementation_opens_ours_and_we_open_theirs(secret: bytes, info: bytes, scalar: int) -> None:
    """With AES-256-GCM, for which the RFC prints no vector, suite id or key length could be ours alone."""
    key = private(scalar)
    ours = MemoryKey(key)
    assert OTHERS.decrypt(seal(ours.point, secret, info, b""), key, info=info) == secret
    assert open_sealed(ours, OTHERS.encrypt(secret, key.public_key(), info=info), info, b"") == secret


@given(st.binary(max_size=200), st.binary(max_size=40), st.binary(max_size=40), st.data())
def test_a_changed_byte_info_or_aad_never_opens(secret: bytes, info: bytes, aad: bytes, data: st.DataObject) -> None:
    """Something would open that was sealed for another purpose or object, or that somebody changed."""
    sealed = seal(KEY.point, secret, info, aad)
    assert len(sealed) == len(secret) + OVERHEAD
    assert open_sealed(KEY, sealed, info, aad) == secret
    at = data.draw(st.integers(0, len(sealed) - 1))
    changed = bytearray(sealed)
    changed[at] ^= data.draw(st.integers(1, 255))
    for wrong in ((bytes(changed), info, aad), (sealed, info + b"x", aad), (sealed, info, aad + b"x")):
        with pytest.raises(SealedKeyError):
            open_sealed(KEY, *wrong)
    with pytest.raises(SealedKeyError):
        open_sealed(KEY, sealed[:at], info, aad)
    with pytest.raises(SealedKeyError):
        open_sealed(MemoryKey(private(8)), sealed, info, aad)


def not_points() -> dict[str, bytes]:
    x = KEY.point[1:33]
    return {
        "nothing": b"",
        "the neutral element": b"\x00",
        "all zero": bytes(65),
        "zero coordinates": b"\x04" + bytes(64),
        "off the curve": b"\x04" + x + (1).to_bytes(32),
        "coordinates not reduced": b"\x04" + PRIME.to_bytes(32) + KEY.point[33:],
        "compressed": bytes((2,)) + x,
        "hybrid form": b"\x06" + KEY.point[1:],
        "one byte short": KEY.point[:-1],
        "one byte long": KEY.point + b"\x00",
    }


@pytest.mark.parametrize("point", not_points().values(), ids=not_points().keys())
def test_what_is_no_point_of_the_curve_never_reaches_a_key(point: bytes) -> None:
    """Points of other curves would draw the token's private key out, piece by piece."""

    @dataclass(frozen=True)
    class Untouched:
        point = KEY.point

        def agree(self, point: bytes) -> bytes:
            raise AssertionError("the key was used")

    with pytest.raises(KeyFormError):
        check_point(point)
    with pytest.raises(KeyFormError):
        seal(point, b"secret", b"", b"")
    with pytest.raises(KeyFormError):
        KEY.agree(point)
    if len(point) == 65:
        with pytest.raises(SealedKeyError):
            open_sealed(Untouched(), point + bytes(48), b"", b"")


def test_two_sealings_share_nothing() -> None:
    """The ephemeral key could be reused, and one opened secret would betray the next."""
    assert seal(KEY.point, b"secret", b"", b"")[:65] != seal(KEY.point, b"secret", b"", b"")[:65]
    assert isinstance(check_point(seal(KEY.point, b"", b"", b"")[:65]), EllipticCurvePublicKey)
    assert (AES_256_GCM.id, AES_256_GCM.key_bytes) == (2, 32)
