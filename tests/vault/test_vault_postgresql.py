"""The vault on PostgreSQL: the whole story under the service's own role, and what that role may not do."""

from __future__ import annotations

import secrets
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url, text
from test_vault_service import test_the_whole_story as whole_story
from vault_site import vault_site

from api.vault.serving import bring_tables
from audit.events import Book
from audit.site import create_site

REFUSED = r"permission denied|must be owner"


def new_database(server: str) -> str:
    """The address of an empty database, as its owner."""
    name = f"vault_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return server.replace("/postgres?", f"/{name}?").replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture
def urls(postgresql: str) -> tuple[str, str]:
    """An empty database: its owner's address, and that of a role which may log in and nothing else."""
    role = f"vault_service_{secrets.token_hex(4)}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    owner = new_database(postgresql)
    service = make_url(owner).set(username=role).render_as_string(hide_password=False)
    return owner, service


def test_the_story_under_the_services_role(urls: tuple[str, str], tmp_path: Path) -> None:
    """A city's vault would work on a developer's file alone; and its service could rewrite what was signed."""
    owner, service = urls
    (tmp_path / "vault").mkdir()
    create_site(tmp_path / "vault", Book.VAULT, database_url=owner)
    bring_tables(owner, str(make_url(service).username))
    with vault_site(tmp_path, service) as site:
        whole_story(site, "court-a")
        for forbidden in (
            "UPDATE vault_roster SET data = data",
            "DELETE FROM vault_act",
            "UPDATE vault_request SET data = data",
            "UPDATE vault_intent SET entry = entry",
            "DELETE FROM vault_lock",
            "UPDATE alembic_version SET version_num = 'x'",
            "UPDATE audit_entry SET data = data",
            "DELETE FROM audit_entry",
            "CREATE TABLE another (id int)",
            "DROP TABLE vault_act",
        ):
            with (
                pytest.raises(Exception, match=REFUSED),
                site.vault.database.writing() as one,
            ):
                one.execute(text(forbidden))
