"""Readiness, and the published log over HTTP."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from service_site import ServiceSite, caller, who

from api.auth.permissions import Role
from api.linkage import health_routes, log_routes
from audit.commitments import hash_output
from audit.entry import read
from audit.publish import publish


def client(place: ServiceSite) -> TestClient:
    app = place.app(health_routes.router, log_routes.router)
    app.state.least_free_bytes = 0
    return TestClient(app, raise_server_exceptions=False)


def publish_some(place: ServiceSite) -> None:
    for _ in range(3):
        place.unit.enter(caller(), "heartbeat", {})
    publish(place.unit.log, place.unit.folder / "log", [place.site.key.verifier])


def test_ready_when_everything_is(place: ServiceSite) -> None:
    """A load balancer would send nobody here."""
    with client(place) as http:
        assert http.get("/readyz").json() == {"database": "ok", "log": "ok", "disk": "ok"}


def test_not_ready_without_a_signer(place_sqlite: ServiceSite) -> None:
    """Acts would be sent to a service whose log takes no entries."""
    place_sqlite.site.stop_signer()
    place_sqlite.unit.log.signer.close()  # as the death of a signer's process would
    with client(place_sqlite) as http:
        answer = http.get("/readyz")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["database"] == "ok" and answer.json()["log"] != "ok"
        assert http.get("/healthz").status_code == 200


def test_not_ready_on_a_full_disk(place_sqlite: ServiceSite) -> None:
    """Uploads would be taken that cannot be stored."""
    app = place_sqlite.app(health_routes.router)
    app.state.least_free_bytes = 2**62
    with TestClient(app) as http:
        assert http.get("/readyz").json()["disk"] == "disk full"


def test_hashes_are_public(place_sqlite: ServiceSite) -> None:
    """Nobody outside could check that the log only grows."""
    publish_some(place_sqlite)
    folder = place_sqlite.unit.folder / "log"
    with client(place_sqlite) as http:
        for name in ("checkpoint", "vkeys", "tile/0/000.p/3"):
            assert http.get(f"/log/{name}").content == (folder / name).read_bytes()
        assert http.get("/log/tile/0/000.p/4").status_code == 404


def test_entries_are_for_auditors_and_each_reading_is_an_entry(place_sqlite: ServiceSite) -> None:
    """Anybody, or an auditor unseen, could read who did what."""
    publish_some(place_sqlite)
    path = "/log/tile/entries/000.p/3"
    with client(place_sqlite) as http:
        assert http.get(path).status_code == 401
        for role, agency in ((Role.AGENCY, "police"), (Role.OPERATOR, None), (Role.REVIEWER, None)):
            assert http.get(path, headers=who(role, agency)).status_code == 403
        before = place_sqlite.unit.log.head().size
        answer = http.get(path, headers=who(Role.AUDITOR))
    assert answer.status_code == 200
    assert answer.content == (place_sqlite.unit.folder / "log" / "tile/entries/000.p/3").read_bytes()
    (data,) = place_sqlite.unit.log.entries(before, before + 1)
    entry = read(data)
    assert (entry.event, entry.facts) == ("audit.read", {"what": "entries", "start": 0, "stop": 3})
    assert entry.output is not None
    assert entry.output.sha256 == hash_output(answer.content, bytes.fromhex(answer.headers["sealink-salt"]))


@pytest.mark.parametrize(
    "path",
    [
        "../../unit.db", "..%2f..%2funit.db", "tile/0/..%2f..%2f..%2fmemory", "tile/entries/%2e%2e/000", "tile/0/0",
        "tile/0/000.p/0", "tile/0/000.p/257", "tile/0/x000/000", "tile/64/000", "tile/0/000%00", ".vkeys.partial",
    ],
)  # fmt: skip
def test_nothing_else_is_served(place_sqlite: ServiceSite, path: str) -> None:
    """Any file of the machine could be read through the log's address."""
    publish_some(place_sqlite)
    with client(place_sqlite) as http:
        assert http.get(f"/log/{path}", headers=who(Role.AUDITOR)).status_code in (400, 404, 422)
