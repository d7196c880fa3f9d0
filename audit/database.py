"""A service's database, SQLite or PostgreSQL by one URL: short transactions for reading and for writing.

The log lives in the same database, so that rows can be written in the transaction of their entry. What needs no entry
(upload offsets, heartbeats, sessions) is written here. It holds no query: each room's own store does.
Durability: when the block of `writing()` ends without an error, its rows survive kill -9 and power cut.

May touch: database
Sees:      what the rows hold
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Self

from sqlalchemy import Connection, Engine, create_engine, event

from audit.durability import prepare_sessions

DEADLINE_S: Final = 5.0
"""How long a statement or a lock may last."""


class Database:
    """Connections to one database. Safe to share among threads; each transaction takes its own connection."""

    def __init__(self, engine: Engine, hasty: Engine) -> None:
        self.engine, self._hasty = engine, hasty

    @classmethod
    def open(cls, url: str, *, deadline_s: float = DEADLINE_S) -> Self:
        """Prepare to connect; nothing is connected yet. Parameters never appear in errors."""
        engine = create_engine(url, hide_parameters=True, pool_size=20, max_overflow=20)
        hasty = create_engine(url, hide_parameters=True, pool_size=5, max_overflow=35)
        for each in (engine, hasty):
            prepare_sessions(each, deadline_s)
        event.listen(hasty, "connect", _hurry)
        return cls(engine, hasty)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view; what is written inside is rolled back."""
        with self.engine.connect() as connection, connection.begin() as transaction:
            if self.engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                transaction.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction; durable when the block ends, rolled back when it raises. Keep it short: SQLite has one."""
        with self.engine.connect() as connection, connection.begin():
            if self.engine.dialect.name == "sqlite":
                # A deferred transaction fails when it wants to write after another writer has been.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def passing(self) -> Iterator[Connection]:
        """As `writing()`, without waiting for the disk: its rows survive kill -9, and perhaps not a power cut.

        For what is worthless after a minute and written at every request. Never for an act.
        """
        with self._hasty.connect() as connection, connection.begin():
            if self._hasty.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    def close(self) -> None:
        self.engine.dispose()
        self._hasty.dispose()


def _hurry(driver: Any, _record: object) -> None:
    """Sessions of `passing()`, which are in a pool of their own: none of them ever carries an act."""
    cursor = driver.cursor()
    if isinstance(driver, sqlite3.Connection):
        cursor.execute("PRAGMA synchronous = NORMAL")
    else:
        cursor.execute("SET synchronous_commit = off")
        driver.commit()
    cursor.close()
