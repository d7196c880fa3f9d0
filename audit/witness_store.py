"""What a witness remembers, on its own disk: one tree for each log, and proofs of misbehaviour.

SQLite with a write-ahead log and `synchronous=FULL`, so what was committed survives a power cut. A turn reads and
replaces one log's tree under a lock that other threads and processes respect. It does not decide what may be cosigned.

May touch: disk
Sees:      sizes, hashes, checkpoints
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audit.database_file import DatabaseFile
from audit.errors import MissingError
from audit.witness import Seen

_WAIT_SECONDS = 2.0
MOST_EVIDENCE = 64
"""Kept for each log, the first ones: a log that misbehaves without end must not fill the disk."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, timestamp INTEGER NOT NULL, note BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS evidence (
    id INTEGER PRIMARY KEY, origin TEXT NOT NULL, at INTEGER NOT NULL, cosigned BLOB NOT NULL, other BLOB NOT NULL,
    UNIQUE (origin, other)
) STRICT;
"""


class Turn:
    """One log's turn: its tree as it was cosigned last, and what to remember instead when the turn ends well."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.kept: tuple[Seen, bytes] | None = None

    def keep(self, seen: Seen, note: bytes) -> None:
        """Remember this tree, and the checkpoint with the log's and our own lines."""
        self.kept = (seen, note)


class WitnessStore:
    """Open once per process; safe for its threads and for other processes on the same file."""

    def __init__(self, path: Path) -> None:
        """Open or make the database; MissingError if it cannot be had, or not durably."""
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(
                path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
            mode = self._connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            self._connection.execute("PRAGMA synchronous=FULL")
            level = self._connection.execute("PRAGMA synchronous").fetchone()[0]
            self._connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise MissingError(f"{path.name}: the witness's database cannot be opened") from error
        self._file = DatabaseFile(str(path))
        if (mode, level) != ("wal", 2):
            raise MissingError(f"{path.name}: the witness's database would not be durable here")

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def turn(self, origin: str) -> Iterator[Turn]:
        """Read, decide and replace as one step; durable when the block has ended well, unchanged when it raises.

        sqlite3.Error if it cannot be written: then nothing that was decided in the block may leave.
        """
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                turn = Turn(self._seen(origin))
                yield turn
                if turn.kept:
                    self._keep(origin, *turn.kept)
                self._file.must_stand()
                self._connection.execute("COMMIT")
                self._file.must_stand()
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def latest(self, origin: str) -> bytes | None:
        """The checkpoint cosigned last, with its lines."""
        with self._lock:
            row = self._connection.execute("SELECT note FROM seen WHERE origin = ?", (origin,)).fetchone()
        return bytes(row[0]) if row else None

    def keep_evidence(self, origin: str, other: bytes, at: int) -> None:
        """Keep a checkpoint of the same size and another root, beside the one that we cosigned."""
        with self._lock:
            self._connection.execute(
                "INSERT OR IGNORE INTO evidence (origin, at, cosigned, other) SELECT origin, ?, note, ? FROM seen"
                " WHERE origin = ? AND (SELECT count(*) FROM evidence WHERE origin = ?) < ?",
                (at, other, origin, origin, MOST_EVIDENCE),
            )

    def evidence(self, origin: str) -> list[tuple[bytes, bytes]]:
        """(the checkpoint that we cosigned, the other one of its size), oldest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT cosigned, other FROM evidence WHERE origin = ? ORDER BY id", (origin,)
            ).fetchall()
        return [(bytes(cosigned), bytes(other)) for cosigned, other in rows]

    def _seen(self, origin: str) -> Seen:
        row = self._connection.execute("SELECT size, root, timestamp FROM seen WHERE origin = ?", (origin,)).fetchone()
        return Seen(row[0], bytes(row[1]), row[2]) if row else Seen()

    def _keep(self, origin: str, seen: Seen, note: bytes) -> None:
        self._connection.execute(
            "INSERT INTO seen VALUES (?, ?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE SET"
            " size = excluded.size, root = excluded.root, timestamp = excluded.timestamp, note = excluded.note",
            (origin, seen.size, seen.root, seen.timestamp, note),
        )
