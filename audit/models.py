"""The tables of the log: entries, tree nodes, head, checkpoints, and the triggers that let them only grow.

Rows and their guards, no queries (`store.py`). The triggers and grants stop an honest program with a bug and a thief
of the service's password; whoever owns the database can remove them, and is caught by the tree and the witnesses.

May touch: database
Sees:      commitments, hashes, ciphertext
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Connection, LargeBinary, MetaData, SmallInteger, Table, Text

from audit.faults import CLOSED

METADATA: Final = MetaData()

ENTRY: Final = Table(
    "audit_entry",
    METADATA,
    Column("idx", BigInteger, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("detail", LargeBinary),
    Column("req", Text, nullable=False, unique=True),
)
"""One row per entry: position, RFC 6962 leaf hash, canonical bytes, ciphertext of the details, request id."""

NODE: Final = Table(
    "audit_node",
    METADATA,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("idx", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)
"""Hash `idx` of the hash tiles of `level` 1 and above: the root of 256^level entries. Level 0 is `ENTRY.leaf`."""

HEAD: Final = Table(
    "audit_head",
    METADATA,
    Column("one", SmallInteger, CheckConstraint("one = 1"), primary_key=True, autoincrement=False),
    Column("origin", Text, nullable=False),
    Column("book", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("root", LargeBinary, nullable=False),
)
"""One row: the durable tree. Its row lock is what orders all workers of all processes."""

CHECKPOINT: Final = Table(
    "audit_checkpoint",
    METADATA,
    Column("kind", Text, CheckConstraint("kind IN ('signed', 'cosigned')"), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("note", LargeBinary, nullable=False),
)
"""Two rows: the latest checkpoint with the log's signature, the latest with its witnesses'. Apart from the head, so
that storing a checkpoint never waits for the next batch, which already holds the head."""

TABLES: Final = (ENTRY, NODE, HEAD, CHECKPOINT)


def create_tables(connection: Connection) -> None:
    """Create tables and guards; nothing happens to those that exist. The caller commits, as the owner of the schema."""
    METADATA.create_all(connection)
    for statement in _guards(connection.dialect.name):
        connection.exec_driver_sql(statement)


def grants(role: str) -> Iterator[str]:
    """The PostgreSQL grants of the role that the service logs in with. It may append and move the head, no more."""
    quoted = '"' + role.replace('"', '""') + '"'
    yield f"GRANT SELECT, INSERT ON audit_entry, audit_node TO {quoted}"
    yield f"GRANT SELECT ON audit_head, audit_checkpoint TO {quoted}"
    yield f"GRANT UPDATE (size, frontier, root) ON audit_head TO {quoted}"
    yield f"GRANT UPDATE (size, note) ON audit_checkpoint TO {quoted}"


def close_log(connection: Connection) -> None:
    """Let the head move no more: the log was rolled over. Runs as the owner of the schema; the caller commits."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            f"""CREATE OR REPLACE FUNCTION audit_is_closed() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION '{CLOSED}' USING ERRCODE = 'SLCL1'; END $$"""
        )
        connection.exec_driver_sql(
            f"CREATE TRIGGER {CLOSING} BEFORE UPDATE ON {HEAD.name} FOR EACH ROW EXECUTE FUNCTION audit_is_closed()"
        )
    else:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{CLOSED}'); END"
        connection.exec_driver_sql(f"CREATE TRIGGER {CLOSING} BEFORE UPDATE ON {HEAD.name} {refuse}")


CLOSING: Final = "audit_head_closed"
"""Name of the guard that stands on a log which was rolled over, beside those of every log."""

GUARDS: Final = {
    "postgresql": 10,
    "sqlite": 12,
}
"""How many triggers must stand in each engine; fewer at start means that somebody took one away."""


def _guards(dialect: str) -> Iterator[str]:
    return _postgresql_guards() if dialect == "postgresql" else _sqlite_guards()


def _postgresql_guards() -> Iterator[str]:
    yield """CREATE OR REPLACE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN RAISE EXCEPTION 'the audit log only grows' USING ERRCODE = 'insufficient_privilege'; END $$"""
    for table in TABLES:
        events = "UPDATE OR DELETE" if table in (ENTRY, NODE) else "DELETE"
        yield (
            f"CREATE OR REPLACE TRIGGER {table.name}_kept BEFORE {events} ON {table.name} "
            "FOR EACH ROW EXECUTE FUNCTION audit_only_grows()"
        )
        yield f"DROP TRIGGER IF EXISTS {table.name}_not_emptied ON {table.name}"
        yield (
            f"CREATE TRIGGER {table.name}_not_emptied BEFORE TRUNCATE ON {table.name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()"
        )

    for table in (HEAD, CHECKPOINT):
        yield (
            f"CREATE OR REPLACE TRIGGER {table.name}_grows BEFORE UPDATE ON {table.name} FOR EACH ROW "
            "WHEN (NEW.size < OLD.size) EXECUTE FUNCTION audit_only_grows()"
        )


def _sqlite_guards() -> Iterator[str]:
    refuse = "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
    for table in TABLES:
        yield f"CREATE TRIGGER IF NOT EXISTS {table.name}_kept BEFORE DELETE ON {table.name} {refuse}"
    for table in (ENTRY, NODE):
        yield f"CREATE TRIGGER IF NOT EXISTS {table.name}_fixed BEFORE UPDATE ON {table.name} {refuse}"
    for table in (HEAD, CHECKPOINT):
        yield (
            f"CREATE TRIGGER IF NOT EXISTS {table.name}_grows BEFORE UPDATE ON {table.name} "
            f"WHEN NEW.size < OLD.size {refuse}"
        )
    # INSERT OR REPLACE deletes the old row without firing DELETE triggers, so a second insertion is refused itself.
    taken = {ENTRY: "idx = NEW.idx OR req = NEW.req", NODE: "level = NEW.level AND idx = NEW.idx"}
    taken |= {HEAD: "one = NEW.one", CHECKPOINT: "kind = NEW.kind"}
    for table, same in taken.items():
        when = f"WHEN EXISTS (SELECT 1 FROM {table.name} WHERE {same})"  # noqa: S608  (all names are from this file)
        yield f"CREATE TRIGGER IF NOT EXISTS {table.name}_once BEFORE INSERT ON {table.name} {when} {refuse}"
