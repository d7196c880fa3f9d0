"""The log as a folder of static files for strangers: tiles and bundles first, checkpoint last, each whole or absent.

1. What the folder already shows must be a beginning of this log; a folder of another or a larger log is left alone.
2. New hash tiles and entry bundles are written; a reader of the old checkpoint does not see them.
3. The list of verifier keys, the log's first.
4. The new checkpoint takes the old one's place.

A kill between the steps leaves a folder that a verifier calls unfinished; the next publication finishes it. It signs
nothing and asks no witness.

May touch: database (through the log), disk
Sees:      entries, hashes
Spec:      https://c2sp.org/tlog-tiles; contracts section 3 (on disk)
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from audit.checkpoint import Checkpoint
from audit.errors import TreeError
from audit.keys import Verifier
from audit.log import Log
from audit.merkle import tree_root
from audit.note import open_note, split_note
from audit.proving import hashes_of
from audit.tiles import WIDTH, Tile, encode_bundle, hash_tiles_between, tiles_between

CHECKPOINT, VKEYS = "checkpoint", "vkeys"


def publish(log: Log, folder: Path, keys: Sequence[Verifier], note: bytes | None = None) -> Checkpoint:
    """Bring `folder` up to the checkpoint `note`, by default the log's present tree signed with every key of the log.

    `keys` are the log's own, then the witnesses'. Raises `TreeError` when the folder shows what this log never was.
    """
    note = log.publishable().note if note is None else note
    head = Checkpoint.parse(split_note(note)[0])
    before = _published_size(log, folder, keys)  # 1
    for left in folder.rglob(".*.partial"):
        left.unlink()
    if before > head.size:
        raise TreeError(f"the folder shows {before} entries, the checkpoint to publish {head.size}")
    for tile in hash_tiles_between(before, head.size):  # 2
        _write(folder / tile.path, log.read_tile(tile))
    for bundle in tiles_between(None, before, head.size):
        first = bundle.index * WIDTH
        entries = log.entries(first, first + bundle.width)
        if all(entries):  # else pruned from the database, as an entry of the log allows
            _write(folder / bundle.path, encode_bundle(entries))
    listed = "".join(f"{key.vkey}\n" for key in keys).encode()  # 3
    if not (folder / VKEYS).exists() or (folder / VKEYS).read_bytes() != listed:
        _write(folder / VKEYS, listed)
    _write(folder / CHECKPOINT, note)  # 4
    _drop_outgrown(folder, before, head.size)
    return head


def _published_size(log: Log, folder: Path, keys: Sequence[Verifier]) -> int:
    try:
        note = (folder / CHECKPOINT).read_bytes()
    except FileNotFoundError:
        return 0
    shown = Checkpoint.parse(open_note(note, set(keys)).text)
    if shown.origin != log.store.origin:
        raise TreeError("the folder holds another log")
    size = log.head().size
    if shown.size > size:
        raise TreeError(f"rollback: the folder shows {shown.size} entries, the log holds {size}")
    if tree_root(hashes_of(log.store, shown.size), shown.size) != shown.root:
        raise TreeError(f"fork: the folder's first {shown.size} entries are not this log's")
    return shown.size


def _drop_outgrown(folder: Path, before: int, now: int) -> None:
    """Remove partial tiles whose full tile is there now; readers of an older checkpoint find the full one."""
    for tile in [*hash_tiles_between(before, now), *tiles_between(None, before, now)]:
        if tile.width == WIDTH:
            partials = (folder / Tile(tile.level, tile.index, 1).path).parent
            if partials.is_dir():
                for old in partials.iterdir():
                    old.unlink()
                partials.rmdir()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
