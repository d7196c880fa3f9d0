"""A service that believes real credentials alone, and agencies that hold some, for tests of who gets in."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from service_site import ServiceSite, caller

from api.auth.agencies import register_agency
from api.auth.authenticating import authenticator
from api.auth.jose_keys import public_key
from api.auth.provider import Provider
from api.auth.server import AuthServer
from api.client.authorised import ASSERTION_TYPE
from api.client.credentials import AgencyCredential, JoseKey
from api.linkage.app import create_app
from api.linkage.routers import ROUTERS
from audit.entry import Entry, read

ISSUER = "http://127.0.0.1:8401"


@dataclass
class AuthSite:
    """The service behind its real door; `http` calls it in this process."""

    place: ServiceSite
    server: AuthServer
    app: FastAPI
    http: TestClient

    def agency(self, code: str = "police") -> AgencyCredential:
        """A registered agency's credential."""
        made = AgencyCredential(code, JoseKey.generate())
        register_agency(self.place.unit, caller(), code, code.title(), code, public_key(made.key.jwk))
        return made

    def now(self) -> int:
        return self.server.now_s()

    def nonce(self) -> str:
        return self.server.nonces.newest(self.now())

    def form(self, who: AgencyCredential, **changes: str) -> dict[str, str]:
        given = {
            "grant_type": "client_credentials", "client_id": who.client, "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": who.assertion(self.server.issuer, self.now()),
        }  # fmt: skip
        return {name: value for name, value in {**given, **changes}.items() if value}

    def ask(self, who: AgencyCredential, proof: str | None = None, **changes: str) -> Any:
        """A token request, right but for `changes`."""
        address = self.server.issuer + "/oauth/token"
        proof = who.proof("POST", address, self.now(), nonce=self.nonce()) if proof is None else proof
        headers = {"dpop": proof} if proof else {}
        return self.http.post("/oauth/token", data=self.form(who, **changes), headers=headers)

    def token(self, who: AgencyCredential) -> str:
        answer = self.ask(who)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def headers(self, who: AgencyCredential, token: str, method: str = "GET", path: str = "/v1/agency") -> Any:
        proof = who.proof(method, self.server.issuer + path, self.now(), token, self.nonce())
        return {"authorization": f"DPoP {token}", "dpop": proof}

    def call(
        self, who: AgencyCredential, token: str, method: str = "GET", path: str = "/v1/agency", **more: Any
    ) -> Any:
        headers = {**self.headers(who, token, method, path), **more.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **more)

    def entries(self, event: str) -> list[Entry]:
        log = self.place.unit.log
        found = [read(data) for data in log.entries(0, log.head().size)]
        return [entry for entry in found if entry.event == event]


def auth_site(place: ServiceSite, issuer: str = ISSUER, provider: Provider | None = None) -> AuthSite:
    server = place.auth_server(issuer, provider)
    app = create_app(place.unit, authenticator(server), ROUTERS)
    app.state.auth_server = server
    return AuthSite(place, server, app, TestClient(app, base_url=issuer, raise_server_exceptions=False))


@contextmanager
def served(place: ServiceSite) -> Iterator[AuthSite]:
    """The same on a port of this machine; its issuer is its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = auth_site(place, f"http://127.0.0.1:{listening.getsockname()[1]}")
        server = uvicorn.Server(uvicorn.Config(made.app, log_level="critical", lifespan="off", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "the server did not start"
                time.sleep(0.01)
            yield made
        finally:
            server.should_exit = True
            thread.join()
