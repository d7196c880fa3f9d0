"""The vault's migrations: from nothing to the declared tables and back, on both engines; another version is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from vault_cast import Cast
from vault_site import vault_site

from api.migrations.vault_tables import VAULT
from api.vault.serving import bring_tables, make_vault_folder, opened_vault
from api.vault.settings import VaultSettingsError, load_vault_settings
from audit.database import Database
from audit.models import TABLES
from audit.site import Place
from vault.models import METADATA

LOG = {table.name for table in TABLES}
OWN = set(METADATA.tables)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'vault.db'}"
    from test_vault_postgresql import new_database

    return new_database(request.getfixturevalue("postgresql"))


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    made = Database.open(url)
    yield made
    made.close()


def names(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def test_up_and_down_and_up(url: str, database: Database) -> None:
    """A fresh vault would lack a table or have another one than is declared; or a way back would take the log along."""
    with database.reading() as connection:
        assert not VAULT.is_current(connection)
    for _ in range(2):
        bring_tables(url)
        bring_tables(url)  # again: nothing
        with database.reading() as connection:
            assert VAULT.is_current(connection) and VAULT.differences(connection) == []
        assert names(database) == OWN | LOG
        VAULT.go_back(url)
        assert names(database) == LOG


def test_a_difference_shows(url: str, database: Database) -> None:
    """The test above could not fail."""
    bring_tables(url)
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE vault_lock ADD COLUMN odd TEXT"))
        connection.execute(text("DROP INDEX ix_vault_half_holder_key"))
    with database.reading() as connection:
        assert {found[0] for found in VAULT.differences(connection)} == {"remove_column", "add_index"}


def test_a_migration_that_fails_leaves_what_was(url: str, database: Database) -> None:
    """A half migrated vault would belong to no version."""
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE vault_request (x INTEGER)"))
    with pytest.raises(Exception, match="vault_request"):
        bring_tables(url)
    assert names(database) == {"vault_request"}


def test_a_database_of_another_version_is_refused(tmp_path: Path) -> None:
    """The vault would run into tables that are not there, in the middle of an act."""
    file = make_vault_folder(tmp_path, public_url="http://127.0.0.1:8402", port=8402, origin="city.example/vault")
    cast = Cast()
    cast.log_keys = (tmp_path / "log-vkeys").read_text().split()
    (tmp_path / "pins.toml").write_bytes(cast.pins_text())
    file.write_text(file.read_text().replace('impact_assessment = ""', 'impact_assessment = "example-1"'))
    settings = load_vault_settings(file)
    VAULT.go_back(Place(tmp_path).default_url)
    with pytest.raises(VaultSettingsError, match="another version"), opened_vault(settings):
        pass
    make_vault_folder(tmp_path, public_url="http://127.0.0.1:8402", port=8402)
    with opened_vault(settings) as vault, vault.database.reading() as connection:
        assert VAULT.is_current(connection)


def test_a_migrated_vault_takes_a_record(tmp_path: Path, url: str) -> None:
    """The tables that migrations make would differ from those that the tests of the service run on."""
    bring_tables(url)
    with vault_site(tmp_path, url) as site:
        assert site.store(site.cast.seal())
