"""The service's own token keys, and the access tokens that it signs with one of them.

A keystore holds up to three OAuth keys: `tokens` signs; `tokens-next` is published and signs nothing yet, so that
every process and every reader of the key set knows it before it is used; `tokens-before` is known until no token of
its time is left. Changing them is `rotated`; the running processes take the change up when they are started anew.

May touch: nothing
Sees:      private keys of the service
Spec:      RFC 9068 (at+jwt), RFC 9449 section 6 (cnf.jkt)
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.auth.jose_keys import PublicKey, public_key
from audit.crypto.keystore import KeyKind, Keystore, StoredKey, generate_key

LIVES_S: Final = 300
"""How long an access token is good."""
NOW, NEXT, BEFORE = "tokens", "tokens-next", "tokens-before"
TYPE: Final = "at+jwt"


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """`signing` signs; `known` are the public halves of all, by `kid`."""

    signing: Ed25519PrivateKey = field(repr=False)
    kid: str
    known: Mapping[str, PublicKey]

    @classmethod
    def of(cls, keystore: Keystore) -> Self:
        """Those of the keystore; MissingKeyError when it holds none to sign with."""
        signing = Ed25519PrivateKey.from_private_bytes(keystore.find(KeyKind.OAUTH, NOW).seed)
        stored = [key for key in keystore.keys if key.kind is KeyKind.OAUTH and key.name in (NOW, NEXT, BEFORE)]
        known = [_public(Ed25519PrivateKey.from_private_bytes(key.seed)) for key in stored]
        return cls(signing, _public(signing).thumbprint, {key.thumbprint: key for key in known})

    def access_token(self, issuer: str, client: str, thumbprint: str, generation: int, now_s: int) -> IssuedToken:
        """A new token of this client, bound to the key of that thumbprint."""
        ends = now_s + LIVES_S
        claims = {
            "iss": issuer,
            "aud": issuer,
            "sub": client,
            "client_id": client,
            "iat": now_s,
            "exp": ends,
            "jti": secrets.token_urlsafe(16),
            "cnf": {"jkt": thumbprint},
            "generation": generation,
        }
        text = jwt.encode(claims, self.signing, "EdDSA", headers={"typ": TYPE, "kid": self.kid})
        return IssuedToken(text, ends)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token as it goes to its client; `ends_s` is Unix seconds."""

    text: str = field(repr=False)
    ends_s: int


def with_token_keys(keystore: Keystore) -> Keystore:
    """The same keystore with the keys that it lacks: one that signs and the next one."""
    names = {key.name for key in keystore.keys if key.kind is KeyKind.OAUTH}
    for name in (NOW, NEXT):
        if name not in names:
            keystore = keystore.with_key(generate_key(KeyKind.OAUTH, name))
    return keystore


def rotated(keystore: Keystore) -> Keystore:
    """The next key signs from now on, the one before is still known, and a new next one is drawn."""
    old, new = keystore.find(KeyKind.OAUTH, NOW), keystore.find(KeyKind.OAUTH, NEXT)
    others = tuple(key for key in keystore.keys if key.kind is not KeyKind.OAUTH)
    before, now = StoredKey(KeyKind.OAUTH, BEFORE, old.seed), StoredKey(KeyKind.OAUTH, NOW, new.seed)
    return Keystore(keystore.owner, (*others, before, now, generate_key(KeyKind.OAUTH, NEXT)))


def sha256_of(keystore: Keystore, name: str) -> str:
    """How the log names the public half of a token key."""
    return _public(Ed25519PrivateKey.from_private_bytes(keystore.find(KeyKind.OAUTH, name).seed)).sha256


def _public(key: Ed25519PrivateKey) -> PublicKey:
    jwk: dict[str, Any] = json.loads(jwt.get_algorithm_by_name("EdDSA").to_jwk(key.public_key()))
    jwk.pop("key_ops", None)
    return public_key(jwk)
