"""The desk's own API on loopback: one token, one session, one origin, and nothing signed unseen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient
from test_vault_service import asked_at
from vault_site import VaultSite, now_ms, vault_site

from api.vault import desk_work
from api.vault.desk_server import create_desk_app
from api.vault.desk_work import Desk
from api.vault.rosters_kept import KeptRosters

TOKEN = "printed once"
BASE = "http://127.0.0.1:8411"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultSite]:
    with vault_site(tmp_path_factory.mktemp("vault")) as made:
        yield made


@pytest.fixture
def desk(site: VaultSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The court's decider at a desk, under the cast's own law."""
    human = site.cast.people["decider-court"]
    folder = SimpleNamespace(
        person=human.person, agency=human.agency, signer=human.signer, desk_keys=(site.cast.desks["court-a"],),
        rosters=lambda: KeptRosters(tmp_path / "rosters", site.cast.pins()),
    )  # fmt: skip
    monkeypatch.setattr(desk_work, "LAW", site.cast.law)
    return Desk(cast(Any, folder), site.client("decider-court"), now_ms)


def _started(desk: Desk) -> TestClient:
    client = TestClient(create_desk_app(desk, TOKEN), base_url=BASE)
    session = client.post("/v1/start", json={"token": TOKEN}).json()["session"]
    client.headers["Authorization"] = f"Bearer {session}"
    return client


def test_shown_then_decided(site: VaultSite, desk: Desk) -> None:
    """Pages of the desk could not do what the command line does."""
    sealed = site.cast.seal()
    site.store(sealed)
    asked = asked_at(site)
    client = _started(desk)
    assert asked.request in [one["request"] for one in client.get("/v1/requests").json()["requests"]]
    unseen = client.post(f"/v1/requests/{asked.request}/decision", json={"record": sealed.index.record})
    assert unseen.status_code == 409 and "shown" in unseen.json()["detail"]
    shown = client.get(f"/v1/requests/{asked.request}").json()
    assert shown["grounds"]["case_no"] == "case 2" and shown["records"][-1]["record"] == sealed.index.record
    done = client.post(f"/v1/requests/{asked.request}/decision", json={"record": sealed.index.record})
    assert done.status_code == 204, done.text
    assert client.get(f"/v1/requests/{asked.request}").json()["state"] == "decided"


def test_one_token_one_session_one_origin(desk: Desk) -> None:
    """A page of another site, a second starter, a caller without the session could read and sign as the person."""
    client = TestClient(create_desk_app(desk, TOKEN), base_url=BASE)
    assert client.get("/v1/requests").status_code == 401
    assert client.post("/v1/start", json={"token": "guessed"}).status_code == 401
    session = client.post("/v1/start", json={"token": TOKEN}).json()["session"]
    assert client.post("/v1/start", json={"token": TOKEN}).status_code == 401
    headers = {"Authorization": f"Bearer {session}"}
    assert client.get("/v1/requests", headers=headers).status_code == 200
    assert client.get("/v1/requests", headers=headers | {"Host": "evil.example"}).status_code == 403
    assert client.get("/v1/requests", headers=headers | {"Origin": "https://evil.example"}).status_code == 403
