"""DPoP proofs: that whoever sends a token holds the key it is bound to, here, now, for this one request.

1. Signed by the key inside its own header, of the one type, strictly read (`tokens.opened`).
2. `htm`, `htu`: this method, this address. The address is the service's own, never what a Host header says.
3. `ath`: this token, where there is one.
4. `iat`: made within the last minute. `nonce`: from us, not long ago, so that no proof can be made in advance.

That a proof was not used before is `seen.py`'s matter, that its key is the token's is the caller's.

May touch: nothing
Sees:      proofs, tokens
Spec:      RFC 9449
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from api.auth.jose_keys import KeyRefusedError, PublicKey, b64, public_key, unb64
from api.auth.tokens import SKEW_S, Rule, TokenRefusedError, identifier, moment, named, opened

OLDEST_S: Final = 60
NONCE_S: Final = 150
"""How long a nonce is the newest one; it is taken for as long again."""
_MEMBERS: Final = frozenset({"alg", "typ", "jwk"})
_TYPES: Final = frozenset({"dpop+jwt"})
_MAC_BYTES: Final = 16
_ESCAPED: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Nonces:
    """Nonces that all processes with the same key give and know, without keeping any."""

    key: bytes = field(repr=False)

    def newest(self, now_s: int) -> str:
        return self._of(now_s // NONCE_S)

    def is_ours(self, nonce: str, now_s: int) -> bool:
        """Is it the newest one or the one before?"""
        window = now_s // NONCE_S
        return any(hmac.compare_digest(self._of(each).encode(), nonce.encode()) for each in (window, window - 1))

    def _of(self, window: int) -> str:
        data = window.to_bytes(8, "big")
        return b64(hmac.digest(self.key, data, "sha256")[:_MAC_BYTES])


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds. `thumbprint` names its key; it must not be used again until `until_s`."""

    thumbprint: str
    jti: str
    until_s: int
    nonce: str


def check_proof(
    text: str, method: str, address: str, now_s: int, *, token: str = "", nonces: Nonces | None = None
) -> Proof:
    """The proof, if it is one for this method, address and token at `now_s`; else TokenRefusedError.

    Without `nonces` none is asked for.
    """
    keys: list[PublicKey] = []

    def key_of(header: Mapping[str, Any]) -> PublicKey:
        jwk = header.get("jwk")
        try:
            keys.append(public_key(jwk if isinstance(jwk, dict) else {}))
        except KeyRefusedError:
            raise TokenRefusedError(Rule.PROOF_KEY) from None
        return keys[0]

    claims = opened(text, _TYPES, _MEMBERS, key_of)  # 1
    if named(claims, "htm") != method:  # 2
        raise TokenRefusedError(Rule.PROOF_METHOD)
    if _plain(named(claims, "htu")) != _plain(address):
        raise TokenRefusedError(Rule.PROOF_ADDRESS)
    if token and claims.get("ath") != b64(hashlib.sha256(token.encode()).digest()):  # 3
        raise TokenRefusedError(Rule.PROOF_TOKEN)
    issued = moment(claims, "iat")  # 4
    if not now_s - OLDEST_S <= issued <= now_s + SKEW_S:
        raise TokenRefusedError(Rule.PROOF_AGE)
    nonce = str(claims.get("nonce", ""))
    if nonces is not None and not nonces.is_ours(nonce, now_s):
        raise TokenRefusedError(Rule.PROOF_NONCE)
    return Proof(keys[0].thumbprint, identifier(claims), issued + OLDEST_S + 1, nonce)


def is_thumbprint(text: object) -> bool:
    """Could it be the thumbprint of a key?"""
    try:
        return len(unb64(text)) == hashlib.sha256().digest_size
    except KeyRefusedError:
        return False


def _plain(address: str) -> tuple[str, str, int | None, str]:
    """Scheme, host, port and path; what RFC 3986 (sections 6.2.2, 6.2.3) calls the same, spelled the same."""
    try:
        found = urlsplit(address)
        port = found.port or _PORTS.get(found.scheme)
    except ValueError:
        raise TokenRefusedError(Rule.PROOF_ADDRESS) from None
    if found.username is not None or found.password is not None:
        raise TokenRefusedError(Rule.PROOF_ADDRESS)
    return found.scheme, found.hostname or "", port, _ESCAPED.sub(_spelled, found.path or "/")


def _spelled(escape: re.Match[str]) -> str:
    char = chr(int(escape[1], 16))
    return char if char in _UNRESERVED else escape[0].upper()
