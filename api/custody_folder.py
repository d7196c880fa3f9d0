"""A custodian's folder: its keystore, the service that it works with, and what it keeps of each project.

    keys            keystore under a passphrase: signing, sealing, OAuth, agency key, secrets by project/epoch
    profile.json    address of the service, agency code, the unit's public keys as pinned at the first sign-in
    PROJECT/        sealed batches, private maps, upload states, results

Nothing of it ever goes to the service but public keys. The unit's keys are pinned: if the service shows others later,
work stops until a person has looked.

May touch: disk
Sees:      private keys, for as long as a command runs
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from api.client.credentials import AgencyCredential, JoseKey
from audit.crypto.hpke import OpeningKey
from audit.crypto.keystore import KeyKind, Keystore, StoredKey, generate_key, load, save
from audit.crypto.signatures import SigningKey
from linkage.encoding.keys import AgencyKey, LinkageSecret
from linkage.errors import KeyFileError, ProjectError
from linkage.whole_file import whole_file

OWN: Final = "own"
"""Name of the keys that a keystore holds one of."""

Passphrase = Callable[[bool], bytes]
"""Asks for the passphrase; the argument says whether it is a new one."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Whom the custodian works with; `unit_sealing` and `unit_verifying` are the unit's keys, a printable line each."""

    service: str
    agency: str
    unit_sealing: str
    unit_verifying: str


class CustodyFolder:
    """One agency's folder. Keys are opened once per command and kept no longer."""

    def __init__(self, path: Path, passphrase: Passphrase) -> None:
        self.path, self._passphrase = path, passphrase
        self._opened: Keystore | None = None
        self._phrase = b""

    @property
    def has_keys(self) -> bool:
        return (self.path / "keys").exists()

    def make_keys(self, agency: str) -> Keystore:
        """Draw all keys of a new custodian and store them under a new passphrase."""
        _own_folder(self.path)
        kinds = (KeyKind.SIGNING, KeyKind.HPKE, KeyKind.OAUTH, KeyKind.AGENCY_KEY)
        made = Keystore(agency, tuple(generate_key(kind, OWN) for kind in kinds))
        self._phrase = self._passphrase(True)
        save(self.path / "keys", made, self._phrase, may_replace=False)
        self._opened = made
        return made

    def keys(self) -> Keystore:
        """The keystore, opened. KeyFileError when there is none; WrongPassphraseError when the passphrase is wrong."""
        if self._opened is None:
            if not self.has_keys:
                raise KeyFileError(f"{self.path}: no keys here", hint="make them with sealink login")
            self._phrase = self._passphrase(False)
            self._opened = load(self.path / "keys", self._phrase)
        return self._opened

    def keep(self, key: StoredKey) -> None:
        """Add one key to the keystore."""
        self._opened = self.keys().with_key(key)
        save(self.path / "keys", self._opened, self._phrase, may_replace=True)

    # --- keys by what they are for -------------------------------------------------------------------------------

    def credential(self) -> AgencyCredential:
        keystore = self.keys()
        return AgencyCredential.of(keystore, keystore.owner, OWN)

    def signing_key(self) -> SigningKey:
        return self.keys().signing_key(OWN)

    def opening_key(self) -> OpeningKey:
        return self.keys().opening_key(OWN)

    def agency_key(self) -> AgencyKey:
        return AgencyKey(self.keys().find(KeyKind.AGENCY_KEY, OWN).seed)

    def linkage_secret(self, project: str, epoch: int) -> LinkageSecret:
        return LinkageSecret(self.keys().find(KeyKind.LINKAGE_SECRET, f"{project}/{epoch}").seed)

    def keep_secret(self, project: str, epoch: int, secret: LinkageSecret) -> None:
        self.keep(StoredKey(KeyKind.LINKAGE_SECRET, f"{project}/{epoch}", secret.key))

    def registration(self) -> dict[str, object]:
        """What the operator needs to register this agency: public keys alone."""
        keystore = self.keys()
        oauth = JoseKey(keystore.find(KeyKind.OAUTH, OWN).seed)
        return {
            "agency": keystore.owner,
            "oauth": {**oauth.jwk, "kid": oauth.kid, "alg": "EdDSA", "use": "sig"},
            "signing": keystore.signing_key(OWN).verifying_key.to_text(),
            "sealing": keystore.opening_key(OWN).sealing_key.to_text(),
        }

    # --- profile and project folders -----------------------------------------------------------------------------

    def profile(self) -> Profile:
        """ProjectError when the folder was never signed in."""
        try:
            return Profile(**json.loads((self.path / "profile.json").read_bytes()))
        except FileNotFoundError:
            raise ProjectError(f"{self.path}: not signed in to a service", hint="use sealink login") from None
        except (OSError, TypeError, ValueError):
            raise ProjectError(f"{self.path / 'profile.json'}: damaged", hint="use sealink login again") from None

    def keep_profile(self, profile: Profile) -> None:
        """Store or confirm it; ProjectError if the unit's keys are other ones than those that were pinned."""
        if (self.path / "profile.json").exists():
            known = self.profile()
            pinned = (known.unit_sealing, known.unit_verifying)
            if pinned != (profile.unit_sealing, profile.unit_verifying):  # at another address, too
                raise ProjectError(
                    f"{self.path / 'profile.json'}: the service shows other keys of the unit than before",
                    hint="ask the unit by telephone; if its keys were replaced, remove the file and sign in again; "
                    "another unit wants another folder (--at)",
                )
        with whole_file(self.path / "profile.json") as partial:
            partial.write_text(json.dumps(asdict(profile), indent=1) + "\n", encoding="ascii")

    def project(self, project: str) -> Path:
        """The folder of one project, made when it is not there."""
        found = self.path / project
        _own_folder(found)
        return found


def _own_folder(path: Path) -> None:
    """Make it, or close it to others: the files in it say who is in whose file."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)
