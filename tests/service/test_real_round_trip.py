"""SealinkClient, both of them, against a service behind its real door."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

import pytest
from auth_site import served
from running import running
from service_site import ServiceSite, caller
from typer.testing import CliRunner

from api.auth.agencies import end_tokens
from api.auth.dpop import NONCE_S
from api.cli.main import app
from api.client import AgencyCredential, AsyncSealinkClient, SealinkClient, ServiceError
from api.client.credentials import JoseKey
from api.working_folder import make_folder


def test_the_client_gets_in(place: ServiceSite) -> None:
    """Client and service would each follow the standards and not understand each other."""
    with served(place) as site:
        with SealinkClient(site.server.issuer, site.agency()) as client:
            assert client.list_webhooks() == []
        asked = len(site.entries("token.issue"))
        assert asked == 1


def test_the_asynchronous_client_gets_in(place_sqlite: ServiceSite) -> None:
    """The same for programs with an event loop, many calls at once."""
    with served(place_sqlite) as site:
        credential = site.agency()

        async def calls() -> list[object]:
            async with AsyncSealinkClient(site.server.issuer, credential) as client:
                await client.list_webhooks()
                return await asyncio.gather(*(client.list_webhooks() for _ in range(8)))

        assert asyncio.run(calls()) == [[]] * 8


def test_it_goes_on_when_tokens_end_and_nonces_grow_old(place_sqlite: ServiceSite) -> None:
    """A long job of an agency would break off after five minutes."""
    with served(place_sqlite) as site, SealinkClient(site.server.issuer, site.agency()) as client:
        assert client.list_webhooks() == []
        end_tokens(place_sqlite.unit, caller(), "police")
        assert client.list_webhooks() == []
        client._authoriser._nonce = site.server.nonces.newest(site.now() - 3 * NONCE_S)
        assert client.list_webhooks() == []


def test_a_stranger_does_not_get_in(place_sqlite: ServiceSite) -> None:
    """The tests above would prove nothing."""
    with (
        served(place_sqlite) as site,
        SealinkClient(site.server.issuer, AgencyCredential("police", JoseKey.generate())) as client,
        pytest.raises(ServiceError) as refused,
    ):
        client.list_webhooks()
    assert (refused.value.status, refused.value.code) == (401, "invalid-client")


def test_the_whole_service_lets_a_registered_agency_in(tmp_path: Path) -> None:
    """An operator could not set up a service that an agency can use: folder, registration, processes, client."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    settings = make_folder(tmp_path / "unit", public_url=f"http://127.0.0.1:{port}", port=port).file
    police = AgencyCredential("police", JoseKey.generate())
    registration = tmp_path / "police.json"
    registration.write_text(json.dumps({"agency": "police", "oauth": police.key.jwk}))

    def unit(*words: str) -> str:
        done = CliRunner().invoke(app, ["unit", *words, "--settings", str(settings)])
        assert done.exit_code == 0, done.output
        return done.output

    unit("agency", "add", "police", str(registration), "--kind", "police", "--name", "县公安局")
    with running(settings, "--port", str(port), "--web", "2") as service:
        with SealinkClient(service.base, police) as client:
            assert [client.list_webhooks() for _ in range(20)] == [[]] * 20
            unit("agency", "suspend", "police")
            with pytest.raises(ServiceError) as refused:
                client.list_webhooks()
            assert refused.value.status == 401
            unit("agency", "resume", "police")
            assert client.list_webhooks() == []
        said = json.dumps(service.lines)
        assert police.key.kid not in said and client._authoriser._token not in said
    assert "active" in unit("agency", "list")
    unit("token-key", "rotate")
    with running(settings, "--port", str(port)) as service, SealinkClient(service.base, police) as client:
        assert client.list_webhooks() == []
        assert len(service.get("/.well-known/jwks.json").json()["keys"]) == 3


def test_a_registration_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    """An operator would register one agency under another's name, or a key that others can use."""
    settings = make_folder(tmp_path / "unit", public_url="http://127.0.0.1:8401", port=8401).file
    key = JoseKey.generate()
    for registration, why in (
        ({"agency": "hospital", "oauth": key.jwk}, "another agency"),
        ({"agency": "police", "oauth": {**key.jwk, "d": "AQAB"}}, "private"),
        ({"agency": "police"}, "registration"),
    ):
        file = tmp_path / "police.json"
        file.write_text(json.dumps(registration))
        command = ["unit", "agency", "add", "police", str(file), "--kind", "police", "--settings", str(settings)]
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 2 and why in " ".join(done.output.split()), done.output
