"""Entries of a log that was proven, read a second time: the very bytes that were proven, or an error.

Judging and exporting come after the proof and read the bundles again. A server that answers differently the second
time, or a folder that was changed meanwhile, must not pass off other entries as the proven ones, nor leave one out.

May touch: nothing (reads through the source it is given)
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.errors import MissingError, TreeError
from audit.merkle import leaf_hash, root_of
from audit.tiles import WIDTH, Tile
from audit.verifier.sources import Source
from audit.verifier.stretch import read_bundle
from audit.verifier.whole_log import Proven


def proven_bundle(source: Source, proven: Proven, index: int) -> list[bytes]:
    """Entries of one bundle. MissingError when it was pruned or has gone, TreeError when it is another one now."""
    bundle = Tile(None, index, min(WIDTH, proven.head.size - index * WIDTH))
    if proven.bundles[index] is None:
        raise MissingError(f"{bundle.path}: pruned")
    entries = read_bundle(source, bundle)
    if root_of(b"".join(map(leaf_hash, entries))) != proven.bundles[index]:
        raise TreeError(f"{bundle.path}: not the bundle that was proven just before")
    return entries


def proven_entries(source: Source, proven: Proven) -> Iterator[tuple[int, bytes]]:
    """Index and bytes of every entry that was not pruned, in order."""
    for index, root in enumerate(proven.bundles):
        if root is not None:
            for offset, entry in enumerate(proven_bundle(source, proven, index)):
                yield index * WIDTH + offset, entry
