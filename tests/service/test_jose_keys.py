"""Keys of strangers: RFC 7638 and RFC 8037 vectors, and every key that would let others sign as well."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tokens_made import ed25519_signer, p256_signer, rsa_signer

from api.auth.jose_keys import Algorithm, KeyRefusedError, b64, public_key

ALL = frozenset(Algorithm)


def test_the_thumbprints_of_the_standards() -> None:
    """No other program would find a key by our name for it."""
    found = public_key({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
    assert found.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"  # RFC 8037, appendix A.3
    rsa = {
        "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjB"
        "ZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8"
        "KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_"
        "xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    }  # fmt: skip
    assert public_key(rsa, ALL).thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"  # RFC 7638, section 3.1


def test_a_key_set_shows_public_members_alone() -> None:
    """Somebody's private member, or a note in an unknown one, would be published."""
    signer = ed25519_signer()
    shown = public_key({**signer.jwk, "note": "zhang san", "alg": "EdDSA"}).published
    assert shown.keys() == {"kty", "crv", "x", "kid", "alg", "use"}


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
def test_a_private_key_is_refused(member: str) -> None:
    """A key that went through mail and database in clear would be used."""
    with pytest.raises(KeyRefusedError, match="private"):
        public_key({**ed25519_signer().jwk, member: "AQAB"})


def test_a_key_that_signs_everything_is_refused() -> None:
    """With an Ed25519 key of small order, one constant signature is right for every token."""
    identity = (1).to_bytes(32, "little")
    Ed25519PublicKey.from_public_bytes(identity).verify(identity + bytes(32), b"any token at all")
    for y in (0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18):
        for sign in (0, 1):
            data = (y | sign << 255).to_bytes(32, "little")
            with pytest.raises(KeyRefusedError, match="strong"):
                public_key({"kty": "OKP", "crv": "Ed25519", "x": b64(data)})


@pytest.mark.parametrize("changes", [
    {"x": "AA"}, {"x": 7}, {"x": None}, {"crv": "X25519"}, {"crv": "P-256"}, {"kty": "EC"}, {"kty": ["OKP"]},
    {"kty": None}, {"use": "enc"}, {"alg": "ES256"}, {"alg": "HS256"}, {"x": "A" * 3_000},
])  # fmt: skip
def test_a_malformed_key_is_refused(changes: dict[str, Any]) -> None:
    """A fault of a library would be an error of the service."""
    with pytest.raises(KeyRefusedError):
        public_key({**ed25519_signer().jwk, **changes})


def test_a_point_beside_the_curve_is_refused() -> None:
    """Signatures would be checked in another group, where they can be forged."""
    jwk = {**p256_signer().jwk, "y": p256_signer().jwk["y"]}
    with pytest.raises(KeyRefusedError, match="point"):
        public_key(jwk)


def test_rsa_is_no_key_of_an_agency() -> None:
    """Agencies could use what only providers need."""
    with pytest.raises(KeyRefusedError, match="algorithm"):
        public_key(rsa_signer().jwk)


@pytest.mark.parametrize("e", [1, 3, 65_536, 2**40 + 1])
def test_an_unsafe_exponent_is_refused(e: int) -> None:
    """With exponent 1 every text is its own signature."""
    data = e.to_bytes((e.bit_length() + 7) // 8, "big")
    with pytest.raises(KeyRefusedError, match="exponent"):
        public_key({**rsa_signer().jwk, "e": b64(data)}, ALL)
