"""Tokens, proofs and assertions for tests: right ones, and wrong ones that PyJWT or a careless signer would make."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from api.auth.jose_keys import Algorithm, PublicKey, b64, public_key

NOW = 1_800_000_000


class Signer:
    """A private key of any kind; `public` is what verifiers hold."""

    def __init__(self, key: Any, algorithm: Algorithm) -> None:
        self.key, self.algorithm = key, algorithm
        self.jwk: dict[str, Any] = json.loads(
            jwt.get_algorithm_by_name(str(algorithm)).to_jwk(key.public_key())  # type: ignore[attr-defined]
        )
        self.jwk.pop("key_ops", None)

    @property
    def public(self) -> PublicKey:
        return public_key(self.jwk, frozenset(Algorithm))

    def sign(self, header: Mapping[str, Any], claims: Mapping[str, Any] | bytes) -> str:
        """A compact JWS; `claims` may be bytes that no encoder would write."""
        payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
        return self.sign_parts(json.dumps({"alg": str(self.algorithm), **header}).encode(), payload)

    def sign_parts(self, header: bytes, payload: bytes) -> str:
        signed = f"{b64(header)}.{b64(payload)}"
        algorithm = jwt.get_algorithm_by_name(str(self.algorithm))
        return f"{signed}.{b64(algorithm.sign(signed.encode(), self.key))}"


def ed25519_signer() -> Signer:
    return Signer(ed25519.Ed25519PrivateKey.generate(), Algorithm.EDDSA)


def p256_signer() -> Signer:
    return Signer(ec.generate_private_key(ec.SECP256R1()), Algorithm.ES256)


def rsa_signer(bits: int = 2_048, algorithm: Algorithm = Algorithm.RS256) -> Signer:
    return Signer(rsa.generate_private_key(65_537, bits), algorithm)
