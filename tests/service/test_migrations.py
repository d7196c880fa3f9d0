"""Migrations: from nothing to the declared tables and back, on both engines; and what each role of PostgreSQL may."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import inspect, make_url, text

from api.migrations.drawing import TREES, drawn, laid_out
from api.migrations.migrating import differences, go_back, is_current, migrate
from api.migrations.roles import Roles
from api.migrations.tables import table_names
from api.migrations.tree import Tree
from api.settings import SettingsError, load_settings
from api.wiring import opened, worker_caller
from api.working_folder import make_folder
from audit.database import Database
from audit.models import TABLES

LOG = {table.name for table in TABLES}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'unit.db'}"
    return new_database(request.getfixturevalue("postgresql"))


def new_database(server: str) -> str:
    name = f"migrated_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return server.replace("/postgres?", f"/{name}?").replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    made = Database.open(url)
    yield made
    made.close()


def names(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def test_up_and_down_and_up(url: str, database: Database) -> None:
    """A fresh database would lack a table, or have another one than the code declares."""
    with database.reading() as connection:
        assert not is_current(connection)
    for _ in range(2):
        migrate(url)
        migrate(url)  # again: nothing
        with database.reading() as connection:
            assert is_current(connection) and differences(connection) == []
        assert names(database) == set(table_names()) | LOG
        go_back(url)
        assert names(database) == LOG  # a migration never takes a log away


def test_a_difference_shows(url: str, database: Database) -> None:
    """The test above could not fail."""
    migrate(url)
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE agency ADD COLUMN odd TEXT"))
        connection.execute(text("DROP INDEX ix_upload_state_expires_ms"))
    with database.reading() as connection:
        assert {found[0] for found in differences(connection)} == {"remove_column", "add_index"}


def test_a_migration_that_fails_leaves_what_was(url: str, database: Database) -> None:
    """A half migrated database would belong to no version."""
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE webhook_delivery (x INTEGER)"))
    with pytest.raises(Exception, match="webhook_delivery"):
        migrate(url)
    assert names(database) == {"webhook_delivery"}


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.name)
def test_the_first_revision_is_drawn_from_the_tables(tree: Tree) -> None:
    """Somebody declared a table and no migration makes it. Draw it: `make migration`."""
    assert laid_out(drawn(tree), tree.first) == tree.first.read_text(encoding="utf-8")


def test_a_database_of_another_version_is_refused(tmp_path: Path) -> None:
    """The service would run into tables that are not there, in the middle of an act."""
    settings = make_folder(tmp_path, public_url="http://127.0.0.1:8401", port=8401)
    go_back(settings.owner_url())
    with pytest.raises(SettingsError, match="another version"), opened(settings):
        pass
    migrate(settings.owner_url())
    with opened(settings) as service:
        service.unit.enter(worker_caller(), "heartbeat", {})


# --- roles of PostgreSQL -----------------------------------------------------------------------------------------


@dataclass
class Place:
    """A unit on PostgreSQL: owner, service and auditor are three roles."""

    folder: Path
    owner: str
    service: str
    auditor: str


@pytest.fixture(scope="module")
def place(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Place:
    owner = new_database(postgresql)
    tail = secrets.token_hex(4)
    service, auditor = f"service_{tail}", f"auditor_{tail}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        for role in (service, auditor):
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    folder = tmp_path_factory.mktemp("unit")
    as_role = {role: re.sub("//[^@]*@", f"//{role}@", owner) for role in (service, auditor)}
    # As an operator does it: a folder, then the roles in its settings, then the same command again.
    make_folder(folder, public_url="http://127.0.0.1:8401", port=8401)
    file = folder / "settings.toml"
    lines = [
        f"url = '{as_role[service]}'", f"owner_url = '{owner}'",
        f"service_role = '{service}'", f"auditor_role = '{auditor}'",
    ]  # fmt: skip
    file.write_text(file.read_text().replace("[database]", "\n".join(["[database]", *lines])))
    for path in ("origin", "memory", "memory.keeper"):
        (folder / ".log" / path).unlink(missing_ok=True)  # that log was SQLite's
    make_folder(folder, public_url="http://127.0.0.1:8401", port=8401)
    return Place(folder, owner, as_role[service], as_role[auditor])


def test_the_service_works_with_its_role(place: Place) -> None:
    """The grants would be too narrow to work with."""
    with opened(load_settings(place.folder / "settings.toml")) as service:
        receipt = service.unit.enter(worker_caller(), "heartbeat", {})
        assert service.unit.log.head().size == receipt.index + 1


FORBIDDEN_TO_SERVICE = (
    "UPDATE audit_entry SET data = data",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry",
    "UPDATE audit_node SET hash = hash",
    "DELETE FROM audit_node",
    "DELETE FROM audit_head",
    "INSERT INTO audit_head SELECT * FROM audit_head",
    "UPDATE audit_head SET origin = 'other'",
    "UPDATE audit_head SET book = 'vault'",
    "DELETE FROM audit_checkpoint",
    "UPDATE audit_checkpoint SET kind = 'cosigned'",
    "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    "DROP TRIGGER audit_entry_kept ON audit_entry",
    "DROP TABLE audit_entry",
    "ALTER TABLE audit_entry ADD COLUMN x TEXT",
    "CREATE OR REPLACE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    "SET session_replication_role = replica",
    "CREATE TABLE public.mine (x INTEGER)",
    "DROP TABLE agency",
    "TRUNCATE agency",
    "UPDATE alembic_version SET version_num = 'x'",
)
FORBIDDEN_TO_AUDITOR = (
    *FORBIDDEN_TO_SERVICE,
    "INSERT INTO audit_entry VALUES (99, 'a', 'b', NULL, 'c')",
    "UPDATE audit_head SET size = size",
    "SELECT * FROM audit_head FOR UPDATE",
    *(f"SELECT * FROM {name}" for name in table_names()),
    *(f"DELETE FROM {name}" for name in table_names()),
)


def refused(url: str, statement: str) -> bool:
    plain = url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(plain) as connection:
        try:
            connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            return True
        finally:
            connection.rollback()
    return False


@pytest.mark.parametrize("statement", FORBIDDEN_TO_SERVICE)
def test_the_service_may_not(place: Place, statement: str) -> None:
    """A thief of the service's password could rewrite the log, or what guards it."""
    assert refused(place.service, statement)


@pytest.mark.parametrize("statement", FORBIDDEN_TO_AUDITOR)
def test_the_auditor_may_not(place: Place, statement: str) -> None:
    """A reader of the log could write it, or read what the agencies sent."""
    assert refused(place.auditor, statement)


def test_the_auditor_reads_the_log(place: Place) -> None:
    """The auditor's role would be of no use, and the tests above could not fail."""
    for name in LOG:
        assert not refused(place.auditor, f"SELECT * FROM {name}")
    assert not refused(place.service, "DELETE FROM agency")


def test_grants_are_taken_back(place: Place) -> None:
    """A role that was changed in the settings would keep what it had."""
    with psycopg.connect(place.owner.replace("+psycopg", "")) as connection:
        role = make_url(place.auditor).username
        assert role is not None
        connection.execute(sql.SQL("GRANT SELECT ON agency TO {}").format(sql.Identifier(role)))
    assert not refused(place.auditor, "SELECT * FROM agency")
    migrate(place.owner, Roles(str(make_url(place.service).username), str(make_url(place.auditor).username)))
    assert refused(place.auditor, "SELECT * FROM agency")
