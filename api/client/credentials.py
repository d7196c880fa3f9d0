"""Prove who calls: an agency's program by signed assertions and DPoP proofs, a person by a session.

An access token is bound to a key that is made for this process and never stored, so that a stolen token is worthless.
Time and randomness are arguments of what is signed. It talks to nobody: `authorised.py` yields the calls.

May touch: nothing
Sees:      private keys, tokens
Spec:      RFC 7523 (private_key_jwt), RFC 9449 (DPoP), RFC 8037 (Ed25519 in JOSE)
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import urlsplit, urlunsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.crypto.keystore import KeyKind, Keystore

ASSERTION_LIVES_S: Final = 60


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class JoseKey:
    """An Ed25519 key as JOSE knows it. `jwk` is public, `kid` its RFC 7638 thumbprint."""

    seed: bytes = field(repr=False)
    jwk: dict[str, str] = field(init=False)
    kid: str = field(init=False)

    def __post_init__(self) -> None:
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        jwk = {"crv": "Ed25519", "kty": "OKP", "x": b64(public)}
        text = json.dumps(jwk, sort_keys=True, separators=(",", ":"))
        object.__setattr__(self, "jwk", jwk)
        object.__setattr__(self, "kid", b64(hashlib.sha256(text.encode()).digest()))

    @classmethod
    def generate(cls) -> Self:
        return cls(secrets.token_bytes(32))

    def sign(self, header: dict[str, object], claims: dict[str, object]) -> str:
        """A compact JWS (EdDSA) with this header and these claims."""
        both = ({"alg": "EdDSA", **header}, claims)
        signed = ".".join(b64(json.dumps(part, separators=(",", ":")).encode()) for part in both)
        return f"{signed}.{b64(Ed25519PrivateKey.from_private_bytes(self.seed).sign(signed.encode()))}"


@dataclass(frozen=True, slots=True)
class AgencyCredential:
    """An agency's client id and its OAuth key; `bound` is the key that tokens of this process are bound to."""

    client: str
    key: JoseKey
    bound: JoseKey = field(default_factory=JoseKey.generate)

    @classmethod
    def of(cls, keystore: Keystore, client: str, name: str | None = None) -> Self:
        """From a keystore that was opened; MissingKeyError if it holds no such OAuth key."""
        return cls(client, JoseKey(keystore.find(KeyKind.OAUTH, name).seed))

    def assertion(self, issuer: str, now_s: int) -> str:
        """The client assertion for one token request. `aud` is the issuer, as one string."""
        claims: dict[str, object] = {
            "iss": self.client,
            "sub": self.client,
            "aud": issuer,
            "iat": now_s,
            "exp": now_s + ASSERTION_LIVES_S,
            "jti": secrets.token_urlsafe(16),
        }
        return self.key.sign({"typ": "JWT", "kid": self.key.kid}, claims)

    def proof(self, method: str, url: str, now_s: int, token: str = "", nonce: str = "") -> str:
        """The DPoP proof of one request; with `token` for a resource, without for the token endpoint."""
        bare = urlsplit(url)
        claims: dict[str, object] = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": urlunsplit((bare.scheme, bare.netloc, bare.path, "", "")),
            "iat": now_s,
        }
        if token:
            claims["ath"] = b64(hashlib.sha256(token.encode()).digest())
        if nonce:
            claims["nonce"] = nonce
        return self.bound.sign({"typ": "dpop+jwt", "jwk": self.bound.jwk}, claims)


@dataclass(frozen=True, slots=True)
class SessionCredential:
    """A person's session, as signing in gave it."""

    session: str = field(repr=False)


Credential = AgencyCredential | SessionCredential | None
