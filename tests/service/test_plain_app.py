"""Applications serve what they are told to and tell nobody else: no pages, no telemetry of the framework's."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient

from api.http.plain_app import plain_app

ROOT = Path(__file__).parents[2]
MAKER = "api/http/plain_app.py"
DESCRIBER = "api/http/description.py"
"""Makes one to describe its routes; it serves nothing."""


def test_no_environment_turns_telemetry_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rejected input and errors would be sent to a collector because of a variable that somebody set for another
    program."""
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    told = plain_app("x", ())._telemetry
    on = {name: value for name, value in told.items() if value and not name.endswith("provider")}
    assert on == {}


def test_nothing_is_served_but_the_routes() -> None:
    """Pages of the framework's would load scripts from elsewhere."""
    router = APIRouter()
    router.add_api_route("/one", lambda: {"is": "here"})
    client = TestClient(plain_app("x", (router,)))
    assert client.get("/one").json() == {"is": "here"}
    for path in ("/docs", "/redoc", "/openapi.json", "/one/"):
        assert client.get(path).status_code == 404


def test_every_application_is_made_there() -> None:
    """One that is made elsewhere would have all that again."""
    makers = set()
    for path in (ROOT / "api").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "FastAPI":
                makers.add(path.relative_to(ROOT).as_posix())
    assert makers == {MAKER, DESCRIBER}
