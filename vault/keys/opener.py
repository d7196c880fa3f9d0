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
from audit.crypto.keystore import KeyKind, Keystore
from vault.halves import KeyOpener, KeySealer, Opener, Sealer
from vault.keys.dhkem_p256 import P256Key
from vault.keys.nested import ROLE, TokenOpener, TokenSealingKey


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


class KeyToken(Protocol):
    """What holds the inner keys: an open PKCS#11 token."""

    def key(self, name: str) -> P256Key:
        """The key of that name; TokenError if there is none that may be used."""


def openers_of(keystore: Keystore, token: KeyToken | None) -> tuple[HalfOpener, ...]:
    """An opener for every HPKE key of an agent's keystore, the last name first.

    With a token each of them needs the token's key of the same name (TokenError if one is lacking). Without it they are
    of the keystore profile, whose ids are others: what was sealed for the token then opens with none of them.
    """
    names = sorted((key.name for key in keystore.keys if key.kind is KeyKind.HPKE), reverse=True)
    keys = {name: keystore.opening_key(name) for name in names}
    if token is None:
        return tuple(KeystoreOpener(keys[name]) for name in names)
    return tuple(TokenOpener(keys[name], token.key(name)) for name in names)


def parse_sealer(text: str) -> Sealer:
    """What to seal to, from a roster's line of either profile; KeyFormError or UnknownSuiteError otherwise."""
    if text.strip().startswith(f"sealink-{ROLE}:"):
        return TokenSealingKey.parse(text)
    return KeySealer(SealingKey.parse(text))


def seal(text: str, secret: bytes, info: bytes, aad: bytes) -> bytes:
    """Seal to the key of that text, whatever its profile."""
    return parse_sealer(text).seal(secret, info, aad)
