"""A linkage unit for tests: database of either engine with all tables, log with a signer in a thread, application."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from log_site import ORIGIN, Site

from api.auth import models as _  # noqa: F401  (declares its tables)
from api.auth.dpop import Nonces
from api.auth.permissions import Role
from api.auth.principal import Principal
from api.auth.provider import Provider
from api.auth.refusals import login_refusals, token_refusals
from api.auth.server import AuthServer
from api.auth.token_keys import TokenKeys, with_token_keys
from api.http.problems import Problem
from api.linkage.app import create_app
from api.models import METADATA as DESK_METADATA
from api.wiring import RULES, rules
from audit.crypto.hpke import OpeningKey
from audit.crypto.keystore import Keystore
from audit.crypto.signatures import SigningKey
from audit.database import Database
from audit.entry import Entry, read
from audit.events import Book, Outcome
from audit.keys import Ed25519Signer
from audit.store import create_store
from audit.verifier.rules import parse_rules
from linkage.agencies import AgencyState
from linkage.caller import Caller
from linkage.models import METADATA
from linkage.store import agencies as register
from linkage.unit import Unit, UnitKeys

WHO = "x-test-who"
"""Header that tests name their principal with: `role/agency-or-dash/subject`."""


def principal(role: Role, agency: str | None = None, subject: str = "someone") -> Principal:
    auth = "private-key-jwt" if agency else "local"
    return Principal(subject, role, agency, auth, "device-a")


def caller(agency: str | None = None, role: Role = Role.OPERATOR, subject: str = "someone") -> Caller:
    return principal(Role.AGENCY if agency else role, agency, subject).caller()


def who(role: Role, agency: str | None = None, subject: str = "someone") -> dict[str, str]:
    """Headers of a request by this principal."""
    return {WHO: f"{role}/{agency or '-'}/{subject}"}


async def authenticate_by_header(request: Request) -> Principal:
    """Stands in for the authenticators in tests of routes; tests of credentials use the real ones."""
    text = request.headers.get(WHO)
    if text is None:
        raise Problem(401, "no-credential", "a credential is needed")
    role, agency, subject = text.split("/")
    return principal(Role(role), None if agency == "-" else agency, subject)


@dataclass
class ServiceSite:
    """`unit` at work; `clock_ms` may be moved by tests."""

    site: Site
    unit: Unit
    shift_ms: list[int] = field(default_factory=lambda: [0])
    servers: list[AuthServer] = field(default_factory=list)

    def app(self, *routers: APIRouter) -> FastAPI:
        app = create_app(self.unit, authenticate_by_header, routers)
        app.state.auth_server = self.auth_server("http://testserver")
        return app

    def auth_server(self, issuer: str, provider: Provider | None = None) -> AuthServer:
        """With token keys of its own."""
        keys = TokenKeys.of(with_token_keys(Keystore("linkage-unit")))
        made = AuthServer(
            self.unit, issuer, keys, Nonces(b"n" * 32), token_refusals(self.unit, time.monotonic),
            login_refusals(self.unit, time.monotonic), b"s" * 32, provider,
        )  # fmt: skip
        self.servers.append(made)
        return made

    def must_follow_the_rules(self) -> None:
        """Every decision to allow, of every test, is one that an auditor reaches by the shipped rule file."""
        shipped, log, earlier = parse_rules(RULES.read_bytes()), self.unit.log, dict[str, Entry]()
        for data in log.entries(0, log.head().size):
            entry = read(data)
            if entry.decision is not None and entry.decision.outcome is Outcome.ALLOW:
                assert shipped.allow(entry, earlier), (entry.event, entry.actor.role, entry.decision.reasons)
            earlier[entry.req] = entry

    def know(self, *agencies: str) -> None:
        """Put agencies that have no keys into the register, as far as they are not there."""
        with self.unit.database.writing() as connection:
            for code in agencies:
                if register.find(connection, code) is None:
                    register.add(connection, register.Agency(code, code, "other", AgencyState.ACTIVE, 1, 0))

    def close(self) -> None:
        for server in self.servers:
            server.close()
        self.must_follow_the_rules()
        self.unit.database.close()
        self.site.close()


def build_site(url: str, folder: Path, tables: Sequence[object] = ()) -> ServiceSite:
    create_store(url, ORIGIN, Book.LINKAGE)
    database = Database.open(url)
    with database.writing() as connection:
        METADATA.create_all(connection)
        DESK_METADATA.create_all(connection)
        for metadata in tables:
            metadata.create_all(connection)  # type: ignore[attr-defined]
    site = Site(url, folder, Ed25519Signer.generate(ORIGIN), "")
    site.start_signer()
    shift = [0]
    unit = Unit(
        database=database,
        log=site.open(),
        folder=folder / "data",
        keys=UnitKeys(OpeningKey.generate(), SigningKey.generate()),
        policy=rules(),
        now_ms=lambda: time.time_ns() // 1_000_000 + shift[0],
    )
    unit.folder.mkdir()
    return ServiceSite(site, unit, shift)
