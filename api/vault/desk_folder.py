"""A desk's folder: who somebody is, what is pinned, which rosters were seen, and the requests that are under way.

    desk.toml          person, agency, device, the vault's address
    pins.toml          agencies, log and witness keys, brought by hand
    keystore           own signing and HPKE keys; the agency's desk keys where the person decides; request keys
    rosters/           the newest roster of each agency that was seen
    requests/ULID      own requests, as signed
    read/ULID          hash of the papers that were shown here under that request
    sealed/ULID        what a sealing desk must keep: salts of the log's commitments (sealed to its own key)

May touch: disk
Sees:      own keys
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from api.vault.rosters_kept import KeptRosters
from audit.crypto.hpke import OpeningKey
from audit.crypto.keystore import Effort, KeyKind, Keystore, StoredKey, generate_key, load, save
from audit.crypto.signatures import SigningKey
from audit.crypto.whole_file import whole_file
from audit.shapes import is_code, is_ulid
from vault.errors import MalformedFormError
from vault.pins import Pins, parse_pins

OWN: Final = "own"
DESK: Final = "desk"
_EARLIER: Final = "desk-"
_FIELDS = {"person", "agency", "device", "vault"}


@dataclass(frozen=True, slots=True)
class DeskFolder:
    """An opened desk folder."""

    path: Path
    person: str
    agency: str
    device: str
    vault: str
    keystore: Keystore = field(repr=False)

    @property
    def signer(self) -> SigningKey:
        """The person's signing key."""
        return self.keystore.signing_key(OWN)

    @property
    def opener(self) -> OpeningKey:
        """The person's HPKE key."""
        return self.keystore.opening_key(OWN)

    @property
    def desk_key(self) -> OpeningKey:
        """The agency's desk key; MissingKeyError where the person does not decide."""
        return self.keystore.opening_key(DESK)

    @property
    def desk_keys(self) -> tuple[OpeningKey, ...]:
        """The desk key and those before it, which older papers are sealed to."""
        return (self.desk_key, *(OpeningKey(key.seed, key.suite) for key in earlier_keys(self.keystore)))

    def with_desk_keys(self, keys: Sequence[StoredKey], passphrase: bytes) -> DeskFolder:
        """Keep the agency's desk keys in place of those that are here."""
        found = self.keystore
        for key in self.keystore.keys:
            if key.kind is KeyKind.HPKE and (key.name == DESK or key.name.startswith(_EARLIER)):
                found = found.without(key.kind, key.name)
        for key in keys:
            found = found.with_key(key)
        save(self.path / "keystore", found, passphrase, may_replace=True)
        return DeskFolder(self.path, self.person, self.agency, self.device, self.vault, found)

    def pins(self) -> Pins:
        """What is pinned."""
        try:
            return parse_pins((self.path / "pins.toml").read_bytes())
        except FileNotFoundError:
            raise MalformedFormError("pins.toml: not in the desk's folder; bring it by hand") from None

    def rosters(self) -> KeptRosters:
        """The rosters that were seen."""
        return KeptRosters(self.path / "rosters", self.pins())

    def keep_request(self, request: str, data: bytes, key: OpeningKey, passphrase: bytes) -> DeskFolder:
        """Keep a request and the key that was drawn for it; the key first."""
        stored = StoredKey(KeyKind.HPKE, request, key.seed, key.suite)
        keystore = self.keystore.with_key(stored)
        save(self.path / "keystore", keystore, passphrase, may_replace=True)
        folder = self.path / "requests"
        folder.mkdir(exist_ok=True, mode=0o700)
        with whole_file(folder / request, may_replace=False) as out:
            out.write(data)
        return DeskFolder(self.path, self.person, self.agency, self.device, self.vault, keystore)

    def request(self, request: str) -> bytes:
        """An own request as it was signed; MalformedFormError if it is not here."""
        path = self.path / "requests" / request
        if not is_ulid(request) or not path.exists():
            raise MalformedFormError("request: not one of this desk")
        return path.read_bytes()

    def note_read(self, request: str, papers: str) -> None:
        """Note which papers were shown under a request."""
        folder = self.path / "read"
        folder.mkdir(exist_ok=True, mode=0o700)
        with whole_file(folder / request) as out:
            out.write(papers.encode())

    def was_read(self, request: str) -> str | None:
        """What `note_read` noted; None if nothing was shown."""
        path = self.path / "read" / request
        return path.read_text() if is_ulid(request) and path.exists() else None


def earlier_name(key: StoredKey) -> str:
    """The name of a desk key that was renewed: by the key itself, the same at the keeper's and at every desk."""
    return _EARLIER + OpeningKey(key.seed, key.suite).id[:16]


def earlier_keys(keystore: Keystore) -> tuple[StoredKey, ...]:
    """Desk keys that were renewed since."""
    return tuple(key for key in keystore.keys if key.kind is KeyKind.HPKE and key.name.startswith(_EARLIER))


def make_desk(
    path: Path, *, person: str, agency: str, device: str, vault: str, passphrase: bytes, effort: Effort | None = None
) -> DeskFolder:
    """Make a desk folder with fresh keys; KeystoreError if there is one."""
    for name, value in (("person", person), ("agency", agency), ("device", device)):
        if not is_code(value):
            raise MalformedFormError(f"{name}: must be a code (lower-case ASCII, at most 64, no run of eight digits)")
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = (generate_key(KeyKind.SIGNING, OWN), generate_key(KeyKind.HPKE, OWN))
    keystore = Keystore(f"{agency}/{person}", keys)
    save(path / "keystore", keystore, passphrase, effort=effort, may_replace=False)
    lines = (f'person = "{person}"', f'agency = "{agency}"', f'device = "{device}"', f'vault = "{_plain(vault)}"')
    with whole_file(path / "desk.toml") as out:
        out.write(("\n".join(lines) + "\n").encode())
    return DeskFolder(path, person, agency, device, vault, keystore)


def open_desk(path: Path, passphrase: bytes) -> DeskFolder:
    """Open a desk folder; MalformedFormError or KeystoreError says what is not as it must be."""
    try:
        found = tomllib.loads((path / "desk.toml").read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise MalformedFormError(f"{path}: no desk here; make one with `sealink desk init`") from None
    if set(found) != _FIELDS or not all(isinstance(value, str) for value in found.values()):
        raise MalformedFormError("desk.toml: person, agency, device and vault expected")
    return DeskFolder(
        path, found["person"], found["agency"], found["device"], found["vault"], load(path / "keystore", passphrase)
    )


def _plain(text: str) -> str:
    if '"' in text or "\\" in text or not text.isprintable():
        raise MalformedFormError("vault: not an address")
    return text
