"""One stretch of a log: entries against level-0 tiles, tile by tile. Upper levels and the root are not its affair.

Stretches are independent of one another, so several processes may check several at once. In each the first bad thing
is raised with its place; when entry and tile disagree and the level above is there, it says which of the two is wrong.

May touch: nothing (reads through the source it is given)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from audit.entry import read
from audit.errors import EntryError, MalformedError, MissingError, TreeError
from audit.events import Outcome
from audit.merkle import HASH_SIZE, leaf_hash, root_of
from audit.tiles import HEIGHT, WIDTH, Tile, parse_bundle
from audit.verifier.entry_grammar import event_of
from audit.verifier.sources import Source

PRUNE = "retention.prune"
KEEP_MS = 3 * 366 * 24 * 3600 * 1000
"""Three years, none of them short: younger entries are kept (contracts section 3)."""


@dataclass(slots=True)
class Stretch:
    """What a stretch gives on: roots of its level-0 tiles, absent bundles, events counted and where first."""

    roots: list[bytes] = field(default_factory=list)
    absent: list[Tile] = field(default_factory=list)
    first_of: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    pruned_below: int = 0


def check_stretch(source: Source, size: int, start: int, stop: int) -> Stretch:
    """Check the level-0 tiles `start` to `stop - 1` of a log of `size` entries.

    Raises TreeError, EntryError or MalformedError with the place; MissingError for a hash tile. Bundles that are not
    there are only listed: whether they may be absent is known when the whole log has been read.
    """
    found = Stretch()
    for index in range(start, stop):
        width = min(WIDTH, size - index * WIDTH)
        tile, bundle = Tile(0, index, width), Tile(None, index, width)
        hashes = read_tile(source, tile)
        found.roots.append(root_of(hashes))
        try:
            entries = read_bundle(source, bundle)
        except MissingError:
            found.absent.append(bundle)
            continue
        leaves = b"".join([sha256(b"\x00" + entry).digest() for entry in entries])
        if leaves != hashes:
            raise TreeError(_say_which(source, size, tile, entries, hashes))
        _check_entries(found, entries, index * WIDTH)
    return found


def read_tile(source: Source, tile: Tile) -> bytes:
    """Hashes of a tile, from the partial one or cut from the full one that it became; TreeError for a wrong length."""
    data, place = _read(source, tile)
    if len(data) != place.width * HASH_SIZE:
        raise TreeError(f"{place.path}: not {place.width} hashes long")
    return data[: tile.width * HASH_SIZE]


def read_bundle(source: Source, bundle: Tile) -> list[bytes]:
    """Entries of a bundle, likewise; MalformedError and TreeError name it."""
    data, place = _read(source, bundle)
    try:
        entries = parse_bundle(data)
    except MalformedError as error:
        raise MalformedError(f"{place.path}: {error}") from None
    if len(entries) != place.width:
        raise TreeError(f"{place.path}: {len(entries)} entries instead of {place.width}")
    return entries[: bundle.width]


def _read(source: Source, tile: Tile) -> tuple[bytes, Tile]:
    try:
        return source.read(tile.path), tile
    except MissingError:
        if tile.width == WIDTH:
            raise
    try:
        return source.read(tile.whole.path), tile.whole
    except MissingError:
        raise MissingError(f"{tile.path}: not there") from None


def _check_entries(found: Stretch, entries: list[bytes], first: int) -> None:
    for offset, entry in enumerate(entries):
        try:
            event = event_of(entry)
        except EntryError as error:
            raise EntryError(f"entry {first + offset}: {error}") from None
        if event in found.counts:
            found.counts[event] += 1
        else:
            found.counts[event], found.first_of[event] = 1, first + offset
        if event == PRUNE:
            try:
                found.pruned_below = max(found.pruned_below, pruned_below(entry))
            except EntryError as error:
                raise EntryError(f"entry {first + offset}: {error}") from None


def pruned_below(data: bytes) -> int:
    """Index below which a `retention.prune` entry lets bundles go, 0 when it was refused. EntryError when it allows
    what the last three years hold."""
    entry = read(data)
    below, cutoff = entry.facts["below"], entry.facts["cutoff_ms"]
    assert isinstance(below, int) and isinstance(cutoff, int) and entry.decision
    if entry.decision.outcome is not Outcome.ALLOW:
        return 0
    if cutoff > entry.ts_ms - KEEP_MS:
        raise EntryError("a pruning of the last three years")
    return below


def _say_which(source: Source, size: int, tile: Tile, entries: list[bytes], hashes: bytes) -> str:
    leaves = [leaf_hash(entry) for entry in entries]
    at = next(at for at, leaf in enumerate(leaves) if leaf != hashes[at * HASH_SIZE : (at + 1) * HASH_SIZE])
    place = f"entry {tile.index * WIDTH + at}"
    above = _root_above(source, size, tile)
    if above == root_of(hashes):
        return f"{place}: not the entry that was logged ({tile.path} and the level above agree)"
    if above == root_of(b"".join(leaves)):
        return f"{tile.path}: altered at hash {at} (the entries and the level above agree)"
    return f"{place}: its bytes and its hash in {tile.path} disagree"


def _root_above(source: Source, size: int, tile: Tile) -> bytes | None:
    """What level 1 holds for a full level-0 tile; None when there is no such hash."""
    if tile.width != WIDTH:
        return None
    parent, offset = divmod(tile.index, WIDTH)
    width = min(WIDTH, (size >> HEIGHT) - parent * WIDTH)
    try:
        data = read_tile(source, Tile(1, parent, width))
    except (MissingError, TreeError):
        return None
    return data[offset * HASH_SIZE : (offset + 1) * HASH_SIZE]
