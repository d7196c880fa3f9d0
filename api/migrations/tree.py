"""A service's revisions: bring a database to the tables of this version, or back; say whether it is there.

Run by the owner of the schema, in one transaction: a migration that fails leaves what was. The log's tables are made
with the others and never taken away, not even by going back to nothing.

May touch: database
Sees:      nothing personal
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

from audit.database import Database

LONGEST_S: Final = 3_600.0
BASE: Final = "base"
_LOCK: Final = 7_325_461
"""Of PostgreSQL's advisory locks: one migration at a time."""


@dataclass(frozen=True, slots=True)
class Tree:
    """One service's revisions, in the folder of that name, and the tables that they lead to."""

    name: str
    tables: tuple[MetaData, ...]

    @property
    def first(self) -> Path:
        """The file of the first revision."""
        return self._folder / "versions" / "first.py"

    def migrate(self, url: str, grants: Iterable[str] = ()) -> None:
        """Up to this version, then the grants (PostgreSQL); does nothing to a database that is up to date."""
        with self._migrating(url) as (connection, config):
            command.upgrade(config, "head")
            if connection.dialect.name == "postgresql":
                for statement in grants:
                    connection.exec_driver_sql(statement)

    def go_back(self, url: str, revision: str = BASE) -> None:
        """Down to an older revision. What the newer tables held is gone; the log stays."""
        with self._migrating(url) as (_, config):
            command.downgrade(config, revision)

    def is_current(self, connection: Connection) -> bool:
        """Does this database have exactly the revision of this version?"""
        found = MigrationContext.configure(connection).get_current_revision()
        return found == ScriptDirectory.from_config(self._config()).get_current_head()

    def differences(self, connection: Connection) -> list[Any]:
        """What stands and is not declared, or is declared and does not stand; the log's tables apart."""
        options = {"include_name": lambda name, kind, _: kind != "table" or not str(name).startswith("audit_")}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, self.tables))  # type: ignore[arg-type]  # takes several, as env.py may

    @property
    def _folder(self) -> Path:
        return Path(__file__).with_name(self.name)

    @contextmanager
    def _migrating(self, url: str) -> Iterator[tuple[Connection, Config]]:
        database = Database.open(url, deadline_s=LONGEST_S)
        try:
            with database.writing() as connection:
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                config = self._config()
                config.attributes["connection"] = connection
                yield connection, config
        finally:
            database.close()

    def _config(self) -> Config:
        config = Config()
        config.set_main_option("script_location", str(self._folder).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        return config
