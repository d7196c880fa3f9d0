"""The only queries on the log's tables, the same for SQLite and PostgreSQL, and the transaction around a batch.

It checks no signature and decides nothing; `committing.py` says in which order these calls make an append.
Durability: when the block of `writing()` ends without an error, its rows survive kill -9 and power cut.
Concurrency: `lock_head` admits one transaction at a time among all processes; everything below it may rely on that.

May touch: database
Sees:      commitments, hashes, ciphertext
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal, Self, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, bindparam, create_engine, insert, inspect, select, update
from sqlalchemy.exc import OperationalError

from audit.database_file import DatabaseFile, DatabaseMovedError
from audit.durability import check_database, prepare_sessions
from audit.errors import MissingError
from audit.events import Book
from audit.growth import Growth, Node
from audit.merkle import HASH_SIZE, Frontier
from audit.models import CHECKPOINT, ENTRY, HEAD, NODE, TABLES, create_tables
from audit.refusals import StoreError
from audit.standing import Standing
from audit.tiles import WIDTH, Tile

_T = TypeVar("_T")

CheckpointKind = Literal["signed", "cosigned"]

DEADLINE_S: Final = 2.0
"""How long a statement, a lock or an idle transaction may last, and a caller of the log waits."""

_PG_ROWS: Final = (
    "unnest(%(idx)b::bigint[], %(leaf)b::bytea[], %(data)b::bytea[], %(detail)b::bytea[], %(req)b::text[])"
)
_PG_INSERT: Final = "INSERT INTO audit_entry (idx, leaf, data, detail, req) SELECT * FROM " + _PG_ROWS  # noqa: S608  (constants)
_PG_MOVED: Final = (
    "WITH moved AS (UPDATE audit_head SET size = %(size)s, root = %(root)b, frontier = %(frontier)b "
    "WHERE one = 1 AND size = %(old_size)s AND root = %(old_root)b RETURNING 1)"
)
_PG_NODES: Final = (
    ", nodes AS (INSERT INTO audit_node (level, idx, hash) SELECT n.* FROM moved, "
    "unnest(%(node_level)b::smallint[], %(node_idx)b::bigint[], %(node_hash)b::bytea[]) AS n)"
)
_PG_ENTRIES: Final = (
    " INSERT INTO audit_entry (idx, leaf, data, detail, req) SELECT e.* FROM moved, " + _PG_ROWS + " AS e"  # noqa: S608  (constants)
)
_PG_APPEND: Final = _PG_MOVED + _PG_NODES + _PG_ENTRIES
_PG_APPEND_WITHOUT_NODES: Final = _PG_MOVED + _PG_ENTRIES
_PG_STORE_CHECKPOINT: Final = (
    "UPDATE audit_checkpoint SET size = %(size)s, note = %(note)b WHERE kind = %(kind)s AND size <= %(size)s"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as it is stored; `detail` is ciphertext or None."""

    leaf: bytes
    data: bytes
    detail: bytes | None
    req: str


