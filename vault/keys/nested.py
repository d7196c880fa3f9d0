"""A sealing key in two layers: P-256, whose private key never leaves a token, inside X-Wing, whose seed is in a file.

    sealed = X-Wing( DHKEM-P256( secret ) )          public text: sealink-seal-token:SUITE:BASE64

Today's tokens know P-256 and no post-quantum algorithm. Nested, both must fall: who takes the keystore file still needs
the token and its PIN, and who has a quantum computer later still needs the file's ML-KEM key. Both layers are bound to
the id of the pair, to `info` and to `aad`, so that no layer can be moved to another key, purpose or object. Nobody is
authenticated as the sealer: a signed header's commitment to what is inside does that for halves.

May touch: the system's randomness
Sees:      the secret that is sealed, the X-Wing seed
Spec:      contracts section 1 (HPKE with PKCS#11 tokens), RFC 9180
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Self

from audit.crypto.errors import KeyFormError
from audit.crypto.hpke import OpeningKey, SealingKey, open_key, seal_key
from audit.crypto.key_text import format_key, key_id, parse_key
from audit.crypto.suites import DEFAULT
from vault.keys.dhkem_p256 import POINT_BYTES, P256Key, check_point, open_sealed, seal

ROLE: Final = "seal-token"
_INFO = b"sealink/v1/vault/token-layer\n"


@dataclass(frozen=True, slots=True)
class TokenSealingKey:
    """The public half: X-Wing's public key ‖ the token's point."""

    public: bytes = field(repr=False)
    suite: str = DEFAULT
    id: str = field(init=False)
    _outer: SealingKey = field(init=False, repr=False)
    _point: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.public) <= POINT_BYTES:
            raise KeyFormError("token sealing key: wrong length")
        outer, point = self.public[:-POINT_BYTES], self.public[-POINT_BYTES:]
        check_point(point)
        object.__setattr__(self, "_outer", SealingKey(outer, self.suite))
        object.__setattr__(self, "_point", point)
        object.__setattr__(self, "id", key_id(ROLE, self.suite, self.public))

    @classmethod
    def join(cls, outer: SealingKey, point: bytes) -> Self:
        """The pair of an X-Wing key and a token's point."""
        return cls(outer.public + point, outer.suite)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `to_text`'s form; KeyFormError otherwise."""
        named, public = parse_key(ROLE, text)
        return cls(public, named)

    def to_text(self) -> str:
        """One printable line, for rosters."""
        return format_key(ROLE, self.suite, self.public)

    def seal(self, secret: bytes, info: bytes, aad: bytes) -> bytes:
        """Seal `secret` so that file and token are both needed to open it."""
        bound = _bind(self.id, aad)
        return seal_key(self._outer, seal(self._point, secret, _INFO + info, bound), info, bound)


@dataclass(frozen=True, slots=True)
class TokenOpener:
    """The private side: the X-Wing key of a keystore and a key inside a token. No token, no opening."""

    outer: OpeningKey = field(repr=False)
    inner: P256Key = field(repr=False)
    sealing_key: TokenSealingKey = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sealing_key", TokenSealingKey.join(self.outer.sealing_key, self.inner.point))

    @property
    def id(self) -> str:
        """Id of the public half."""
        return self.sealing_key.id

    @property
    def sealing_text(self) -> str:
        """The public half as a roster states it."""
        return self.sealing_key.to_text()

    def open(self, sealed: bytes, info: bytes, aad: bytes) -> bytes:
        """What was sealed; SealedKeyError if anything differs, TokenError if the token does not do its part."""
        bound = _bind(self.id, aad)
        return open_sealed(self.inner, open_key(self.outer, sealed, info, bound), _INFO + info, bound)


def _bind(key: str, aad: bytes) -> bytes:
    return key.encode() + b"\n" + aad
