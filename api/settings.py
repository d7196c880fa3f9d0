"""The settings of `sealink serve linkage`: one TOML file, frozen once read. No environment, no default for a secret.

Paths are relative to the file. Secrets are never values here, only paths of files that nobody but their owner may
read; a secret that is not there is a refusal to start. Which settings there are is this file; what is built from them
is `wiring.py`, the only other module that knows them.

May touch: disk
Sees:      paths; secrets, for whoever asks for one
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from linkage.errors import LinkageError

LONGEST_SECRET: Final = 4_096
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class SettingsError(LinkageError):
    """The settings file, or a secret that it names, cannot be used."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Listen(_Section):
    """Where the service listens. Behind a proxy, name its address, else its headers are not believed."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8401
    certificate: Path | None = None
    certificate_key_file: Path | None = None
    trusted_proxies: tuple[str, ...] = ()


class DatabaseSettings(_Section):
    """SQLite in the folder by default. The owner of the schema migrates; the service logs in with less."""

    url: str = ""
    password_file: Path | None = None
    owner_url: str = ""
    owner_password_file: Path | None = None
    service_role: Annotated[str, Field(max_length=63)] = ""
    auditor_role: Annotated[str, Field(max_length=63)] = ""

    @field_validator("url", "owner_url")
    @classmethod
    def _without_password(cls, text: str) -> str:
        if not text:
            return text
        try:
            url = make_url(text)
        except ArgumentError:
            raise ValueError("not a database URL") from None
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            raise ValueError("SQLite and PostgreSQL are served, nothing else")
        if url.password or "password" in url.query:
            raise ValueError("a password in the URL; put it into a file and name that")
        return text


class Keys(_Section):
    """The unit's keystore, and the secret under cursors, sessions and stored answers."""

    keystore: Path = Path("keys/unit")
    passphrase_file: Path = Path("keys/unit-passphrase")
    web_secret_file: Path = Path("keys/web-secret")


class LogSettings(_Section):
    """Who must witness the log (a C2SP tlog-policy file), and how often it is published."""

    witness_policy: Path | None = None
    publish_every_s: Annotated[float, Field(gt=0, le=3_600)] = 1.0
    heartbeat_s: Annotated[float, Field(ge=1, le=86_400)] = 600.0
    longest_gap_s: Annotated[float, Field(ge=1, le=86_400)] = 600.0


class Processes(_Section):
    """How many of each kind run; all share one database, one folder and one signer.

    `threads` is what a job may use. A job whose worker was lost is begun anew when `lease_s` has passed.
    """

    web: Annotated[int, Field(ge=1, le=64)] = 1
    workers: Annotated[int, Field(ge=0, le=64)] = 1
    threads: Annotated[int, Field(ge=1, le=256)] = 2
    lease_s: Annotated[float, Field(ge=1, le=3_600)] = 60.0


class Limits(_Section):
    """What one caller may ask of one web process, and the space below which the service is not ready.

    `matches_*`: single records that one agency may ask about in one project, over all processes.
    """

    requests_per_minute: Annotated[int, Field(ge=1)] = 6_000
    burst: Annotated[int, Field(ge=1)] = 600
    matches_per_day: Annotated[int, Field(ge=0)] = 2_000
    matches_per_minute: Annotated[int, Field(ge=0)] = 120
    sign_ins_per_minute: Annotated[int, Field(ge=1)] = 30
    least_free_bytes: Annotated[int, Field(ge=0)] = 2**30


class ProviderSettings(_Section):
    """The site's OpenID provider; without one people have local accounts. `acr`: what assurance a sign-in must have."""

    issuer: Annotated[str, Field(max_length=1_024)] = ""
    client_id: Annotated[str, Field(max_length=256)] = ""
    client_secret_file: Path | None = None
    acr: tuple[str, ...] = ()

    @field_validator("issuer")
    @classmethod
    def _safe(cls, text: str) -> str:
        return _safe_address(text) if text else text

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.issuer) is not bool(self.client_id):
            raise ValueError("[provider] issuer and client_id go together")
        return self


