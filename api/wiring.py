"""The composition root of the linkage service: everything that a process of it needs, built from the settings.

It decides nothing. Each process (supervisor, web, worker) opens its own; they meet in the database, the folder and the
one signer. What is opened first is closed last, so that a web process can still finish an entry while it stops.

May touch: disk, database, a local socket (the signer)
Sees:      keys and secrets of the unit
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fastapi import FastAPI

from api.auth.authenticating import authenticator
from api.auth.dpop import Nonces
from api.auth.provider import RETURN_PATH, Provider, ProviderTerms
from api.auth.refusals import login_refusals, token_refusals
from api.auth.server import AuthServer
from api.auth.token_keys import TokenKeys
from api.http.limits import Limits, Rate
from api.linkage.app import create_app, derive_key
from api.linkage.routers import ROUTERS
from api.migrations.migrating import is_current
from api.migrations.roles import Roles
from api.settings import Settings, SettingsError, read_secret
from audit.crypto import passphrase
from audit.crypto.errors import MissingKeyError
from audit.crypto.keystore import Keystore, load
from audit.database import Database
from audit.entry import Actor
from audit.errors import AuditError
from audit.events import Book
from audit.policy import Policy as WitnessPolicy
from audit.policy import parse_policy
from audit.publisher import Publisher
from audit.site import Place, Site, open_site
from linkage.caller import Caller
from linkage.job_clusters import JobClusters
from linkage.quotas import Quota
from linkage.standing_records import StandingRecords
from linkage.unit import Policy, Unit, UnitKeys

OWN: Final = "unit"
"""Name of the unit's keys in its keystore."""

RULES: Final = Path(__file__).parent / "auth" / "linkage-1.rules"

LOG_DEADLINE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Service:
    """One process's own view of the running service. All processes have the same `web_secret`."""

    settings: Settings
    unit: Unit
    site: Site
    web_secret: bytes = field(repr=False)
    auth: AuthServer = field(repr=False)


@contextmanager
def opened(settings: Settings) -> Iterator[Service]:
    """The service for as long as the block lasts. Raises `SettingsError` or `AuditError`, one sentence each."""
    if not Place(settings.data).origin.exists():
        raise SettingsError(f"{settings.data}: no log here", hint="make the folder with --init")
    secret = read_secret(settings.at(settings.keys.web_secret_file))
    keystore = unit_keystore(settings)
    keys = UnitKeys(keystore.opening_key(OWN), keystore.signing_key(OWN))
    url = settings.database_url()
    policy = _witness_policy(settings)
    with open_site(settings.data, Book.LINKAGE, url, policy=policy, deadline_s=LOG_DEADLINE_S) as site:
        database = Database.open(url)
        try:
            _check_revision(database)
            unit = Unit(database, site.log, settings.data, keys, rules(), now_ms, site.vkeys)
            auth = _auth_server(settings, unit, keystore, secret)
            try:
                yield Service(settings, unit, site, secret, auth)
            finally:
                auth.close()
        finally:
            database.close()


def web_app(service: Service) -> FastAPI:
    """The application that a web process serves."""
    https = service.settings.public_url.startswith("https:")
    authenticate = authenticator(service.auth)
    app = create_app(service.unit, authenticate, ROUTERS, web_secret=service.web_secret, https=https)
    app.state.auth_server = service.auth
    limits = service.settings.limits
    app.state.limits = Limits(Rate(limits.requests_per_minute, limits.burst), time.monotonic)
    app.state.sign_in_limits = Limits(Rate(limits.sign_ins_per_minute, limits.sign_ins_per_minute), time.monotonic)
    app.state.site = service.site
    app.state.least_free_bytes = limits.least_free_bytes
    app.state.subject_records = StandingRecords(JobClusters())
    app.state.match_quota = Quota(limits.matches_per_day, limits.matches_per_minute)
    app.state.webhook_loopback = service.settings.webhook_loopback
    return app


def publisher(service: Service) -> Publisher:
    """What keeps the log public; the supervisor runs it."""
    log = service.settings.log
    return Publisher(
        service.site, every_s=log.publish_every_s, heartbeat_s=log.heartbeat_s, longest_gap_s=log.longest_gap_s
    )


def worker_caller() -> Caller:
    """Who the log names for what a worker does by itself."""
    return Caller(Actor("worker", "linkage-unit", "service", "none", "service"))


def console_caller() -> Caller:
    """Who the log names for what is done at the unit's own machine, without HTTP."""
    return Caller(Actor("console", "linkage-unit", "operator", "machine", "console"))


def roles_of(settings: Settings) -> Roles:
    """Who gets which grants on PostgreSQL."""
    return Roles(settings.database.service_role, settings.database.auditor_role)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def rules() -> Policy:
    """The rule file that decisions in the log are made under, and made again with by auditors."""
    return Policy("linkage-1", hashlib.sha256(RULES.read_bytes()).hexdigest())


def _check_revision(database: Database) -> None:
    with database.reading() as connection:
        if not is_current(connection):
            raise SettingsError("database: its tables are of another version", hint="run with --migrate, as its owner")


def unit_keystore(settings: Settings) -> Keystore:
    """The unit's keystore, opened."""
    path = settings.at(settings.keys.keystore)
    if not path.exists():
        raise SettingsError(f"{path}: no keystore here", hint="make the folder with --init")
    return load(path, passphrase.from_file(settings.at(settings.keys.passphrase_file)))


def _auth_server(settings: Settings, unit: Unit, keystore: Keystore, secret: bytes) -> AuthServer:
    try:
        keys = TokenKeys.of(keystore)
    except MissingKeyError:
        raise SettingsError("keystore: no token keys in it", hint="finish the folder with --init") from None
    return AuthServer(
        unit, settings.public_url, keys, Nonces(derive_key(secret, "dpop-nonce")),
        token_refusals(unit, time.monotonic), login_refusals(unit, time.monotonic), derive_key(secret, "accounts"),
        _provider(settings),
    )  # fmt: skip


def _provider(settings: Settings) -> Provider | None:
    found = settings.provider
    if not found.issuer:
        return None
    secret = read_secret(settings.at(found.client_secret_file)).decode() if found.client_secret_file else ""
    redirect = settings.public_url + RETURN_PATH
    return Provider(ProviderTerms(found.issuer, found.client_id, redirect, secret, found.acr), time.monotonic)


def _witness_policy(settings: Settings) -> WitnessPolicy | None:
    if settings.log.witness_policy is None:
        return None
    path = settings.at(settings.log.witness_policy)
    try:
        return parse_policy(path.read_bytes())
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    except AuditError as error:
        raise SettingsError(f"{path}: {error}") from None
