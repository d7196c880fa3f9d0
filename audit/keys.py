"""The keys of logs and witnesses: private signers that hide themselves, public verifier keys, and their text forms.

Text forms are the Go note format's: `<name>+<key id>+<base64(kind, public key)>` for a verifier key and
`PRIVATE+KEY+<name>+<key id>+<base64(kind, seed)>` for a signer. What is signed is decided in audit.cosignature; this
file does not judge when a key may sign.

May touch: disk (key files, 0600, never overwritten)
"""

from __future__ import annotations

import base64
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from audit.cosignature import message_of, verify_cosignature
from audit.errors import KeyFileError, MalformedError, SignatureError
from audit.signature_line import Kind, Signature, decode_base64, is_key_name, key_id

_PUBLIC_BYTES = {Kind.ED25519: 32, Kind.COSIGNATURE_V1: 32, Kind.ML_DSA_44: 1312}
_SEED_BYTES = 32
_OPENERS: dict[Kind, Callable[[bytes], Ed25519PrivateKey | MLDSA44PrivateKey]] = {
    Kind.ED25519: Ed25519PrivateKey.from_private_bytes,
    Kind.COSIGNATURE_V1: Ed25519PrivateKey.from_private_bytes,
    Kind.ML_DSA_44: MLDSA44PrivateKey.from_seed_bytes,
}
_PRIVATE = "PRIVATE+KEY+"
_ID = re.compile(r"[0-9a-f]{8}")


