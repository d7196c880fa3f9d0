"""The log as static files (C2SP tlog-tiles): names of tiles and bundles, their bytes, and reading hashes out of them.

Tiles are 256 hashes wide and eight tree levels high; the last one of a level may be partial (`.p/<width>`). Nothing
here opens a file: a caller hands over a reader and gets names and bytes.

May touch: nothing
Spec:      https://c2sp.org/tlog-tiles
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from audit.errors import MalformedError, TreeError
from audit.merkle import HASH_SIZE, Hashes, root_of

WIDTH = 256
HEIGHT = 8
LONGEST_ENTRY = 65_535
"""An entry's length is a big-endian uint16 in its bundle."""

_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<groups>(?:x[0-9]{3}/)*)(?P<last>[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class Tile:
    """Place of one tile: level (None for entry bundles), index within the level, width in hashes or entries."""

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        level = "entries" if self.level is None else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_index_path(self.index)}{partial}"

    @property
    def whole(self) -> Tile:
        """The full tile at the same place, into which a partial one grows."""
        return Tile(self.level, self.index)

    @classmethod
    def parse(cls, path: str) -> Tile | None:
        """The place that a path names, or None when it is not the one spelling of a tile's path."""
        match = _PATH.fullmatch(path)
        if match is None:
            return None
        index = int(match["groups"].replace("x", "").replace("/", "") + match["last"])
        tile = cls(None if match["level"] == "entries" else int(match["level"]), index, int(match["width"] or WIDTH))
        return tile if tile.path == path and (tile.level or 0) <= 63 else None


def hash_tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """`tile/<level>/<index>`, with `.p/<width>` when partial."""
    return Tile(level, index, width).path


def entry_bundle_path(index: int, width: int = WIDTH) -> str:
    """`tile/entries/<index>`, with `.p/<width>` when partial."""
    return Tile(None, index, width).path


def tiles_between(level: int | None, old: int, new: int) -> Iterator[Tile]:
    """Tiles of one level that a tree of `new` leaves has and a tree of `old` leaves has not, in order."""
    shift = HEIGHT * (level or 0)
    before, after = old >> shift, new >> shift
    if before == after:
        return
    for index in range(before // WIDTH, -(-after // WIDTH)):
        yield Tile(level, index, min(WIDTH, after - index * WIDTH))


def hash_tiles_between(old: int, new: int) -> Iterator[Tile]:
    """Hash tiles of all levels that must be written when the tree grows from `old` to `new` leaves."""
    level = 0
    while new >> (HEIGHT * level):
        yield from tiles_between(level, old, new)
        level += 1


def build_tile(tile: Tile, hashes: Hashes) -> bytes:
    """Bytes of a hash tile, from a reader of complete subtrees (see audit.merkle)."""
    assert tile.level is not None
    height, first = HEIGHT * tile.level, tile.index * WIDTH
    return b"".join([hashes(height, first + at) for at in range(tile.width)])


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries one after the other, each behind its length as a big-endian uint16; ValueError for one too long."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > LONGEST_ENTRY:
            raise ValueError("an entry is longer than a bundle can say")
        parts += (len(entry).to_bytes(2), entry)
    return b"".join(parts)


def parse_bundle(data: bytes) -> list[bytes]:
    """Entries of a bundle; MalformedError when it ends inside one."""
    entries: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        stop = at + 2 + (data[at] << 8 | data[at + 1] if at + 1 < end else LONGEST_ENTRY + 1)
        if stop > end:
            raise MalformedError(f"bundle ends inside its entry {len(entries)}")
        entries.append(data[at + 2 : stop])
        at = stop
    return entries


class TileHashes:
    """`hashes(level, index)` over the hash tiles of a tree; keeps the tiles that it has read.

    `read` gives a tile's bytes and raises for one that is absent. A tile shorter than its width is a TreeError.
    """

    def __init__(self, read: Callable[[Tile], bytes], size: int) -> None:
        self._read = read
        self._size = size
        self._kept: dict[Tile, bytes] = {}

    def __call__(self, level: int, index: int) -> bytes:
        tile_level, inner = divmod(level, HEIGHT)
        first = index << inner
        place, offset = divmod(first, WIDTH)
        count = 1 << inner
        width = min(WIDTH, (self._size >> (HEIGHT * tile_level)) - place * WIDTH)
        if offset + count > width:
            raise ValueError("this subtree is not complete in the tree")
        data = self._tile(Tile(tile_level, place, width))
        return root_of(data[offset * HASH_SIZE : (offset + count) * HASH_SIZE])

    def _tile(self, tile: Tile) -> bytes:
        if tile not in self._kept:
            data = self._read(tile)
            if len(data) != tile.width * HASH_SIZE:
                raise TreeError(f"{tile.path}: not {tile.width} hashes long")
            self._kept[tile] = data
        return self._kept[tile]


def _index_path(index: int) -> str:
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
