"""The two profiles of a release agent's opening key, behind one look: in a keystore file, or nested with a token.

A roster states the public half as one line of text; whoever seals reads from its first word which profile it is. An
agent is handed openers and does not know which it has. Nothing here falls back from a token to a file.

May touch: nothing
Sees:      keys
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from audit.crypto.hpke import SealingKey
from vault.halves import KeyOpener, KeySealer, Opener, Sealer
from vault.keys.nested import ROLE, TokenSealingKey


class HalfOpener(Opener, Protocol):
    """An `Opener` that can say which line belongs into the roster."""

    @property
    def sealing_text(self) -> str:
        """The public half: ``sealink-seal:…`` or ``sealink-seal-token:…``."""


@dataclass(frozen=True, slots=True)
class KeystoreOpener(KeyOpener):
    """The keystore profile: an X-Wing key whose seed is in a file."""

    @property
    def sealing_text(self) -> str:
        """The public half as a roster states it."""
        return self.key.sealing_key.to_text()


def parse_sealer(text: str) -> Sealer:
    """What to seal to, from a roster's line of either profile; KeyFormError or UnknownSuiteError otherwise."""
    if text.strip().startswith(f"sealink-{ROLE}:"):
        return TokenSealingKey.parse(text)
    return KeySealer(SealingKey.parse(text))


def seal(text: str, secret: bytes, info: bytes, aad: bytes) -> bytes:
    """Seal to the key of that text, whatever its profile."""
    return parse_sealer(text).seal(secret, info, aad)
