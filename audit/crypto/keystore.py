"""A keystore: the private keys of one person or program in one file, under one passphrase.

Argon2id turns the passphrase into a key, AES-256-GCM seals the seeds under it; the file's own parameters are associated
data. Effort is bounded on reading, so that a planted file cannot exhaust the machine, and on writing from below. The
file is 0600, written whole, and refused when others may read it. It does not survive a weak passphrase.

May touch: disk (`load`, `save`); everything else nothing
Sees:      passphrase, seeds
Spec:      RFC 9106 (Argon2id, second recommended option with one lane)
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from audit import canonical
from audit.canonical import JsonValue
from audit.crypto.errors import KeyFormError, KeystoreError, MissingKeyError, WrongPassphraseError
from audit.crypto.hpke import OpeningKey
from audit.crypto.key_text import strict_base64
from audit.crypto.signatures import SigningKey
from audit.crypto.suites import DEFAULT
from audit.crypto.whole_file import whole_file
from audit.errors import MalformedError

FORMAT = "sealink/v1/keystore"
LONGEST_FILE = 1024 * 1024
_SALT_BYTES = 16
_NONCE_BYTES = 12
_KEY_BYTES = 32


class KeyKind(StrEnum):
    """What a stored seed is for; there is no other kind."""

    SIGNING = "signing"
    HPKE = "hpke"
    LINKAGE_SECRET = "linkage-secret"  # noqa: S105  (a kind's name)
    AGENCY_KEY = "agency-key"
    LOG_SIGNER = "log-signer"  # Ed25519 seed ‖ ML-DSA-44 seed, of a log or a witness
    OAUTH = "oauth"  # Ed25519 seed, with which a program proves to a service who it is


SEED_BYTES = {
    KeyKind.SIGNING: 64,
    KeyKind.HPKE: 32,
    KeyKind.LINKAGE_SECRET: 32,
    KeyKind.AGENCY_KEY: 32,
    KeyKind.LOG_SIGNER: 64,
    KeyKind.OAUTH: 32,
}
"""Length of a seed of each kind in the suite `intl`."""


@dataclass(frozen=True, slots=True)
class Effort:
    """Argon2id's parameters: memory in KiB, passes over it, lanes."""

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 1

    def check(self) -> None:
        """KeystoreError unless the effort is neither a joke nor an attack on the reader's memory and time."""
        if not (19 * 1024 <= self.memory_kib <= 256 * 1024 and 2 <= self.passes <= 10 and 1 <= self.lanes <= 4):
            raise KeystoreError("keystore: Argon2id parameters outside the allowed range")


@dataclass(frozen=True, slots=True)
class StoredKey:
    """One seed with its kind and a name that is unique within the kind."""

    kind: KeyKind
    name: str
    seed: bytes = field(repr=False)
    suite: str = DEFAULT

    def __post_init__(self) -> None:
        if not self.name or len(self.name) > 200:
            raise KeystoreError("keystore: a key needs a name of at most 200 characters")
        if len(self.seed) != SEED_BYTES[self.kind]:
            raise KeystoreError(f"keystore: a {self.kind.value} key has {SEED_BYTES[self.kind]} bytes")


@dataclass(frozen=True, slots=True)
class Keystore:
    """The keys of `owner`, decrypted. Keep it for as short a time as the work needs."""

    owner: str
    keys: tuple[StoredKey, ...] = ()

    def __post_init__(self) -> None:
        if len({(key.kind, key.name) for key in self.keys}) != len(self.keys):
            raise KeystoreError("keystore: two keys of one kind have the same name")

    def with_key(self, key: StoredKey) -> Keystore:
        """The same keystore with one more key; KeystoreError if kind and name are taken."""
        return replace(self, keys=(*self.keys, key))

    def without(self, kind: KeyKind, name: str) -> Keystore:
        """The same keystore without that key; MissingKeyError if it is not there."""
        gone = self.find(kind, name)
        return replace(self, keys=tuple(key for key in self.keys if key is not gone))

    def find(self, kind: KeyKind, name: str | None = None) -> StoredKey:
        """The key of that kind and name, or the only one of its kind; MissingKeyError otherwise."""
        found = [key for key in self.keys if key.kind is kind and name in (None, key.name)]
        if len(found) != 1:
            raise MissingKeyError(f"keystore: {'no' if not found else 'more than one'} {kind.value} key of that name")
        return found[0]

    def signing_key(self, name: str | None = None) -> SigningKey:
        """The signing key of that name, or the only one."""
        key = self.find(KeyKind.SIGNING, name)
        return SigningKey(key.seed, key.suite)

    def opening_key(self, name: str | None = None) -> OpeningKey:
        """The HPKE key of that name, or the only one."""
        key = self.find(KeyKind.HPKE, name)
        return OpeningKey(key.seed, key.suite)


def seal_keystore(store: Keystore, passphrase: bytes, effort: Effort | None = None) -> bytes:
    """The file's bytes, with fresh salt and nonce."""
    effort = effort or Effort()
    effort.check()
    if not passphrase:
        raise KeystoreError("keystore: an empty passphrase")
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    head: dict[str, JsonValue] = {
        "format": FORMAT,
        "kdf": {
            "name": "argon2id",
            "memory_kib": effort.memory_kib,
            "passes": effort.passes,
            "lanes": effort.lanes,
            "salt": salt.hex(),
        },
        "cipher": "aes-256-gcm",
        "nonce": nonce.hex(),
    }
    sealed = AESGCM(_stretch(passphrase, salt, effort)).encrypt(nonce, write_seeds(store), canonical.dumps(head))
    return canonical.dumps({**head, "sealed": base64.b64encode(sealed).decode()}) + b"\n"


