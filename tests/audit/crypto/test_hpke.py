"""Sealed keys: the published X-Wing vectors hold, and only the right key, info and associated data open."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.crypto.errors import KeyFormError, SealedKeyError
from audit.crypto.hpke import LONGEST_SECRET, OpeningKey, SealingKey, open_key, seal_key
from audit.crypto.intl import XWing
from audit.crypto.key_text import key_id
from audit.crypto.signatures import VerifyingKey

VECTORS = json.loads(Path(__file__).with_name("xwing_vectors.json").read_text(encoding="ascii"))["vectors"]
OPENER = OpeningKey(bytes(range(32)))
OTHER = OpeningKey(bytes(range(1, 33)))


def hpke_seal(shared: bytes, info: bytes, plain: bytes) -> bytes:
    """RFC 9180 base mode, written from the RFC (sections 4 and 5.1): one message under a KEM's shared secret."""
    suite_id = b"HPKE" + (0x647A).to_bytes(2, "big") + (1).to_bytes(2, "big") + (2).to_bytes(2, "big")

    def extract(salt: bytes, label: bytes, secret: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite_id + label + secret, "sha256")

    def expand(key: bytes, label: bytes, context: bytes, length: int) -> bytes:
        message = length.to_bytes(2, "big") + b"HPKE-v1" + suite_id + label + context
        return hmac.digest(key, message + b"\x01", "sha256")[:length]

    context = b"\x00" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared, b"secret", b"")
    return AESGCM(expand(secret, b"key", context, 32)).encrypt(expand(secret, b"base_nonce", context, 12), plain, b"")


@pytest.mark.parametrize("vector", VECTORS, ids=range(len(VECTORS)))
def test_seeds_expand_as_the_draft_says(vector: dict[str, str]) -> None:
    """A key made here could not be used by any other X-Wing implementation, nor the reverse."""
    assert XWing().opener(bytes.fromhex(vector["seed"])).public.hex() == vector["pk"]


@pytest.mark.parametrize("vector", VECTORS, ids=range(len(VECTORS)))
def test_the_drafts_ciphertexts_open(vector: dict[str, str]) -> None:
    """Decapsulation or HPKE's key schedule would differ from the published ones, unseen by our own round trips."""
    sealed = bytes.fromhex(vector["ct"]) + hpke_seal(bytes.fromhex(vector["ss"]), b"info", b"content key")
    assert XWing().opener(bytes.fromhex(vector["seed"])).open(sealed, b"info") == b"content key"


def test_private_key_expands_with_shake256() -> None:
    """The stored seed would mean another key once the library changes how it expands one."""
    expanded = hashlib.shake_256(OPENER.seed).digest(96)
    public = X25519PrivateKey.from_private_bytes(expanded[64:]).public_key().public_bytes_raw()
    assert OPENER.sealing_key.public[-32:] == public


@settings(max_examples=30)
@given(secret=st.binary(max_size=200), info=st.binary(max_size=50), aad=st.binary(max_size=50))
def test_what_is_sealed_opens(secret: bytes, info: bytes, aad: bytes) -> None:
    """Some secret, info or associated data would not come back."""
    assert open_key(OPENER, seal_key(OPENER.sealing_key, secret, info, aad), info, aad) == secret


@pytest.mark.parametrize(
    ("opener", "info", "aad"),
    [(OTHER, b"i", b"a"), (OPENER, b"x", b"a"), (OPENER, b"i", b"x"), (OPENER, b"ia", b""), (OPENER, b"", b"ia")],
)
def test_another_key_info_or_associated_data_opens_nothing(opener: OpeningKey, info: bytes, aad: bytes) -> None:
    """A half sealed for one request or record could be opened under another."""
    sealed = seal_key(OPENER.sealing_key, b"half", b"i", b"a")
    with pytest.raises(SealedKeyError):
        open_key(opener, sealed, info, aad)


def test_every_changed_byte_is_refused() -> None:
    """A damaged sealed key would open to something."""
    sealed = seal_key(OPENER.sealing_key, b"half", b"i")
    for at in range(len(sealed)):
        with pytest.raises(SealedKeyError):
            open_key(OPENER, sealed[:at] + bytes([sealed[at] ^ 1 << at % 8]) + sealed[at + 1 :], b"i")
    for cut in (0, 1, 31, 1119, 1120, len(sealed) - 1):
        with pytest.raises(SealedKeyError):
            open_key(OPENER, sealed[:cut], b"i")


def test_sealing_twice_gives_different_bytes() -> None:
    """Equal secrets would show as equal ciphertexts."""
    assert seal_key(OPENER.sealing_key, b"half", b"i") != seal_key(OPENER.sealing_key, b"half", b"i")


def test_impossible_public_keys_are_refused() -> None:
    """A planted low-order or out-of-range key would seal to nobody, or with a known shared secret."""
    public = OPENER.sealing_key.public
    for wrong in (b"", public[:-1], public + b"\x00", b"\xff" * 1184 + public[1184:]):
        with pytest.raises(KeyFormError):
            SealingKey(wrong)
    with pytest.raises(KeyFormError):
        seal_key(SealingKey(public[:1184] + bytes(32)), b"half", b"i")


def test_long_secrets_are_sent_to_containers() -> None:
    """Someone would seal a file in memory without a sender's signature."""
    with pytest.raises(SealedKeyError):
        seal_key(OPENER.sealing_key, bytes(LONGEST_SECRET + 1), b"i")


def test_public_keys_survive_their_text_form_and_keep_their_role() -> None:
    """A roster's line would name another key, or a key to seal to would pass for one to verify with."""
    text = OPENER.sealing_key.to_text()
    assert key_id("seal", "intl", b"key") != key_id("verify", "intl", b"key") != key_id("verify", "gm", b"key")
    assert SealingKey.parse(text + "\n") == OPENER.sealing_key
    with pytest.raises(KeyFormError):
        VerifyingKey.parse(text)
    for wrong in ("", "sealink-seal:intl", text.replace("intl", "intl:"), text + "=", text[:-4]):
        with pytest.raises(KeyFormError):
            SealingKey.parse(wrong)


def test_private_keys_do_not_print() -> None:
    """A traceback or log line would carry an opening key."""
    assert OPENER.seed.hex() not in repr(OPENER)
    assert str(OPENER.seed)[2:20] not in repr(OPENER)
