"""A whole published log: signatures, every entry, every tile of every level, the root, and nothing beside them.

Steps, each named in the code:
1. the checkpoint carries the signatures that the auditor's trust demands;
2. a folder holds nothing that a tree of this size does not contain, and its key list is the auditor's;
3. every entry is canonical, of the closed vocabulary and of one service, and hashes into its level-0 tile; a rollover
   is the last one;
4. every hash of every upper tile is the root of the tile below it;
5. the tiles give the signed root;
6. bundles are absent only below an index that a logged and allowed pruning names;
7. older partial tiles and bundles are the beginnings of what grew out of them;
8. an older checkpoint, if the auditor kept one, is a beginning of this tree.

The first bad thing is raised. A log that is being written may change between two reads: then it is read again, at most
three times. Files of a larger tree than the checkpoint's, when all the rest holds, say that a publication is under way
or was broken off: then the log is not proven and not violated.

May touch: clock (a pause); nothing else (reads through the source it is given; may start processes)
"""

from __future__ import annotations

import os
import re
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

from audit.checkpoint import Checkpoint
from audit.errors import (
    AuditError,
    EntryError,
    KeyFileError,
    MalformedError,
    MissingError,
    NotProvenError,
    TreeError,
    UnfinishedError,
    UnreadableError,
)
from audit.events import EVENTS
from audit.keys import parse_vkeys
from audit.merkle import HASH_SIZE, leaf_hash, root_of, tree_root
from audit.note import OpenedNote
from audit.tiles import HEIGHT, WIDTH, Tile, TileHashes, tiles_between
from audit.verifier.sources import Source
from audit.verifier.stretch import Stretch, check_stretch, read_bundle, read_tile
from audit.verifier.trust import Trust

CHECKPOINT, VKEYS = "checkpoint", "vkeys"
ROLLOVER = "rollover"
_TILES_PER_STRETCH = 64
_PER_WORKER = 4
_ALONE_BELOW = 50_000
_TRIES = 3
_PAUSE_S = 0.5
_HALF_WRITTEN = re.compile(r"(?:tile/[0-9a-z/.]*)?\.[0-9a-z]+\.partial")


@dataclass(frozen=True, slots=True)
class Proven:
    """What was proven: head, its note as it was read and opened, entries by event, how many entries only their hashes
    were left of, and of each bundle the root of its leaves, None where it was pruned."""

    head: Checkpoint
    checkpoint: bytes
    note: OpenedNote
    events: dict[str, int]
    pruned: int
    bundles: tuple[bytes | None, ...]


def verify_log(
    source: Source, trust: Trust, now: int, since: bytes | None = None, processes: int | None = None
) -> Proven:
    """Check all eight steps at the time `now` (POSIX seconds); `since` is an older checkpoint note of the same log.

    Raises the first NotProvenError, or a CannotCheckError when something needed is absent or unreadable.
    """
    for _ in range(_TRIES):
        note = source.read(CHECKPOINT)
        try:
            return _verify(source, trust, now, note, since, processes)
        except UnfinishedError:
            time.sleep(_PAUSE_S)
        except AuditError:
            if source.read(CHECKPOINT) == note:
                raise
    return _verify(source, trust, now, source.read(CHECKPOINT), since, processes)


def _verify(source: Source, trust: Trust, now: int, note: bytes, since: bytes | None, processes: int | None) -> Proven:
    head, opened = trust.open_checkpoint(note, now)  # 1
    names = source.names()
    unfinished = ""
    if names is not None:
        unfinished = _refuse_strays(names, head.size)  # 2
        if VKEYS in names:
            _compare_keys(source.read(VKEYS), trust)
    stretches = list(_stretches(source, head.size, processes))  # 3
    _check_one_service(stretches)
    _check_rollover(stretches, head.size)
    _check_upper_levels(source, head.size, [root for stretch in stretches for root in stretch.roots])  # 4
    hashes = TileHashes(partial(read_tile, source), head.size)
    if tree_root(hashes, head.size) != head.root:  # 5
        raise TreeError("root: the entries and tiles agree, the signed root is of another tree")
    pruned = _count_pruned(stretches)  # 6
    if names is not None:
        _check_older_partials(source, names, head.size)  # 7
    if since is not None:
        _check_since(trust, since, head, hashes)  # 8
    if unfinished:
        raise UnfinishedError(
            f"{unfinished}: beyond the {head.size} entries of the checkpoint, which hold; publish again"
        )
    return Proven(head, note, opened, _counts(stretches), pruned, _bundles(stretches))


def _refuse_strays(names: list[str], size: int) -> str:
    """Raise for a file of no log; return the first one of a larger tree, or nothing."""
    unfinished = ""
    for name in names:
        if name in (CHECKPOINT, VKEYS):
            continue
        if _HALF_WRITTEN.fullmatch(name):
            unfinished = unfinished or name
            continue
        tile = Tile.parse(name)
        if tile is None:
            raise TreeError(f"{name}: foreign to a published log")
        if tile.width > _width_in(tile, size):
            unfinished = unfinished or name
    return unfinished