class Signer(Protocol):
    """Whatever can sign a note: a key in this process, or a client of one elsewhere."""

    @property
    def name(self) -> str: ...
    @property
    def key_id(self) -> int: ...
    def sign(self, text: bytes) -> Signature:
        """Signature line for a note's text."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key under its name: who, what kind of signature, which bytes."""

    name: str
    kind: Kind
    public_key: bytes = field(repr=False)

    @property
    def key_id(self) -> int:
        return key_id(self.name, self.kind, self.public_key)

    @property
    def vkey(self) -> str:
        return _text_of(self.name, self.key_id, self.kind, self.public_key)

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """Read a verifier key; KeyFileError for an unknown kind, a wrong length or an id that is not the key's."""
        name, number, kind, public = _read_text(vkey)
        if len(public) != _PUBLIC_BYTES[kind]:
            raise KeyFileError("verifier key: wrong length for its kind")
        made = cls(name, kind, public)
        if made.key_id != number:
            raise KeyFileError("verifier key: its id is of another key")
        try:
            _opened(made.kind, made.public_key)
        except ValueError:
            raise KeyFileError("verifier key: not a key of its kind") from None
        return made

    def verify(self, text: bytes, signature: Signature) -> int | None:
        """Check a line under a text: its time for cosignatures, None for a plain one. SignatureError when it fails."""
        if self.kind is not Kind.ED25519:
            return verify_cosignature(text, signature, self)
        if (signature.name, signature.key_id) != (self.name, self.key_id):
            raise SignatureError("a signature is of another key")
        if not self.is_signed(text, signature.payload):
            raise SignatureError("a signature does not hold")
        return None

    def is_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether a bare signature over exactly these bytes holds."""
        try:
            _opened(self.kind, self.public_key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@lru_cache(maxsize=256)
def _opened(kind: Kind, public_key: bytes) -> Ed25519PublicKey | MLDSA44PublicKey:
    """Read once: the same few keys sign every checkpoint."""
    if kind is Kind.ML_DSA_44:
        return MLDSA44PublicKey.from_public_bytes(public_key)
    return Ed25519PublicKey.from_public_bytes(public_key)


@dataclass(frozen=True, slots=True)
class _PrivateKey:
    """Name and 32-byte seed; the seed is in no repr, comparison or error."""

    name: str
    seed: bytes = field(repr=False, compare=False)
    verifier: Verifier = field(init=False)
    opened: Ed25519PrivateKey | MLDSA44PrivateKey = field(init=False, repr=False, compare=False)
    kind: ClassVar[Kind]

    def __post_init__(self) -> None:
        if not is_key_name(self.name) or len(self.seed) != _SEED_BYTES:
            raise KeyFileError("signer: a proper name and a 32-byte seed are expected")
        opened = _OPENERS[self.kind](self.seed)
        object.__setattr__(self, "opened", opened)
        object.__setattr__(self, "verifier", Verifier(self.name, self.kind, opened.public_key().public_bytes_raw()))

    @classmethod
    def generate(cls, name: str) -> Self:
        return cls(name, os.urandom(_SEED_BYTES))

    @property
    def key_id(self) -> int:
        return self.verifier.key_id

    @property
    def vkey(self) -> str:
        return self.verifier.vkey

    def save(self, path: Path) -> None:
        """Write the key file, durably, readable by its owner only; KeyFileError if anything stands there already."""
        line = _PRIVATE + _text_of(self.name, self.key_id, self.kind, self.seed) + "\n"
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(line.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise KeyFileError(f"{path}: cannot be written: {error.strerror}") from None

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a key file of this kind; KeyFileError names the file and the rule, never a byte of the key."""
        try:
            if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise KeyFileError(f"{path}: others than its owner may use this file")
            text = path.read_bytes().decode()
            name, number, kind, seed = _read_text(text.removeprefix(_PRIVATE).removesuffix("\n"))
        except OSError as error:
            raise KeyFileError(f"{path}: cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise KeyFileError(f"{path}: not a signer's key file") from None
        if not text.startswith(_PRIVATE) or kind is not cls.kind:
            raise KeyFileError(f"{path}: not a signer's key file of this kind")
        made = cls(name, seed)
        if made.key_id != number:
            raise KeyFileError(f"{path}: its id is of another key")
        return made

    def sign_message(self, message: bytes) -> bytes:
        """Bare signature over exactly these bytes."""
        return self.opened.sign(message)


class Ed25519Signer(_PrivateKey):
    """A log's key: plain note signatures, kind 0x01."""

    __slots__ = ()
    kind = Kind.ED25519

    def sign(self, text: bytes) -> Signature:
        return Signature(self.name, self.key_id, self.sign_message(text))


class Ed25519Cosigner(_PrivateKey):
    """A witness's key: cosignature/v1, kind 0x04; signs through audit.cosignature.cosign with a time."""

    __slots__ = ()
    kind = Kind.COSIGNATURE_V1


class MlDsa44Signer(_PrivateKey):
    """The second line of logs and witnesses, safe against quantum computers: kind 0x06.

    `sign` states no time, as a log may; a witness, and a log that states one, go through audit.cosignature.cosign.
    """

    __slots__ = ()
    kind = Kind.ML_DSA_44

    def sign(self, text: bytes) -> Signature:
        signature = self.sign_message(message_of(self.kind, self.name, text, 0))
        return Signature(self.name, self.key_id, bytes(8) + signature)


def parse_vkeys(text: str, place: str) -> list[Verifier]:
    """Keys of a file, one a line, the log's first; empty lines and `#` comments are skipped.

    KeyFileError names `place` and the line, also when a key stands there twice or when there is none.
    """
    keys: list[Verifier] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            key = Verifier.parse(line)
        except KeyFileError as error:
            raise KeyFileError(f"{place} line {number}: {error}") from None
        if key in keys:
            raise KeyFileError(f"{place} line {number}: a key that stands above already")
        keys.append(key)
    if not keys:
        raise KeyFileError(f"{place}: no key")
    return keys


def _text_of(name: str, number: int, kind: Kind, material: bytes) -> str:
    return f"{name}+{number:08x}+{base64.b64encode(bytes([kind]) + material).decode()}"


def _read_text(text: str) -> tuple[str, int, Kind, bytes]:
    name, _, rest = text.partition("+")
    number, _, blob = rest.partition("+")
    if not is_key_name(name) or not _ID.fullmatch(number):
        raise KeyFileError("key: not of the form name+id+key")
    try:
        data = decode_base64(blob)
        return name, int(number, 16), Kind(data[0]), data[1:]
    except (MalformedError, IndexError):
        raise KeyFileError("key: not of the form name+id+key") from None
    except ValueError:
        raise KeyFileError("key: a kind of signature that is not used here") from None
