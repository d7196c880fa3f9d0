"""The two keys of a custodian: the project's linkage secret and the agency's own private key.

The linkage secret is shared by the custodians of one project and epoch and never reaches the linkage unit; it makes
equal tags meet. The agency key never leaves the agency; it makes dummies and the row order. Both are used only through
derived sub-keys (HKDF-SHA-256, RFC 5869). Passing a secret between custodians is not done here.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from linkage.errors import KeyFileError

_FORMAT = "sealink/v1/key"
_BYTES = 32


@dataclass(frozen=True, slots=True)
class _Key:
    key: bytes = field(repr=False)
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        if len(self.key) != _BYTES:
            raise KeyFileError(f"{self.kind}: {_BYTES} bytes expected")

    def derive(self, *purpose: str) -> bytes:
        """Sub-key for one purpose; different purposes give independent keys."""
        info = json.dumps([_FORMAT, self.kind, *purpose], ensure_ascii=True).encode()
        return HKDF(SHA256(), _BYTES, salt=None, info=info).derive(self.key)

    @property
    def fingerprint(self) -> str:
        """Public name of the key: 16 hex digits that say nothing about it."""
        return self.derive("fingerprint")[:8].hex()

    @classmethod
    def generate(cls) -> Self:
        return cls(secrets.token_bytes(_BYTES))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a key file; KeyFileError names the file and the rule, never a byte of the key."""
        try:
            raw = json.loads(path.read_bytes())
        except OSError as error:
            raise KeyFileError(f"{path}: cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise KeyFileError(f"{path}: not a Sealink key file") from error
        if not isinstance(raw, dict) or raw.get("format") != _FORMAT:
            raise KeyFileError(f"{path}: not a Sealink key file")
        if raw.get("kind") != cls.kind:
            raise KeyFileError(f"{path}: holds another kind of key; expected a {cls.kind}")
        try:
            return cls(base64.b64decode(raw["key"], validate=True))
        except (KeyError, TypeError, binascii.Error) as error:
            raise KeyFileError(f"{path}: the key is damaged") from error

    def save(self, path: Path) -> None:
        """Write a new key file that only its owner may read; an existing file is never overwritten."""
        text = json.dumps(
            {"format": _FORMAT, "kind": self.kind, "fingerprint": self.fingerprint,
             "key": base64.b64encode(self.key).decode()}, indent=1
        )  # fmt: skip
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise KeyFileError(f"{path}: exists already; a key file is never overwritten") from error
        except OSError as error:
            raise KeyFileError(f"{path}: cannot be written: {error.strerror}") from error
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text + "\n")


@dataclass(frozen=True, slots=True)
class LinkageSecret(_Key):
    """Shared by the custodians of one project and epoch, never by the linkage unit."""

    kind: ClassVar[str] = "linkage secret"


@dataclass(frozen=True, slots=True)
class AgencyKey(_Key):
    """One agency's own key; nobody else ever holds it."""

    kind: ClassVar[str] = "agency key"
