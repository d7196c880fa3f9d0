"""Around every request: id, trace, headers, and an access log that holds nothing of what was sent."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import threading
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
import structlog
from fastapi import APIRouter
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from service_site import ServiceSite, who

from api.auth.guard import allowed, public
from api.auth.permissions import Permission, Role
from api.auth.principal import Principal
from api.http.context import HEADERS
from api.http.logs import set_up_logs
from api.http.metrics import REGISTRY, exposition
from api.http.traces import trace_of
from api.linkage import project_routes
from api.linkage.app import TheUnit
from api.linkage.routers import ROUTERS
from audit.entry import read

TRACE, SPAN = "ab" * 16, "cd" * 8
CANARIES = {
    "id number": "330106201203141234",
    "name": "赵小禾",
    "encoding": "9f" * 32,
    "handle": "7a5b" * 8,
    "token": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJwb2xpY2UifQ.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg",
    "key": "PRIVATE+KEY+log+0a1b2c3d+AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=",
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged, as `sealink serve` sets it up."""
    before = structlog.get_config()
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up_logs("test", stream)
    yield stream
    structlog.contextvars.clear_contextvars()
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks


router = APIRouter()


@router.get("/crash/{what}", dependencies=[public()])
def crash(what: str) -> None:
    raise RuntimeError(what)


@router.get("/warn/{what}", dependencies=[public()])
def warn(what: str) -> None:
    logging.getLogger("some.library").warning("could not use %s", what)
    logging.getLogger("some.library").warning(f"could not use {what}")


def test_every_answer_has_id_trace_and_careful_headers(place_sqlite: ServiceSite) -> None:
    """A complaint could not be found in the log, and a browser could be made to store or frame an answer."""
    with TestClient(place_sqlite.app(router), raise_server_exceptions=False) as http:
        for path in ("/nowhere", "/crash/x"):
            answer = http.get(path, headers={"traceparent": f"00-{TRACE}-{SPAN}-01"})
            assert re.fullmatch("[0-7][0-9A-HJKMNP-TV-Z]{25}", answer.headers["request-id"])
            assert re.fullmatch("00-(ab){16}-[0-9a-f]{16}-01", answer.headers["traceparent"])
            assert all(answer.headers[name] for name, _ in HEADERS)
            assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize(
    "header",
    [
        "",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        "x" * 5_000,
    ],
)
def test_a_trace_that_breaks_the_form_is_not_believed(header: str) -> None:
    """A caller could write what it likes into our log."""
    assert trace_of(header, bytes(range(24))).trace_id == bytes(range(16)).hex()


@given(st.binary(min_size=16, max_size=16).filter(any), st.binary(min_size=24, max_size=24))
def test_a_proper_trace_goes_on(trace: bytes, randomness: bytes) -> None:
    """A trace would break at our door."""
    found = trace_of(f"00-{trace.hex()}-{SPAN}-00", randomness)
    assert (found.trace_id, found.sampled) == (trace.hex(), False)
    assert found.traceparent == f"00-{trace.hex()}-{randomness[16:].hex()}-00"


def test_the_first_entry_carries_the_requests_id(place_sqlite: ServiceSite) -> None:
    """Nobody could tell which request wrote an entry."""
    one = APIRouter()

    @one.post("/enter")
    def enter(unit: TheUnit, who: Annotated[Principal, allowed(Permission.SELF)]) -> list[str]:
        places = [unit.enter(who.caller(), "heartbeat", {}).index for _ in range(2)]
        return [read(unit.log.entries(at, at + 1)[0]).req for at in places]

    with TestClient(place_sqlite.app(one)) as http:
        answer = http.post("/enter", headers=who(Role.OPERATOR))
        first, second = answer.json()
        assert first == answer.headers["request-id"] != second


def test_logs_problems_and_figures_hold_nothing_that_was_sent(place_sqlite: ServiceSite, lines: io.StringIO) -> None:
    """A child's number, an encoding, a token or a key would stand in a file that many may read."""
    told = ""
    with TestClient(place_sqlite.app(router, *ROUTERS), raise_server_exceptions=False) as http:
        for canary in CANARIES.values():
            headers: dict[str, Any] = who(Role.AGENCY, "police") | {
                "authorization": f"DPoP {canary}".encode(),
                "dpop": canary.encode(),
                "user-agent": canary.encode(),
                "traceparent": canary.encode(),
                "idempotency-key": canary.encode(),
                "if-match": f'"{canary}"'.encode(),
                "cookie": f"session={canary}".encode(),
                "content-digest": f"sha-256=:{canary}:".encode(),
                "upload-offset": canary.encode(),
            }
            for method, path in (
                ("GET", f"/nowhere/{canary}?q={canary}"),
                ("GET", f"/crash/{canary}?q={canary}"),
                ("GET", f"/warn/{canary}"),
                ("GET", f"/v1/projects?cursor={canary}&limit={canary}"),
                ("GET", f"/v1/projects/{canary}"),
                ("DELETE", f"/v1/projects/p-one/records/{canary}"),
                ("GET", f"/log/tile/entries/{canary}"),
                ("POST", f"/v1/projects/{canary}/reviews/next"),
                ("PUT", f"/v1/projects/p-one/uploads/{canary}"),
            ):
                told += http.request(method, path, headers=headers).text
            for body in ({"url": canary, "kinds": [canary]}, {canary: canary}, [canary], canary):
                told += http.post("/v1/webhooks", json=body, headers=who(Role.AGENCY, "police")).text
                told += http.post("/v1/projects", json=body, headers=who(Role.OPERATOR)).text
            told += http.post("/v1/webhooks", content=f'{{"a": "{canary}"', headers=headers).text
            told += http.request(canary[:9].encode().hex(), "/healthz").text
    logged = lines.getvalue()
    assert logged.count("answered") > 50 and "RuntimeError" in logged and "some.library" in logged
    for line in logged.splitlines():
        assert isinstance(json.loads(line), dict)
    for what, canary in CANARIES.items():
        for shown in (canary, canary.encode().hex(), json.dumps(canary)[1:-1]):
            assert shown not in logged, what
            assert shown not in told, what
            assert shown not in exposition().decode(), what


def test_figures_have_labels_of_closed_lists(place_sqlite: ServiceSite) -> None:
    """Every address that somebody invents would be a new series, and a handle a label."""
    with TestClient(place_sqlite.app(project_routes.router)) as http:
        http.get("/v1/projects/some-code", headers=who(Role.OPERATOR))
        http.request("BREW", "/v1/projects/some-code")
        http.get("/v2/anything")
    routes = {
        (sample.labels["method"], sample.labels["route"])
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "sealink_http_requests_total"
    }
    assert {("GET", "/v1/projects/{project}"), ("GET", "(none)")} <= routes
    assert not any("some-code" in route or method == "BREW" for method, route in routes)


def test_a_line_tells_route_status_and_size(place_sqlite: ServiceSite, lines: io.StringIO) -> None:
    """The access log would be of no use."""
    with TestClient(place_sqlite.app(project_routes.router)) as http:
        answer = http.get("/v1/projects/p-one", headers=who(Role.AGENCY, "police"))
    (line,) = [json.loads(each) for each in lines.getvalue().splitlines() if "answered" in each]
    assert (line["route"], line["status"], line["role"]) == ("/v1/projects/{project}", 404, "agency")
    assert (line["request"], line["left"], line["process"]) == (
        answer.headers["request-id"], len(answer.content), "test",
    )  # fmt: skip
