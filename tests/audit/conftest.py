"""A log on each database engine."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from log_site import ORIGIN, Site
from psycopg import sql

from audit.events import Book
from audit.keys import Ed25519Signer
from audit.store import create_store


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A fresh log on each engine, with a running signer."""
    url, admin = f"sqlite:///{tmp_path / 'log.db'}", ""
    if request.param == "postgresql":
        server: str = request.getfixturevalue("postgresql")
        name = f"log_{secrets.token_hex(6)}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        admin = server.replace("/postgres?", f"/{name}?")
        url = admin.replace("postgresql://", "postgresql+psycopg://")
    create_store(url, ORIGIN, Book.LINKAGE)
    made = Site(url, tmp_path, Ed25519Signer.generate(ORIGIN), admin)
    made.start_signer()
    yield made
    made.close()
