"""Seal a key or another short secret to one recipient's public key, and open it again.

Thin on purpose: the suite does the work (in `intl`: HPKE with X-Wing, so both X25519 and ML-KEM-768 must fall). HPKE's
base mode says nothing about who sealed: whoever must know the sender needs a signature around it, as `container` has.
`info` says what the secret is for, `aad` what it belongs to; open with other ones and it does not open.

May touch: nothing
Sees:      keys
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Self

from audit.crypto.errors import KeyFormError, SealedKeyError
from audit.crypto.key_text import format_key, key_id, parse_key
from audit.crypto.suites import DEFAULT, KeyOpener, KeySealer, suite

_ROLE = "seal"
_LABEL = b"sealink/v1/hpke\n"
LONGEST_SECRET = 64 * 1024
"""Bytes; anything longer belongs in a container."""


@dataclass(frozen=True, slots=True)
class SealingKey:
    """The public half: everybody may seal to it."""

    public: bytes = field(repr=False)
    suite: str = DEFAULT
    id: str = field(init=False)
    _sealer: KeySealer = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_sealer", suite(self.suite).sealing.sealer(self.public))
        object.__setattr__(self, "id", key_id(_ROLE, self.suite, self.public))

    def to_text(self) -> str:
        """One printable line, for rosters and pinned keys."""
        return format_key(_ROLE, self.suite, self.public)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `to_text`'s form; KeyFormError otherwise."""
        named, public = parse_key(_ROLE, text)
        return cls(public, named)


@dataclass(frozen=True, slots=True)
class OpeningKey:
    """The private half: nothing but a seed (32 bytes in `intl`), never shown by `repr`."""

    seed: bytes = field(repr=False)
    suite: str = DEFAULT
    sealing_key: SealingKey = field(init=False)
    _opener: KeyOpener = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.seed) != suite(self.suite).sealing.seed_bytes:
            raise KeyFormError("opening key: wrong length")
        opener = suite(self.suite).sealing.opener(self.seed)
        object.__setattr__(self, "_opener", opener)
        object.__setattr__(self, "sealing_key", SealingKey(opener.public, self.suite))

    @property
    def id(self) -> str:
        """Id of the public half."""
        return self.sealing_key.id

    @classmethod
    def generate(cls, named: str = DEFAULT) -> Self:
        """A new key from the system's randomness."""
        return cls(secrets.token_bytes(suite(named).sealing.seed_bytes), named)


def seal_key(recipient: SealingKey, key: bytes, info: bytes, aad: bytes = b"") -> bytes:
    """Seal `key` (at most 64 KiB) so that only `recipient` opens it, and only with the same `info` and `aad`."""
    if len(key) > LONGEST_SECRET:
        raise SealedKeyError("sealed key: longer than 64 KiB; use a container")
    return recipient._sealer.seal(key, _bind(info, aad))


def open_key(opener: OpeningKey, sealed: bytes, info: bytes, aad: bytes = b"") -> bytes:
    """What was sealed; SealedKeyError, always the same one, if key, `info`, `aad` or any byte differs."""
    secret = opener._opener.open(sealed, _bind(info, aad))
    if secret is None:
        raise SealedKeyError("sealed key: does not open with this key, info and associated data")
    return secret


def _bind(info: bytes, aad: bytes) -> bytes:
    """One unambiguous string; HPKE's key schedule hashes it, which binds associated data as well as an AEAD would."""
    return _LABEL + len(info).to_bytes(8, "big") + info + aad
