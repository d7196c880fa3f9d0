"""Tile paths and bytes against the C2SP examples, and hashes read back out of tiles."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from published_log import PublishedLog
from tlog_scales.tiles import tile_path

from audit.errors import MalformedError, TreeError
from audit.merkle import leaf_hash, plain_root, tree_root
from audit.tiles import (
    LONGEST_ENTRY,
    Tile,
    TileHashes,
    encode_bundle,
    entry_bundle_path,
    hash_tile_path,
    hash_tiles_between,
    parse_bundle,
    tiles_between,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "c2sp.json").read_text())
ENTRIES = [str(at).encode() * (at % 7) for at in range(66_000)]
LOG = PublishedLog(ENTRIES)


def test_paths_are_those_of_the_specification() -> None:
    """Nobody else would find our tiles."""
    for index, path in VECTORS["tile_paths"].items():
        assert hash_tile_path(3, int(index)) == f"tile/3/{path}"
    assert entry_bundle_path(5, 7) == "tile/entries/005.p/7"
    assert hash_tile_path(0, 999) == "tile/0/999"
    assert hash_tile_path(0, 1000) == "tile/0/x001/000"


@given(st.integers(0, 63) | st.none(), st.integers(0, 10**10), st.integers(1, 256))
def test_a_path_names_one_place(level: int | None, index: int, width: int) -> None:
    """A stray file under a second spelling of a path would be taken for a tile."""
    tile = Tile(level, index, width)
    assert Tile.parse(tile.path) == tile
    theirs = tile_path(-1 if level is None else level, index, 0 if width == 256 else width)
    assert tile.path == "/".join(theirs)
    for wrong in (tile.path + "/", tile.path.replace("tile/", "tile/0"), f"{tile.path}.p/0", tile.path.upper()):
        assert Tile.parse(wrong) is None


@pytest.mark.parametrize(
    "path",
    ["tile/64/000", "tile/0/x000/001", "tile/0/000.p/256", "tile/0/000.p/0", "tile/0/000.p/01", "tile/0/01", "tile/0/"],
)
def test_other_spellings_name_nothing(path: str) -> None:
    """Files beside the tree would pass unseen."""
    assert Tile.parse(path) is None


def test_tiles_of_a_tree_are_those_of_the_specification() -> None:
    """Readers would miss tiles, or find ones that must not be there."""
    for level, (full, partial) in VECTORS["tiles_of_70000"].items():
        widths = [tile.width for tile in tiles_between(int(level), 0, 70_000)]
        assert widths == [256] * full + [partial]
    assert [tile.path for tile in hash_tiles_between(0, 256)] == ["tile/0/000", "tile/1/000.p/1"]
    assert not list(hash_tiles_between(0, 0))
    assert [tile.path for tile in hash_tiles_between(255, 257)] == ["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]


@given(st.lists(st.integers(0, 700), min_size=2, max_size=5))
def test_growing_in_steps_writes_what_growing_at_once_writes(sizes: list[int]) -> None:
    """A log that is published often would leave holes."""
    sizes = sorted({0, *sizes})
    written: dict[str, bytes] = {}
    for old, new in itertools.pairwise(sizes):
        written |= LOG.tiles(old, new)
    for path, data in LOG.tiles(0, sizes[-1]).items():
        assert written[path] == data


@pytest.mark.parametrize("size", [1, 255, 256, 257, 700, 65_536, 66_000])
def test_hashes_read_from_tiles_give_the_root(size: int) -> None:
    """Witnesses and auditors could not compute proofs from the published files."""
    files = LOG.tiles(0, size)
    hashes = TileHashes(lambda tile: files[tile.path], size)
    assert tree_root(hashes, size) == plain_root(LOG.leaves[:size])
    assert hashes(0, size - 1) == leaf_hash(ENTRIES[size - 1])
    with pytest.raises(ValueError, match="not complete"):
        hashes(0, size)


def test_a_short_tile_is_refused() -> None:
    """A cut tile would be read as another tree."""
    with pytest.raises(TreeError):
        TileHashes(lambda tile: bytes(31), 1)(0, 0)


@given(st.lists(st.binary(max_size=300), max_size=300))
def test_bundles_read_back(entries: list[bytes]) -> None:
    """Entries would be cut at the wrong place and every hash after it fail."""
    assert parse_bundle(encode_bundle(entries)) == entries


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=5), st.data())
def test_a_cut_bundle_is_refused(entries: list[bytes], data: st.DataObject) -> None:
    """A truncated download would pass for a shorter bundle."""
    bundle = encode_bundle(entries)
    cut = bundle[: data.draw(st.integers(0, len(bundle) - 1))]
    try:
        assert parse_bundle(cut) == entries[: len(parse_bundle(cut))]
    except MalformedError:
        return
    assert cut in [encode_bundle(entries[:count]) for count in range(len(entries))]


def test_the_longest_entry_fits_and_no_longer_one() -> None:
    """A length would wrap around and hide an entry."""
    assert parse_bundle(encode_bundle([bytes(LONGEST_ENTRY), b"x"])) == [bytes(LONGEST_ENTRY), b"x"]
    with pytest.raises(ValueError, match="longer"):
        encode_bundle([bytes(LONGEST_ENTRY + 1)])
