"""Make a linkage unit's folder: settings, keys, database, the log with its signer's memory. Nothing is overwritten.

    settings.toml           what `sealink serve linkage --settings` reads
    keys/                   keystore (own keys, token keys), its passphrase, the secret under cursors, nonces…
    unit.sqlite             the database, unless a URL was given
    .log/                   the log's key and its signer's memory

Run again it finishes what was half made. It starts nothing and makes no account: people come by `api.auth`.

May touch: disk, database
Sees:      keys and secrets that it draws
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

from api.auth.token_keys import with_token_keys
from api.migrations.migrating import migrate
from api.settings import Settings, load_settings
from api.wiring import OWN, roles_of
from audit.crypto import passphrase
from audit.crypto.keystore import KeyKind, Keystore, StoredKey, generate_key, load, save
from audit.crypto.whole_file import whole_file
from audit.events import Book
from audit.site import create_site

SETTINGS: Final = "settings.toml"

_TEMPLATE: Final = """\
# Settings of `sealink serve linkage --settings settings.toml`. Paths are relative to this file.
# Secrets are files of mode 0600, named here and never written here.

# How agencies and browsers reach the service; also the issuer of its tokens.
public_url = "{public_url}"
folder = "."

[listen]
host = "127.0.0.1"
port = {port}

[database]
{database}
[keys]
keystore = "keys/unit"
passphrase_file = "keys/unit-passphrase"
web_secret_file = "keys/web-secret"

[log]
# witness_policy = "tlog-policy"    # who must cosign (C2SP tlog-policy)

[processes]
web = 1
workers = 1
"""


def make_folder(folder: Path, *, public_url: str, port: int, database_url: str = "", origin: str = "") -> Settings:
    """The folder's settings, all that they name made. `origin` is the log's public name; by default a random one.

    Roles and passwords of PostgreSQL are written into the settings file by hand; then this is run again.

    SettingsError or AuditError names what cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "keys").mkdir(exist_ok=True, mode=0o700)
    phrase = _secret(folder / "keys" / "unit-passphrase")
    _secret(folder / "keys" / "web-secret")
    file = folder / SETTINGS
    if not file.exists():
        database = f"url = {_quoted(database_url)}\n" if database_url else '# url = "postgresql://sealink@db/unit"\n'
        text = _TEMPLATE.format(public_url=public_url, port=port, database=database)
        with whole_file(file, mode=0o600, may_replace=False) as out:
            out.write(text.encode())
    settings = load_settings(file)
    keystore = settings.at(settings.keys.keystore)
    is_there = keystore.exists()
    found = load(keystore, phrase) if is_there else Keystore("linkage-unit", _own_keys())
    complete = with_token_keys(found)
    if complete is not found:
        save(keystore, complete, phrase, may_replace=is_there)
    migrate(settings.owner_url(), roles_of(settings))
    create_site(settings.data, Book.LINKAGE, database_url=settings.owner_url(), origin=origin or None)
    return settings


def _own_keys() -> tuple[StoredKey, ...]:
    return generate_key(KeyKind.SIGNING, OWN), generate_key(KeyKind.HPKE, OWN)


def _secret(path: Path) -> bytes:
    if not path.exists():
        with whole_file(path, mode=0o600, may_replace=False) as out:
            out.write(secrets.token_hex(32).encode() + b"\n")
    return passphrase.from_file(path)


def _quoted(text: str) -> str:
    """A TOML literal string: nothing in it is an escape."""
    return "'" + text.replace("'", "") + "'"
