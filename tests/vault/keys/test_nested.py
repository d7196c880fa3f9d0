"""Two layers, two keys: neither the keystore file nor the token alone opens anything, and the text forms say which."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.crypto.errors import CryptoError, KeyFormError, SealedKeyError
from audit.crypto.hpke import OpeningKey, SealingKey, open_key
from audit.crypto.signatures import SigningKey
from vault.halves import Half, HeldHalves, RecordId, commitment, open_half, seal_halves
from vault.keys.dhkem_p256 import MemoryKey, open_sealed
from vault.keys.nested import TokenOpener, TokenSealingKey
from vault.keys.opener import KeystoreOpener, parse_sealer, seal
from vault.vocabulary import Holder, RecordKind, View

OUTER = OpeningKey(bytes(range(32)))
INNER = MemoryKey(derive_private_key(7, SECP256R1()))
TOKEN = TokenOpener(OUTER, INNER)
FILE = KeystoreOpener(OUTER)


@pytest.mark.parametrize("opener", [TOKEN, FILE], ids=["token", "keystore"])
@settings(max_examples=30)
@given(secret=st.binary(max_size=300), info=st.binary(max_size=40), aad=st.binary(max_size=40))
def test_what_is_sealed_to_a_text_opens_with_its_opener_only(
    opener: TokenOpener | KeystoreOpener, secret: bytes, info: bytes, aad: bytes
) -> None:
    """Sealer and agent would disagree about profile, purpose or object, and a half would be lost or go astray."""
    sealed = seal(opener.sealing_text, secret, info, aad)
    assert parse_sealer(opener.sealing_text).id == opener.id
    assert opener.open(sealed, info, aad) == secret
    other = FILE if opener is TOKEN else TOKEN
    for wrong, at in ((opener, (info + b"x", aad)), (opener, (info, aad + b"x")), (other, (info, aad))):
        with pytest.raises(SealedKeyError):
            wrong.open(sealed, *at)


@pytest.mark.parametrize(
    "opener",
    [
        TokenOpener(OpeningKey(bytes(32)), INNER),
        TokenOpener(OUTER, MemoryKey(derive_private_key(8, SECP256R1()))),
    ],
    ids=["token without file", "file without token"],
)
def test_both_keys_are_needed(opener: TokenOpener) -> None:
    """A stolen file or a stolen token would be enough; or a quantum computer would, against P-256 alone."""
    with pytest.raises(SealedKeyError):
        opener.open(TOKEN.sealing_key.seal(b"half", b"info", b"aad"), b"info", b"aad")


def test_what_is_under_the_outer_layer_is_sealed_still() -> None:
    """The layers could stand beside each other instead of inside."""
    sealed = TOKEN.sealing_key.seal(b"the half itself", b"info", b"aad")
    bound = TOKEN.id.encode() + b"\naad"
    layer = open_key(OUTER, sealed, b"info", bound)
    assert b"the half itself" not in layer
    assert open_sealed(INNER, layer, b"sealink/v1/vault/token-layer\ninfo", bound) == b"the half itself"


def test_a_half_goes_to_a_token_as_to_a_keystore() -> None:
    """The vault's halves would open in one profile only."""
    half = Half.draw((RecordKind.CONVICTION,))
    record = RecordId("01J00000000000000000000000", 1, "court-a", 1)
    committed = commitment(half, record.view(View.COURT_FULL), Holder.COURT)
    for opener in (TOKEN, FILE):
        held = HeldHalves({View.COURT_FULL: half})
        sealed = seal_halves(held, record, Holder.COURT, parse_sealer(opener.sealing_text))
        assert open_half(sealed, View.COURT_FULL, opener, committed) == half


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sealink-seal-token:intl:",
        TOKEN.sealing_text[:-8],
        TOKEN.sealing_text.replace("seal-token", "seal"),
        FILE.sealing_text.replace("seal:", "seal-token:"),
        TOKEN.sealing_text.replace("intl", "none"),
        SigningKey(bytes(64)).verifying_key.to_text(),
        TokenSealingKey.join(OUTER.sealing_key, INNER.point).to_text()[:-4] + "AAA=",
    ],
)
def test_a_text_of_no_profile_is_refused(text: str) -> None:
    """Halves would be sealed to something that nobody can open, or that is no such key at all."""
    with pytest.raises(CryptoError):
        parse_sealer(text)


def test_a_point_off_the_curve_makes_no_sealing_key() -> None:
    """A roster could carry a point with which everybody's halves are sealed for nobody."""
    with pytest.raises(KeyFormError):
        TokenSealingKey.join(OUTER.sealing_key, b"\x04" + bytes(64))
    assert SealingKey.parse(FILE.sealing_text).id == FILE.id != TOKEN.id
    for secret in (OUTER.seed.hex(), repr(OUTER.seed)):
        assert secret not in repr(TOKEN) + repr(FILE)