@dataclass(frozen=True, slots=True)
class Head:
    """The durable tree."""

    size: int
    root: bytes
    frontier: bytes

    def to_frontier(self) -> Frontier:
        return Frontier.from_bytes(self.frontier)


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A signed note as stored; size 0 with an empty note before the first."""

    size: int
    note: bytes


def create_store(url: str, origin: str, book: Book) -> None:
    """Make tables, guards and the empty tree; does nothing to a log that exists. Runs as the owner of the schema."""
    engine = _engine(url, DEADLINE_S)
    empty = Frontier()
    try:
        with _transaction(engine) as connection:
            create_tables(connection)
            if connection.execute(select(HEAD.c.one)).first() is None:
                head = {"one": 1, "origin": origin, "book": str(book), "size": 0}
                connection.execute(insert(HEAD).values(**head, frontier=empty.to_bytes(), root=empty.root()))
                kinds = ("signed", "cosigned")
                connection.execute(insert(CHECKPOINT), [{"kind": kind, "size": 0, "note": b""} for kind in kinds])
    finally:
        engine.dispose()


class Store:
    """An opened log database. Safe to share among threads; each transaction takes its own connection."""

    def __init__(self, engine: Engine, origin: str, book: Book) -> None:
        self.engine, self.origin, self.book = engine, origin, book
        self._postgresql = engine.dialect.name == "postgresql"
        self._appending, self._checkpointing = Standing(engine), Standing(engine)
        self._file = None if self._postgresql else DatabaseFile(str(engine.url.database))

    @classmethod
    def open(cls, url: str, *, deadline_s: float = DEADLINE_S) -> Self:
        """Connect and refuse what is not durable or not whole. Raises `NotDurableError` or `StoreError`."""
        engine = _engine(url, deadline_s)
        try:
            with engine.connect() as connection:
                missing = [table.name for table in TABLES if not inspect(connection).has_table(table.name)]
                if missing:
                    raise StoreError(f"no such table: {', '.join(missing)}")
                check_database(connection)
                found = connection.execute(select(HEAD.c.origin, HEAD.c.book)).one_or_none()
                if found is None:
                    raise StoreError("the head is gone")
                return cls(engine, found.origin, Book(found.book))
        except BaseException:
            engine.dispose()
            raise

    def close(self) -> None:
        self.forget_connections()

    def forget_connections(self) -> None:
        """Drop the open connections after one was lost; the next transaction opens its own."""
        self._appending.forget()
        self._checkpointing.forget()
        self.engine.dispose()

    # --- writing, all inside `writing()` -------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction; committed durably when the block ends, rolled back when it raises."""
        with _transaction(self.engine) as connection:
            yield connection
            self._must_stand()
        self._must_stand()

    def _must_stand(self) -> None:
        if self._file is not None:
            try:
                self._file.must_stand()
            except DatabaseMovedError as moved:
                raise OperationalError(None, None, moved) from None

    def lock_head(self, connection: Connection) -> Head:
        """Wait for all other writers, then read the head. An earlier commit of unknown outcome is decided by then."""
        found = connection.execute(_LOCK_HEAD).one()
        return Head(found.size, found.root, found.frontier)

    def find_requests(self, connection: Connection, requests: Sequence[str]) -> dict[str, tuple[int, bytes]]:
        """Index and leaf hash of those requests that are in the log."""
        found: dict[str, tuple[int, bytes]] = {}
        for at in range(0, len(requests), 500):
            part = requests[at : at + 500]
            rows = connection.execute(select(ENTRY.c.req, ENTRY.c.idx, ENTRY.c.leaf).where(ENTRY.c.req.in_(part)))
            found.update({row.req: (row.idx, row.leaf) for row in rows})
        return found

    def insert_entries(self, connection: Connection, first: int, rows: Sequence[Row]) -> None:
        """Append entries from index `first` on. A used request id is an IntegrityError of the whole transaction."""
        if self._postgresql:
            connection.exec_driver_sql(_PG_INSERT, _columns(first, rows))
            return
        values = [(first + at, row.leaf, row.data, row.detail, row.req) for at, row in enumerate(rows)]
        connection.exec_driver_sql("INSERT INTO audit_entry (idx, leaf, data, detail, req) VALUES (?,?,?,?,?)", values)

    def insert_nodes(self, connection: Connection, nodes: Sequence[Node]) -> None:
        """Add the roots of the tiles that became full."""
        if nodes:
            connection.execute(_INSERT_NODES, [{"level": n.level, "idx": n.index, "hash": n.hash} for n in nodes])

    def move_head(self, connection: Connection, frontier: Frontier) -> Head:
        """Write the new size, frontier and root."""
        head = Head(frontier.size, frontier.root(), frontier.to_bytes())
        values = {"new_size": head.size, "new_root": head.root, "new_frontier": head.frontier}
        connection.execute(_MOVE_HEAD, values)
        return head

    @property
    def appends_at_once(self) -> bool:
        """Can this engine append a batch in one statement (`append_at_once`)? SQLite needs none: it is in-process."""
        return self._postgresql

    def append_at_once(self, head: Head, rows: Sequence[Row], growth: Growth) -> Head | None:
        """Lock, insert, move and commit in one round trip, if the head still is `head`; None if somebody moved it.

        The statement waits for the head's lock like everybody, then looks at the head again and does all or nothing.
        """
        frontier = growth.frontier
        moved = Head(frontier.size, frontier.root(), frontier.to_bytes())
        values = {"old_size": head.size, "old_root": head.root, "size": moved.size, "root": moved.root}
        values |= {"frontier": moved.frontier, **_columns(head.size, rows)}
        values |= {
            "node_level": [node.level for node in growth.nodes],
            "node_idx": [node.index for node in growth.nodes],
            "node_hash": [node.hash for node in growth.nodes],
        }
        touched = self._appending.execute(_PG_APPEND if growth.nodes else _PG_APPEND_WITHOUT_NODES, values)
        return moved if touched == len(rows) else None

    def store_checkpoint(self, kind: CheckpointKind, size: int, note: bytes) -> None:
        """Store a checkpoint durably, unless a larger one of its kind stands already."""
        if self._postgresql:
            self._checkpointing.execute(_PG_STORE_CHECKPOINT, {"kind": kind, "size": size, "note": note})
            return
        with self.writing() as connection:
            connection.execute(_STORE_CHECKPOINT, {"of_kind": kind, "new_size": size, "new_note": note})

    # --- reading -------------------------------------------------------------------------------------------------

    def head(self) -> Head:
        """The durable tree as of now."""
        with self.engine.connect() as connection:
            found = connection.execute(_HEAD).one()
        return Head(found.size, found.root, found.frontier)

    def checkpoint(self, kind: CheckpointKind = "signed") -> StoredCheckpoint:
        """The latest stored checkpoint of one kind."""
        with self.engine.connect() as connection:
            found = connection.execute(_CHECKPOINT, {"of_kind": kind}).one()
        return StoredCheckpoint(found.size, found.note)

    def entry_of(self, req: str) -> tuple[int, bytes]:
        """Where the entry of a request id stands, and its canonical bytes. Raises `MissingError` when there is none."""
        with self.engine.connect() as connection:
            found = connection.execute(_ENTRY_OF, {"of": req}).one_or_none()
        if found is None:
            raise MissingError("no entry of this request id")
        return found.idx, bytes(found.data)

    def entries(self, start: int, stop: int) -> list[bytes]:
        """Canonical bytes of the entries `start`..`stop` (exclusive); fewer where the log ends."""
        return self._column(ENTRY.c.data, start, stop)

    def details(self, start: int, stop: int) -> list[bytes | None]:
        """Ciphertexts of the details of the same entries."""
        return self._column(ENTRY.c.detail, start, stop)

    def leaves(self, start: int, stop: int) -> bytes:
        """Leaf hashes, 32 bytes each, in one string."""
        with self.engine.connect() as connection:
            return self._hashes(connection, 0, start, stop)

    def read_tile(self, tile: Tile) -> bytes:
        """The bytes of a hash tile, full or partial. Raises `MissingError` when the tree has no such tile yet."""
        assert tile.level is not None
        first = tile.index * WIDTH
        with self.engine.connect() as connection:
            hashes = self._hashes(connection, tile.level, first, first + tile.width)
        if len(hashes) != tile.width * HASH_SIZE:
            raise MissingError(f"{tile.path}: not in this log")
        return hashes

    def find(self, request: str) -> tuple[int, bytes] | None:
        """Index and leaf hash of the entry of a request, if it is in the log."""
        with self.engine.connect() as connection:
            return self.find_requests(connection, [request]).get(request)

    def _column(self, column: ColumnElement[_T], start: int, stop: int) -> list[_T]:
        query = select(column).where(ENTRY.c.idx >= start, ENTRY.c.idx < stop).order_by(ENTRY.c.idx)
        with self.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def _hashes(self, connection: Connection, level: int, start: int, stop: int) -> bytes:
        between = {"start": start, "stop": stop}
        found = (
            connection.execute(_NODES, {"of_level": level, **between})
            if level
            else connection.execute(_LEAVES, between)
        )
        return b"".join(found.scalars())