def open_keystore(data: bytes, passphrase: bytes) -> Keystore:
    """Read what `seal_keystore` wrote; KeystoreError or WrongPassphraseError."""
    if len(data) > LONGEST_FILE:
        raise KeystoreError("keystore: too long")
    try:
        head = _object(canonical.loads(data.removesuffix(b"\n")))
        sealed = strict_base64(_text(head.pop("sealed")))
        if set(head) != {"format", "kdf", "cipher", "nonce"} or (head["format"], head["cipher"]) != (
            FORMAT,
            "aes-256-gcm",
        ):
            raise KeystoreError("keystore: not a keystore of version 1")
        kdf, nonce = _object(head["kdf"]), _hex(head["nonce"], _NONCE_BYTES)
        if set(kdf) != {"name", "memory_kib", "passes", "lanes", "salt"} or kdf["name"] != "argon2id":
            raise KeystoreError("keystore: not a keystore of version 1")
        effort = Effort(_count(kdf["memory_kib"]), _count(kdf["passes"]), _count(kdf["lanes"]))
        salt = _hex(kdf["salt"], _SALT_BYTES)
    except (MalformedError, KeyFormError, KeyError):
        raise KeystoreError("keystore: not a keystore of version 1") from None
    effort.check()
    try:
        plain = AESGCM(_stretch(passphrase, salt, effort)).decrypt(nonce, sealed, canonical.dumps(head))
    except InvalidTag:
        raise WrongPassphraseError("keystore: does not open: another passphrase, or the file was changed") from None
    return parse_seeds(plain)


def write_seeds(store: Keystore) -> bytes:
    """The keystore in clear, for something that seals it otherwise than under a passphrase."""
    seeds: list[JsonValue] = [
        {"kind": key.kind.value, "name": key.name, "seed": key.seed.hex(), "suite": key.suite} for key in store.keys
    ]
    return canonical.dumps({"owner": store.owner, "keys": seeds})


def parse_seeds(plain: bytes) -> Keystore:
    """Read what `write_seeds` wrote; KeystoreError."""
    try:
        value = _object(canonical.loads(plain))
        items = value["keys"]
        if not isinstance(items, list):
            raise KeystoreError("keystore: its content is not of version 1")
        return Keystore(_text(value["owner"]), tuple(_key(_object(item)) for item in items))
    except (MalformedError, KeyError):
        raise KeystoreError("keystore: its content is not of version 1") from None


def save(path: Path, store: Keystore, passphrase: bytes, *, effort: Effort | None = None, may_replace: bool) -> None:
    """Write the keystore to `path`, 0600, whole or not at all."""
    data = seal_keystore(store, passphrase, effort)
    try:
        with whole_file(path, may_replace=may_replace) as out:
            out.write(data)
    except FileExistsError:
        raise KeystoreError(f"{path.name}: exists already; a keystore is never overwritten unasked") from None
    except OSError as error:
        raise KeystoreError(f"{path.name}: cannot be written: {error.strerror}") from None


def load(path: Path, passphrase: bytes) -> Keystore:
    """Open the keystore at `path`; refused if group or others may read it."""
    try:
        with path.open("rb") as stream:
            if os.fstat(stream.fileno()).st_mode & 0o077:
                raise KeystoreError(f"{path.name}: others may read it; its mode must be 0600")
            data = stream.read(LONGEST_FILE + 1)
    except OSError as error:
        raise KeystoreError(f"{path.name}: cannot be read: {error.strerror}") from None
    return open_keystore(data, passphrase)


def generate_key(kind: KeyKind, name: str) -> StoredKey:
    """A new key from the system's randomness."""
    return StoredKey(kind, name, secrets.token_bytes(SEED_BYTES[kind]))


def names(keys: Iterable[StoredKey]) -> list[str]:
    """``KIND NAME`` of each key, for listings."""
    return [f"{key.kind.value} {key.name}" for key in keys]


def _stretch(passphrase: bytes, salt: bytes, effort: Effort) -> bytes:
    kdf = Argon2id(
        salt=salt, length=_KEY_BYTES, iterations=effort.passes, lanes=effort.lanes, memory_cost=effort.memory_kib
    )
    return kdf.derive(passphrase)


def _key(item: dict[str, JsonValue]) -> StoredKey:
    kind = _text(item["kind"])
    if kind not in {known.value for known in KeyKind}:
        raise KeystoreError("keystore: a key of unknown kind")
    seed = _hex(item["seed"], SEED_BYTES[KeyKind(kind)])
    return StoredKey(KeyKind(kind), _text(item["name"]), seed, _text(item["suite"]))


def _object(value: JsonValue) -> dict[str, JsonValue]:
    if not isinstance(value, dict):
        raise KeystoreError("keystore: not a keystore of version 1")
    return value


def _text(value: JsonValue) -> str:
    if not isinstance(value, str):
        raise KeystoreError("keystore: not a keystore of version 1")
    return value


def _count(value: JsonValue) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise KeystoreError("keystore: not a keystore of version 1")
    return value


def _hex(value: JsonValue, size: int) -> bytes:
    try:
        data = bytes.fromhex(_text(value))
    except ValueError:
        raise KeystoreError("keystore: not a keystore of version 1") from None
    if len(data) != size:
        raise KeystoreError("keystore: not a keystore of version 1")
    return data