class Settings(_Section):
    """Everything. `file` is where it was read from."""

    file: Path
    public_url: str
    folder: Path = Path()
    listen: Listen = Listen()
    database: DatabaseSettings = DatabaseSettings()
    keys: Keys = Keys()
    log: LogSettings = LogSettings()
    processes: Processes = Processes()
    limits: Limits = Limits()
    provider: ProviderSettings = ProviderSettings()
    webhook_loopback: bool = False

    @field_validator("public_url")
    @classmethod
    def _https(cls, text: str) -> str:
        return _safe_address(text).rstrip("/")

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.listen.certificate is None) is not (self.listen.certificate_key_file is None):
            raise ValueError("[listen] certificate and certificate_key_file go together")
        return self

    def at(self, path: Path) -> Path:
        """A path of the settings, as seen from anywhere."""
        return self.file.parent / path

    @property
    def data(self) -> Path:
        """The unit's folder: batches, uploads, published log."""
        return self.at(self.folder)

    def database_url(self) -> str:
        """With its password, for the service; SettingsError when the password file cannot be used."""
        return self._url(self.database.url, self.database.password_file)

    def owner_url(self) -> str:
        """The same for the owner of the schema; without one, the service's own."""
        if not self.database.owner_url:
            return self.database_url()
        return self._url(self.database.owner_url, self.database.owner_password_file)

    def _url(self, text: str, password: Path | None) -> str:
        if not text:
            return f"sqlite:///{self.data / 'unit.sqlite'}"
        url = make_url(text)
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        if password is not None:
            url = url.set(password=read_secret(self.at(password)).decode())
        return url.render_as_string(hide_password=False)


def load_settings(file: Path, changes: Mapping[str, Mapping[str, Any]] | None = None) -> Settings:
    """Read the file; `changes` (section, key, value) come from the command's arguments and win.

    SettingsError names section, key and rule, never a value.
    """
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"{file}: cannot be read: {error.strerror}",
            hint="name the file with --settings, or make a folder with `sealink serve linkage --init FOLDER`",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: not TOML: {_place(error)}") from None
    for section, values in (changes or {}).items():
        below = found.setdefault(section, {})
        if isinstance(below, dict):
            below.update(values)
    if "file" in found:
        raise SettingsError(f"{file}: file: unknown setting")
    try:
        settings = Settings(**found, file=file.absolute())
    except ValidationError as error:
        raise SettingsError(f"{file}: {_first(error)}") from None
    for secret in _secrets(settings):
        read_secret(secret)
    return settings


def read_secret(path: Path) -> bytes:
    """The bytes of a secret's file without one final line break; SettingsError unless it is its owner's alone."""
    try:
        with path.open("rb") as file:
            found = file.read(LONGEST_SECRET + 1)
            mode = path.stat().st_mode
    except OSError as error:
        raise SettingsError(f"{path}: a secret that cannot be read: {error.strerror}") from None
    if mode & 0o077:
        raise SettingsError(f"{path}: others may use this secret", hint="chmod 600")
    found = found.removesuffix(b"\n")
    if not found or len(found) > LONGEST_SECRET:
        raise SettingsError(f"{path}: a secret that is empty or too long")
    return found


def _safe_address(text: str) -> str:
    found = urlsplit(text)
    is_loopback = found.scheme == "http" and found.hostname in _LOOPBACK
    if not found.hostname or not (found.scheme == "https" or is_loopback) or found.query or found.fragment:
        raise ValueError("https://HOST expected (http:// on loopback only)")
    return text


def _secrets(settings: Settings) -> list[Path]:
    named = (
        settings.keys.passphrase_file,
        settings.keys.web_secret_file,
        settings.database.password_file,
        settings.database.owner_password_file,
        settings.provider.client_secret_file,
    )
    return [settings.at(path) for path in named if path is not None]


def _place(error: Exception) -> str:
    return f"line {error.lineno}" if hasattr(error, "lineno") else "see its syntax"


def _first(error: ValidationError) -> str:
    one = error.errors(include_url=False, include_context=False, include_input=False)[0]
    *sections, key = map(str, one["loc"]) if one["loc"] else ("settings",)
    place = f"[{'.'.join(sections)}] {key}" if sections else key
    if one["type"] == "extra_forbidden":
        return f"{place}: unknown setting"
    if one["type"] == "missing":
        return f"{place}: a setting that is needed"
    return f"{place}: {one['msg'].removeprefix('Value error, ')}"
