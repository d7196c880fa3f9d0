"""The settings of `sealink serve vault`: one TOML file, frozen once read. It names no key: the vault has none.

    public_url = "https://vault.example"       how desks and agents reach it
    folder = "."                               ciphertext, log, database
    pins = "pins.toml"                         agencies, log and witness keys (`vault/pins.py`)
    database_url = ""                          PostgreSQL; SQLite in the folder when empty
    impact_assessment = "…"                    id of the assessment that the law demands before (PIPL 55)
    stored_in = "CN"                           where the data lies; nowhere else is allowed (PIPL 36)
    [listen] host, port
    [witnesses] court, procuratorate           where their witnesses answer

May touch: disk
Sees:      paths, public keys
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vault.errors import VaultError
from vault.pins import Pins, parse_pins

TEMPLATE: Final = """\
# Settings of `sealink serve vault --settings vault.toml`. Paths are relative to this file.
public_url = "{public_url}"
folder = "."
pins = "pins.toml"
database_url = ""
impact_assessment = ""    # id of the impact assessment; without one the vault does not start (PIPL 55)
stored_in = "CN"          # where ciphertext and log lie (PIPL 36)

[listen]
host = "127.0.0.1"
port = {port}

[witnesses]    # where the holders' witnesses answer
court = "http://127.0.0.1:8421"
procuratorate = "http://127.0.0.1:8422"
"""


class VaultSettingsError(VaultError):
    """The settings file cannot be used."""


class Listen(BaseModel):
    """Where the service listens; TLS ends at a proxy before it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8402


class Witnesses(BaseModel):
    """Addresses of the holders' witnesses."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    court: str
    procuratorate: str


class VaultSettings(BaseModel):
    """Everything. `file` is where it was read from."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    file: Path
    public_url: str
    folder: Path = Path()
    pins: Path = Path("pins.toml")
    database_url: str = ""
    impact_assessment: Annotated[str, Field(min_length=1, max_length=200)]
    stored_in: Literal["CN"]
    listen: Listen = Listen()
    witnesses: Witnesses

    @property
    def data(self) -> Path:
        """The vault's folder."""
        return self.file.parent / self.folder

    def read_pins(self) -> Pins:
        """The pinned agencies, log and witnesses; VaultSettingsError when the file is not there."""
        path = self.file.parent / self.pins
        try:
            return parse_pins(path.read_bytes())
        except OSError as error:
            raise VaultSettingsError(f"{path.name}: cannot be read: {error.strerror}") from None


def load_vault_settings(file: Path) -> VaultSettings:
    """Read the file; VaultSettingsError names key and rule, never a value."""
    try:
        found: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise VaultSettingsError(f"{file}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise VaultSettingsError(f"{file}: not TOML") from None
    try:
        return VaultSettings(**found, file=file.absolute())
    except (ValidationError, TypeError) as error:
        place = "settings"
        if isinstance(error, ValidationError):
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"])) or place
        raise VaultSettingsError(f"{file}: {place}: missing, unknown or not of its form") from None
