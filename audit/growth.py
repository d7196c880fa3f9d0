"""Let a tree grow by a batch: the new frontier, and the hash of every tile that became full on the way.

A frontier is the open tile of each level, one after the other: the digits of the size in base 256 say how many of its
roots belong to which. So the hashes that the hash tiles need fall out of the appending itself, and nothing is read.

May touch: nothing
Sees:      hashes
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audit.merkle import HASH_SIZE, Frontier
from audit.tiles import HEIGHT, WIDTH


@dataclass(frozen=True, slots=True)
class Node:
    """The root of a full tile: hash `index` of the hash tiles of `level` (1 and above)."""

    level: int
    index: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Growth:
    """What a batch makes of a tree."""

    frontier: Frontier
    nodes: tuple[Node, ...]


def grow(frontier: bytes, leaves: Sequence[bytes]) -> Growth:
    """Append leaf hashes to the tree whose `Frontier.to_bytes` is given. Raises `MalformedError` for other bytes."""
    before = Frontier.from_bytes(frontier)
    size = before.size
    tiles = _open_tiles(size, frontier[8:])
    nodes: list[Node] = []
    at = 0
    while at < len(leaves):
        room = WIDTH - tiles[0].size
        tiles[0].extend(leaves[at : at + room])
        at += room
        if tiles[0].size == WIDTH:
            _close_tile(tiles, 0, (size + at) >> HEIGHT, nodes)
    size += len(leaves)
    peaks = b"".join([tile.to_bytes()[8:] for tile in reversed(tiles)])
    return Growth(Frontier.from_bytes(size.to_bytes(8) + peaks), tuple(nodes))


def _open_tiles(size: int, peaks: bytes) -> list[Frontier]:
    tiles: list[Frontier] = []
    end = len(peaks)
    while size or not tiles:
        size, width = divmod(size, WIDTH)
        start = end - width.bit_count() * HASH_SIZE
        tiles.append(Frontier.from_bytes(width.to_bytes(8) + peaks[start:end]))
        end = start
    return tiles


def _close_tile(tiles: list[Frontier], level: int, number: int, nodes: list[Node]) -> None:
    """Carry the full tile of a level up, as addition carries; `number` counts the full tiles of that level now."""
    root = tiles[level].root()
    nodes.append(Node(level + 1, number - 1, root))
    tiles[level] = Frontier()
    if level + 1 == len(tiles):
        tiles.append(Frontier())
    tiles[level + 1].append(root)
    if tiles[level + 1].size == WIDTH:
        _close_tile(tiles, level + 1, number >> HEIGHT, nodes)