_CHECKPOINT: Final = select(CHECKPOINT.c.size, CHECKPOINT.c.note).where(CHECKPOINT.c.kind == bindparam("of_kind"))
_ENTRY_OF: Final = select(ENTRY.c.idx, ENTRY.c.data).where(ENTRY.c.req == bindparam("of"))
_LEAVES: Final = (
    select(ENTRY.c.leaf).where(ENTRY.c.idx >= bindparam("start"), ENTRY.c.idx < bindparam("stop")).order_by(ENTRY.c.idx)
)
_NODES: Final = (
    select(NODE.c.hash)
    .where(NODE.c.level == bindparam("of_level"), NODE.c.idx >= bindparam("start"), NODE.c.idx < bindparam("stop"))
    .order_by(NODE.c.idx)
)
_HEAD: Final = select(HEAD.c.size, HEAD.c.root, HEAD.c.frontier)
_LOCK_HEAD: Final = _HEAD.with_for_update()
_INSERT_NODES: Final = insert(NODE)
_MOVE_HEAD: Final = update(HEAD).values(
    size=bindparam("new_size"), root=bindparam("new_root"), frontier=bindparam("new_frontier")
)
_STORE_CHECKPOINT: Final = (
    update(CHECKPOINT)
    .where(CHECKPOINT.c.kind == bindparam("of_kind"), CHECKPOINT.c.size <= bindparam("new_size"))
    .values(size=bindparam("new_size"), note=bindparam("new_note"))
)


def _engine(url: str, deadline_s: float) -> Engine:
    engine = create_engine(url, hide_parameters=True)
    prepare_sessions(engine, deadline_s)
    return engine


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "sqlite":
            # A deferred transaction would read the head first and fail when it wants to write after another writer.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection


def _columns(first: int, rows: Sequence[Row]) -> dict[str, object]:
    return {
        "idx": list(range(first, first + len(rows))),
        "leaf": [row.leaf for row in rows],
        "data": [row.data for row in rows],
        "detail": [row.detail for row in rows],
        "req": [row.req for row in rows],
    }
