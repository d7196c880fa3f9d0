"""Run the vault service: its folder made once, then one process with log, publisher and HTTP on loopback.

One process on purpose: a city seals some dozens of cases a year, and everything heavy happens on desks. What is opened
first is closed last, so that an entry under way is finished while it stops.

May touch: disk, database, network (loopback or where it is told to listen), a local socket (the signer)
Sees:      ciphertext, hashes
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI

from api.http.logs import set_up_logs
from api.vault.app import create_app
from api.vault.grants import vault_grants
from api.vault.routers import ROUTERS
from api.vault.settings import TEMPLATE, VaultSettings, VaultSettingsError, load_vault_settings
from audit.crypto.whole_file import whole_file
from audit.database import Database
from audit.errors import AuditError
from audit.events import Book
from audit.keys import Ed25519Signer, MlDsa44Signer
from audit.publisher import Publisher
from audit.site import Place, create_site, open_site
from vault.errors import VaultError
from vault.house import Vault
from vault.law.lawbook import ShippedLaw
from vault.pins import witness_policy
from vault.vocabulary import Holder

RULES: Final = Path(__file__).with_name("vault-1.rules")
FINISH_S: Final = 15
SETTINGS: Final = "vault.toml"
LOG_KEYS: Final = "log-vkeys"


def make_vault_folder(
    folder: Path, *, public_url: str, port: int, database_url: str = "", origin: str = "", service_role: str = ""
) -> Path:
    """Make settings, tables and the log; returns the settings file. Nothing is overwritten; old tables are migrated.

    `database_url` is the owner's of a PostgreSQL schema; `service_role` gets the service's grants there.

    The log's verifier keys are written into `log-vkeys`: they belong into the pin file of every desk and agent.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / SETTINGS
    if not file.exists():
        with whole_file(file, may_replace=False) as out:
            out.write(TEMPLATE.format(public_url=public_url, port=port).encode())
    place = create_site(folder, Book.VAULT, database_url=database_url or None, origin=origin or None)
    bring_tables(database_url or place.default_url, service_role)
    with whole_file(folder / LOG_KEYS) as out:
        out.write("".join(f"{line}\n" for line in log_keys(place)).encode())
    return file


def bring_tables(url: str, service_role: str = "") -> None:
    """Bring the database to the tables of this version, as the schema's owner; nothing happens to one that has them."""
    from api.migrations.vault_tables import VAULT  # not at every desk's start

    VAULT.migrate(url, vault_grants(service_role) if service_role else ())


def log_keys(place: Place) -> list[str]:
    """The log's verifier keys, its Ed25519 key first."""
    return [Ed25519Signer.load(place.key).verifier.vkey, MlDsa44Signer.load(place.pq_key).verifier.vkey]


@contextmanager
def opened_vault(settings: VaultSettings) -> Iterator[Vault]:
    """The vault for as long as the block lasts. Raises `VaultError` or `AuditError`, one sentence each."""
    pins = settings.read_pins()
    urls = {"court": settings.witnesses.court, "procuratorate": settings.witnesses.procuratorate}
    keys = {known.name: known.key.vkey for known in (pins.trust.policy.witnesses if pins.trust.policy else ())}
    policy = witness_policy({holder.value: keys[holder.value] for holder in Holder}, urls)
    url = settings.database_url or None
    with open_site(settings.data, Book.VAULT, url, policy=policy) as site, Publisher(site) as public:
        database = Database.open(url or site.place.default_url)
        try:
            _check_tables(database)
            yield Vault(database, site.log, public, settings.data, pins, ShippedLaw(), rules_sha256(), now_ms)
        finally:
            database.close()


def _check_tables(database: Database) -> None:
    from api.migrations.vault_tables import VAULT

    with database.reading() as connection:
        if not VAULT.is_current(connection):
            raise VaultSettingsError("database: its tables are of another version; run --init again, as its owner")


def rules_sha256() -> str:
    """Hash of the rule file that the log's decisions are made under."""
    return hashlib.sha256(RULES.read_bytes()).hexdigest()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def vault_app(vault: Vault, *, https: bool) -> FastAPI:
    """The application."""
    return create_app(vault, ROUTERS, https=https)


def serve_vault(settings: VaultSettings) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    set_up_logs("vault")
    listen = settings.listen
    with socket.create_server((listen.host, listen.port)) as listening, opened_vault(settings) as vault:
        app = vault_app(vault, https=settings.public_url.startswith("https:"))
        config = uvicorn.Config(
            app, access_log=False, log_config=None, server_header=False, lifespan="off", http="httptools", ws="none",
            timeout_graceful_shutdown=FINISH_S,
        )  # fmt: skip
        gc.collect()
        gc.freeze()  # what lives as long as the process is never looked through again, while somebody waits
        uvicorn.Server(config).run(sockets=[listening])


def main() -> None:
    """`python -m api.vault.serving --settings FILE`: what `sealink serve vault` becomes."""
    options = argparse.ArgumentParser(prog="python -m api.vault.serving")
    options.add_argument("--settings", type=Path, required=True)
    try:
        serve_vault(load_vault_settings(options.parse_args().settings))
    except (VaultError, AuditError) as error:
        sys.exit(f"refused: {error}")


if __name__ == "__main__":
    main()
