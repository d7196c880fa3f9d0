"""Refuse a database on which an acknowledged entry could be lost: checked at start and on every new connection.

It asks the engine what it is set to and whether the guards of `models.py` stand; it cannot ask the disk whether it
lies about fsync. It changes only what belongs to the session: synchronous commit, isolation, time limits.

May touch: database
Sees:      settings
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, Engine, event, text

from audit.models import CLOSING, GUARDS, TABLES
from audit.refusals import NotDurableError, StoreError

_FULL: Final = 2
"""PRAGMA synchronous: 0 off, 1 normal (WAL loses its tail on a power cut), 2 full, 3 extra."""


def prepare_sessions(engine: Engine, deadline_s: float) -> None:
    """Set every session of the engine to durable commits and bounded waits, and refuse those that stay otherwise."""
    prepare = _prepare_postgresql if engine.dialect.name == "postgresql" else _prepare_sqlite

    def connected(driver: Any, _record: object) -> None:
        prepare(driver, int(deadline_s * 1000))

    event.listen(engine, "connect", connected)


def check_database(connection: Connection) -> None:
    """Refuse settings that lose commits, tables that are not crash-safe and guards that are gone.

    Raises `NotDurableError` or `StoreError` with the name of what is wrong.
    """
    if connection.dialect.name == "postgresql":
        check_postgresql_settings(_settings(connection))
        _check_postgresql_tables(connection)
    else:
        _check_sqlite_file(connection)
    _check_guards(connection)


def check_postgresql_settings(settings: Mapping[str, str]) -> None:
    """The rule on PostgreSQL's settings, apart from reading them. Raises `NotDurableError`."""
    for name in ("fsync", "full_page_writes"):
        if settings[name] != "on":
            raise NotDurableError(f"PostgreSQL: {name} must be on")
    commit = settings["synchronous_commit"]
    if commit == "off" or (commit == "local" and settings["synchronous_standby_names"].strip()):
        raise NotDurableError(f"PostgreSQL: synchronous_commit must not be {commit}")
    if settings["default_transaction_isolation"] != "read committed":
        raise NotDurableError("PostgreSQL: default_transaction_isolation must be read committed")


def _settings(connection: Connection) -> dict[str, str]:
    names = (
        "fsync", "full_page_writes", "synchronous_commit", "synchronous_standby_names", "default_transaction_isolation",
    )  # fmt: skip
    return {name: str(connection.exec_driver_sql(f"SHOW {name}").scalar()) for name in names}


def _prepare_postgresql(driver: Any, deadline_ms: int) -> None:
    """A worker that froze while it held the head would stop all others, so PostgreSQL ends an idle transaction."""
    with driver.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        if cursor.fetchone()[0] == "off":
            cursor.execute("SET synchronous_commit = on")
        cursor.execute("SET default_transaction_isolation = 'read committed'")
        for limit in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
            cursor.execute(f"SET {limit} = {deadline_ms}")
        cursor.execute("SET client_min_messages = warning")
    driver.commit()


def _prepare_sqlite(driver: Any, deadline_ms: int) -> None:
    driver.isolation_level = None  # the store begins its transactions itself
    cursor = driver.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {deadline_ms}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _check_postgresql_tables(connection: Connection) -> None:
    names = [table.name for table in TABLES]
    kinds = connection.execute(
        text("SELECT relname, relpersistence FROM pg_class WHERE oid = ANY(CAST(:names AS regclass[]))"),
        {"names": names},
    )
    for name, persistence in kinds:
        if persistence != "p":
            raise NotDurableError(f"PostgreSQL: table {name} is unlogged or temporary")


def _check_sqlite_file(connection: Connection) -> None:
    path = connection.exec_driver_sql("SELECT file FROM pragma_database_list WHERE name = 'main'").scalar()
    if not path:
        raise NotDurableError("SQLite: the database is in memory")
    if connection.exec_driver_sql("PRAGMA journal_mode").scalar() != "wal":
        raise NotDurableError("SQLite: journal_mode must be WAL")
    if int(connection.exec_driver_sql("PRAGMA synchronous").scalar() or 0) < _FULL:
        raise NotDurableError("SQLite: synchronous must be FULL")


def _check_guards(connection: Connection) -> None:
    dialect = connection.dialect.name
    if dialect == "postgresql":
        query = (
            "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') "
            "AND tgrelid = ANY(CAST(:names AS regclass[])) AND tgname <> :closing "
            "AND current_setting('session_replication_role') = 'origin'"
        )
        names = [table.name for table in TABLES]
        found = connection.execute(text(query), {"names": names, "closing": CLOSING}).scalar()
    else:
        query = (
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name <> :closing "
            "AND tbl_name LIKE 'audit\\_%' ESCAPE '\\'"
        )
        found = connection.execute(text(query), {"closing": CLOSING}).scalar()
    if found != GUARDS[dialect]:
        raise StoreError(f"{dialect}: {GUARDS[dialect]} guards belong on the tables of the log, {found} stand")