def _width_in(tile: Tile, size: int) -> int:
    """How wide the tile at this place is in a tree of this size; zero or less when it is not in it."""
    return min(WIDTH, (size >> HEIGHT * (tile.level or 0)) - tile.index * WIDTH)


def _compare_keys(listed: bytes, trust: Trust) -> None:
    try:
        keys = parse_vkeys(listed.decode(), VKEYS)
    except UnicodeDecodeError:
        raise MalformedError(f"{VKEYS}: not UTF-8") from None
    except KeyFileError as error:
        raise MalformedError(str(error)) from None
    if listed.decode() != "".join(f"{key.vkey}\n" for key in keys):
        raise MalformedError(f"{VKEYS}: more than one key a line")
    if keys[0] != trust.keys[0] or not set(trust.keys) <= set(keys):
        raise TreeError(f"{VKEYS}: not the keys that you trust")


def _stretches(source: Source, size: int, processes: int | None) -> Iterator[Stretch]:
    """In order, and few at a time: the size may be any number that a log's key has signed."""
    tiles = -(-size // WIDTH)
    parts = ((start, min(start + _TILES_PER_STRETCH, tiles)) for start in range(0, tiles, _TILES_PER_STRETCH))
    workers = processes or (1 if size < _ALONE_BELOW else len(os.sched_getaffinity(0)))
    if workers == 1:
        yield from (check_stretch(source, size, *part) for part in parts)
        return
    under_way: deque[Future[Stretch]] = deque()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            for part in parts:
                under_way.append(pool.submit(check_stretch, source, size, *part))
                if len(under_way) == _PER_WORKER * workers:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _check_one_service(stretches: list[Stretch]) -> None:
    books = None
    for stretch in stretches:
        for event, first in stretch.first_of.items():
            books = EVENTS[event].books if books is None else books & EVENTS[event].books
            if not books:
                raise EntryError(f"entry {first}: {event} does not belong into this service's log")


def _check_rollover(stretches: list[Stretch], size: int) -> None:
    first = min((stretch.first_of[ROLLOVER] for stretch in stretches if ROLLOVER in stretch.first_of), default=size - 1)
    if first != size - 1:
        raise EntryError(f"entry {first}: a rollover, and the log goes on behind it")


def _check_upper_levels(source: Source, size: int, roots: list[bytes]) -> None:
    level, below = 1, roots[: size >> HEIGHT]
    while below:
        expected = b"".join(below)
        below = []
        for tile in tiles_between(level, 0, size):
            hashes = read_tile(source, tile)
            first = tile.index * WIDTH * HASH_SIZE
            if hashes != expected[first : first + len(hashes)]:
                raise TreeError(f"{tile.path}: not the roots of the tiles below it")
            if tile.width == WIDTH:
                below.append(root_of(hashes))
        level += 1


def _count_pruned(stretches: list[Stretch]) -> int:
    allowed = max((stretch.pruned_below for stretch in stretches), default=0)
    absent = [bundle for stretch in stretches for bundle in stretch.absent]
    for bundle in absent:
        if bundle.index * WIDTH + bundle.width > allowed:
            raise MissingError(f"{bundle.path}: not there, and no logged pruning names it")
    return sum(bundle.width for bundle in absent)


def _check_older_partials(source: Source, names: list[str], size: int) -> None:
    for name in names:
        tile = Tile.parse(name)
        if tile is None or tile.width >= _width_in(tile, size):
            continue
        if tile.level is None:
            leaves = [leaf_hash(entry) for entry in read_bundle(source, tile)]
            begins = b"".join(leaves)
        else:
            begins = read_tile(source, tile)
        grown = Tile(tile.level or 0, tile.index, _width_in(tile, size))
        if begins != read_tile(source, grown)[: len(begins)]:
            raise TreeError(f"{name}: not the beginning of {grown.path}")


def _check_since(trust: Trust, since: bytes, head: Checkpoint, hashes: TileHashes) -> None:
    try:
        old, _ = trust.open_own(since)
    except NotProvenError as error:  # that is a fault of the auditor's own file, not of the log
        raise UnreadableError(f"the older checkpoint is none that this log signed: {error}") from None
    if old.size > head.size:
        raise TreeError(f"rollback: the log had {old.size} entries once and shows {head.size}")
    if tree_root(hashes, old.size) != old.root:
        raise TreeError(f"fork: the first {old.size} entries are not those of the older checkpoint")


def _bundles(stretches: list[Stretch]) -> tuple[bytes | None, ...]:
    absent = {bundle.index for stretch in stretches for bundle in stretch.absent}
    roots = [root for stretch in stretches for root in stretch.roots]
    return tuple(None if index in absent else root for index, root in enumerate(roots))


def _counts(stretches: list[Stretch]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for stretch in stretches:
        for event, count in stretch.counts.items():
            counts[event] = counts.get(event, 0) + count
    return dict(sorted(counts.items()))
