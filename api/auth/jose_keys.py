"""Public keys as JOSE writes them (JWK): read strictly, each with exactly one algorithm, none of them weak.

There is no kind for a shared secret, so that no public key can ever be taken for one (HS256 forged with a public key).
A key that carries its private half is refused: whoever sent it has shown it. It fetches nothing and signs nothing.

May touch: nothing
Sees:      public keys
Spec:      RFC 7517, RFC 7518 section 6, RFC 7638 (thumbprint), RFC 8037 (Ed25519)
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers


class Algorithm(StrEnum):
    """Every algorithm that a signature may be of; none is a MAC."""

    EDDSA = "EdDSA"
    ES256 = "ES256"
    RS256 = "RS256"
    PS256 = "PS256"


OURS: Final = frozenset({Algorithm.EDDSA, Algorithm.ES256})
"""What agencies sign with. RSA is for the providers that people log in by."""

SHORTEST_RSA_BITS: Final = 2_048
LONGEST_RSA_BITS: Final = 8_192
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+")
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_P: Final = 2**255 - 19
_SMALL_ORDER: Final = frozenset(
    {
        0, 1, _P - 1, _P, _P + 1,
        int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
        int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
    }
)  # fmt: skip
"""y of the points whose order divides 8: under such an Ed25519 key anybody can sign anything."""

VerifyKey = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey


class KeyRefusedError(ValueError):
    """A JWK that is malformed, private, weak or of another kind. The message names the rule, never a value."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """`jwk` holds the members that the thumbprint is made of, and no other; `thumbprint` is RFC 7638, base64url."""

    algorithm: Algorithm
    jwk: Mapping[str, str]
    key: VerifyKey = field(repr=False, compare=False)
    thumbprint: str = field(init=False)

    def __post_init__(self) -> None:
        text = json.dumps(dict(self.jwk), sort_keys=True, separators=(",", ":"))
        object.__setattr__(self, "thumbprint", b64(hashlib.sha256(text.encode()).digest()))

    @property
    def sha256(self) -> str:
        """The thumbprint in hexadecimal, as the log names a key."""
        return unb64(self.thumbprint).hex()

    @property
    def published(self) -> dict[str, str]:
        """The JWK as a key set shows it."""
        return {**self.jwk, "kid": self.thumbprint, "alg": str(self.algorithm), "use": "sig"}


def public_key(jwk: Mapping[str, object], allowed: frozenset[Algorithm] = OURS) -> PublicKey:
    """Read a JWK; KeyRefusedError unless it is a public signing key of an allowed algorithm and of enough strength."""
    if _PRIVATE & jwk.keys():
        raise KeyRefusedError("key: it holds its private half; make another one")
    if jwk.get("use", "sig") != "sig":
        raise KeyRefusedError("key: not for signatures")
    read = _READERS.get(str(jwk.get("kty")))
    if read is None:
        raise KeyRefusedError("key: of a kind that is not taken here")
    found = read(jwk)
    if found.algorithm not in allowed:
        raise KeyRefusedError("key: of an algorithm that is not taken here")
    if jwk.get("alg", found.algorithm) != found.algorithm:
        raise KeyRefusedError("key: its algorithm does not fit its kind")
    return found


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: object) -> bytes:
    """The bytes of canonical base64url; KeyRefusedError for any other spelling."""
    if type(text) is not str or not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise KeyRefusedError("key: a member that is not base64url")
    found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64(found) != text:
        raise KeyRefusedError("key: a member that is not canonical base64url")
    return found


def _okp(jwk: Mapping[str, object]) -> PublicKey:
    if jwk.get("crv") != "Ed25519":
        raise KeyRefusedError("key: not on the curve Ed25519")
    data = unb64(jwk.get("x"))
    if len(data) != 32 or int.from_bytes(data, "little") & (2**255 - 1) in _SMALL_ORDER:
        raise KeyRefusedError("key: not a strong Ed25519 key")
    public = {"crv": "Ed25519", "kty": "OKP", "x": b64(data)}
    return PublicKey(Algorithm.EDDSA, public, Ed25519PublicKey.from_public_bytes(data))


def _ec(jwk: Mapping[str, object]) -> PublicKey:
    if jwk.get("crv") != "P-256":
        raise KeyRefusedError("key: not on the curve P-256")
    x, y = unb64(jwk.get("x")), unb64(jwk.get("y"))
    if len(x) != 32 or len(y) != 32:
        raise KeyRefusedError("key: not a P-256 key")
    numbers = EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), SECP256R1())
    try:
        key = numbers.public_key()
    except ValueError:
        raise KeyRefusedError("key: not a point of P-256") from None
    return PublicKey(Algorithm.ES256, {"crv": "P-256", "kty": "EC", "x": b64(x), "y": b64(y)}, key)


def _rsa(jwk: Mapping[str, object]) -> PublicKey:
    if len(str(jwk.get("n"))) > LONGEST_RSA_BITS // 6 + 1:
        raise KeyRefusedError("key: RSA of too many bits")
    n, e = int.from_bytes(unb64(jwk.get("n")), "big"), int.from_bytes(unb64(jwk.get("e")), "big")
    if n.bit_length() < SHORTEST_RSA_BITS:
        raise KeyRefusedError(f"key: RSA of fewer than {SHORTEST_RSA_BITS} bits")
    if e < 65_537 or e >= 2**32 or not e & 1 or not n & 1:
        raise KeyRefusedError("key: an RSA exponent or modulus that is not safe")
    algorithm = Algorithm.PS256 if jwk.get("alg") == Algorithm.PS256 else Algorithm.RS256
    public = {"e": str(jwk["e"]), "kty": "RSA", "n": str(jwk["n"])}
    return PublicKey(algorithm, public, RSAPublicNumbers(e, n).public_key())


_READERS: Final = {"OKP": _okp, "EC": _ec, "RSA": _rsa}
