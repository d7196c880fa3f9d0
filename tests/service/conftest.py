"""A linkage unit on each engine."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from service_site import ServiceSite, build_site


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServiceSite]:
    """A fresh unit on each engine; ask for `place_sqlite` where the engine makes no difference."""
    url = f"sqlite:///{tmp_path / 'unit.db'}"
    if request.param == "postgresql":
        server: str = request.getfixturevalue("postgresql")
        name = f"unit_{secrets.token_hex(6)}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = server.replace("/postgres?", f"/{name}?").replace("postgresql://", "postgresql+psycopg://")
    made = build_site(url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def place_sqlite(tmp_path: Path) -> Iterator[ServiceSite]:
    made = build_site(f"sqlite:///{tmp_path / 'unit.db'}", tmp_path)
    yield made
    made.close()
