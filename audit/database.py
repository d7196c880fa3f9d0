"""A service's database, SQLite or PostgreSQL by one URL: short transactions for reading and for writing.

The log lives in the same database, so that rows can be written in the transaction of their entry. What needs no entry
(upload offsets, heartbeats, sessions) is written here. It holds no query: each room's own store does.
Durability: when the block of `writing()` ends without an error, its rows survive kill -9 and power cut.

May touch: database
Sees:      what the rows hold
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Self

from sqlalchemy import Connection, Engine, create_engine

from audit.durability import prepare_sessions

DEADLINE_S: Final = 5.0
"""How long a statement or a lock may last."""


class Database:
    """Connections to one database. Safe to share among threads; each transaction takes its own connection."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, url: str, *, deadline_s: float = DEADLINE_S) -> Self:
        """Prepare to connect; nothing is connected yet. Parameters never appear in errors."""
        engine = create_engine(url, hide_parameters=True, pool_size=20, max_overflow=20)
        prepare_sessions(engine, deadline_s)
        return cls(engine)

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
        with self.engine.connect() as connection:
            is_sqlite = self.engine.dialect.name == "sqlite"
            if is_sqlite:
                connection.exec_driver_sql("PRAGMA synchronous = NORMAL")
                connection.rollback()
            try:
                with connection.begin():
                    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_sqlite else "SET LOCAL synchronous_commit = off")
                    yield connection
            finally:
                if is_sqlite:
                    connection.exec_driver_sql("PRAGMA synchronous = FULL")

    def close(self) -> None:
        self.engine.dispose()
