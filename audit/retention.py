"""Let old entries of the linkage log go: their text, never their hashes, and never before the log says so itself.

An entry's words may be kept for a time only; that it stood there, and where, is kept for ever. So bundles and details
go and hash tiles stay: every old proof and every later tree still verifies. It prunes the linkage log alone, nothing
younger than three years, whole bundles only, and whatever names a decision for it goes into the log first.

1. `prunable` finds up to where all entries are older than the cutoff.
2. The caller appends `retention.prune` with that index and publishes; without its receipt nothing is dropped.
3. `drop_bundles` removes the bundles of a published folder, once it shows that entry.
4. `drop_texts` removes texts and details in the database, with the rights of its owner.

May touch: database, disk
Sees:      entries
Spec:      contracts section 3 (retention); audit.md section 5
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, create_engine

from audit.checkpoint import Checkpoint
from audit.entry import read
from audit.events import Book
from audit.models import create_tables
from audit.note import split_note
from audit.refusals import RefusalError
from audit.store import Store
from audit.tiles import WIDTH, Tile
from audit.verifier.sources import Folder
from audit.verifier.stretch import KEEP_MS, PRUNE, pruned_below, read_bundle

_STEP: Final = 16 * WIDTH


class RetentionError(RefusalError):
    """Something that must be kept was asked to go."""


def prunable(store: Store, cutoff_ms: int, now_ms: int) -> int:
    """Index below which every entry is older than the cutoff, a whole number of bundles. Raises `RetentionError`."""
    if store.book is not Book.LINKAGE:
        raise RetentionError("only the linkage log is ever pruned")
    if cutoff_ms > now_ms - KEEP_MS:
        raise RetentionError("entries of the last three years are kept")
    size = store.head().size // WIDTH * WIDTH
    for start in range(0, size, _STEP):
        for offset, data in enumerate(store.entries(start, min(start + _STEP, size))):
            if data and read(data).ts_ms >= cutoff_ms:
                return (start + offset) // WIDTH * WIDTH
    return size


def logged_pruning(store: Store) -> int:
    """Index below which an entry of the log allows pruning already; 0 when none does."""
    with store.engine.connect() as connection:
        return _allowed_in(connection)


def drop_bundles(folder: Path, below: int) -> int:
    """Remove a published folder's bundles below the index; how many. Raises `RetentionError` unless the folder's own
    log names an allowed pruning that reaches so far."""
    source = Folder(folder)
    size = Checkpoint.parse(split_note(source.read("checkpoint"))[0]).size
    if below > _allowed(source, size):
        raise RetentionError("the published log names no allowed pruning that reaches so far")
    dropped = 0
    for index in range(below // WIDTH):
        path = folder / Tile(None, index).path
        if path.exists():
            path.unlink()
            dropped += 1
    return dropped


def drop_texts(owner_url: str, below: int) -> int:
    """Empty texts and details of the entries below the index in the database; how many rows changed.

    Guards are lifted and set again within one transaction, which only the owner of the tables may do. Raises
    `RetentionError` unless an allowed pruning that reaches so far stands in the log.
    """
    engine = create_engine(owner_url, hide_parameters=True)
    try:
        with engine.connect() as connection, connection.begin():
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            if below > _allowed_in(connection):
                raise RetentionError("the log names no allowed pruning that reaches so far")
            _lift_guard(connection)
            changed = connection.exec_driver_sql(_FORGET[engine.dialect.name], (below,)).rowcount
            create_tables(connection)
            return changed
    finally:
        engine.dispose()


_FORGET: Final = {
    "postgresql": "UPDATE audit_entry SET data = '', detail = NULL WHERE idx < %s AND length(data) > 0",
    "sqlite": "UPDATE audit_entry SET data = x'', detail = NULL WHERE idx < ? AND length(data) > 0",
}


def _lift_guard(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP TRIGGER audit_entry_kept ON audit_entry")
    else:
        connection.exec_driver_sql("DROP TRIGGER audit_entry_fixed")


def _allowed(source: Folder, size: int) -> int:
    found = 0
    for index in reversed(range(-(-size // WIDTH))):
        bundle = Tile(None, index, min(WIDTH, size - index * WIDTH))
        if not (source.root / bundle.path).exists() and not (source.root / bundle.whole.path).exists():
            break
        found = max([found, *map(_reach, read_bundle(source, bundle))])
    return found


def _allowed_in(connection: Connection) -> int:
    rows = connection.exec_driver_sql("SELECT data FROM audit_entry ORDER BY idx DESC").scalars()
    return max(map(_reach, rows), default=0)


def _reach(data: bytes) -> int:
    """How far an entry allows pruning; 0 for any other entry."""
    if PRUNE.encode() not in data or read(data).event != PRUNE:
        return 0
    return pruned_below(data)
