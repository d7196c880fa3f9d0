"""Signing and verifying keys: every signature is two signatures, and both must verify.

A key is one value whatever the suite puts inside (in `intl`: Ed25519 and ML-DSA-65), so that no caller can check one
half and forget the other. What is signed, and under which first line, is `signed_object` and `container`; who a key
belongs to is the rosters' matter.

May touch: nothing
Sees:      keys
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Self

from audit.crypto.errors import KeyFormError
from audit.crypto.key_text import format_key, key_id, parse_key
from audit.crypto.suites import DEFAULT, Signer, Verifier, suite

_ROLE = "verify"


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """The public half: `public` bytes in the suite's own form, and the id under which files name it."""

    public: bytes = field(repr=False)
    suite: str = DEFAULT
    id: str = field(init=False)
    _verifier: Verifier = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_verifier", suite(self.suite).signing.verifier(self.public))
        object.__setattr__(self, "id", key_id(_ROLE, self.suite, self.public))

    def is_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether this key signed exactly `message`; False for signatures of any wrong form."""
        return self._verifier.is_signed(message, signature)

    def to_text(self) -> str:
        """One printable line, for rosters and pinned keys."""
        return format_key(_ROLE, self.suite, self.public)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `to_text`'s form; KeyFormError otherwise."""
        named, public = parse_key(_ROLE, text)
        return cls(public, named)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private half: nothing but a seed (64 bytes in `intl`), never shown by `repr`."""

    seed: bytes = field(repr=False)
    suite: str = DEFAULT
    verifying_key: VerifyingKey = field(init=False)
    _signer: Signer = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.seed) != suite(self.suite).signing.seed_bytes:
            raise KeyFormError("signing key: wrong length")
        signer = suite(self.suite).signing.signer(self.seed)
        object.__setattr__(self, "_signer", signer)
        object.__setattr__(self, "verifying_key", VerifyingKey(signer.public, self.suite))

    @property
    def id(self) -> str:
        """Id of the public half."""
        return self.verifying_key.id

    def sign(self, message: bytes) -> bytes:
        """Signature over `message`. Callers put a first line before what they sign; never sign a stranger's bytes."""
        return self._signer.sign(message)

    @classmethod
    def generate(cls, named: str = DEFAULT) -> Self:
        """A new key from the system's randomness."""
        return cls(secrets.token_bytes(suite(named).signing.seed_bytes), named)
