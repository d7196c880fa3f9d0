"""How long an auditor waits: a published log of a million entries, verified offline, against hashing its bytes alone.

The log is made here, of everyday entries, and written as a folder of static files; making it is not measured. The floor
is SHA-256 over every entry and every node, in one process, which no verifier can do without. Writes
bench/out/verify_log.json. Run: `python -m bench.verify_log [--entries 1000000]`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from audit.checkpoint import Checkpoint
from audit.cosignature import cosign
from audit.drill_log import ORIGIN, DrillKeys, everyday_entry
from audit.merkle import leaf_hash, root_of, tree_root
from audit.note import sign_note, split_note, with_signatures
from audit.tiles import WIDTH, TileHashes, encode_bundle, hash_tiles_between, parse_bundle, tiles_between
from audit.verifier.sources import Folder
from audit.verifier.trust import Trust
from audit.verifier.whole_log import verify_log

OUT = Path(__file__).parent / "out"
NOW = 1_760_000_000


def write_log(folder: Path, entries: int, keys: DrillKeys) -> None:
    """A published log, level by level."""
    levels: list[bytearray] = [bytearray()]
    for bundle in tiles_between(None, 0, entries):
        first = bundle.index * WIDTH
        made = [everyday_entry(number).encode() for number in range(first, first + bundle.width)]
        _write(folder / bundle.path, encode_bundle(made))
        levels[0] += b"".join(map(leaf_hash, made))
    while len(levels[-1]) >= WIDTH * 32:
        below = levels[-1]
        levels.append(bytearray(b"".join(_roots(below))))
    for tile in hash_tiles_between(0, entries):
        assert tile.level is not None
        start = tile.index * WIDTH * 32
        _write(folder / tile.path, bytes(levels[tile.level][start : start + tile.width * 32]))
    hashes = TileHashes(lambda tile: (folder / tile.path).read_bytes(), entries)
    body = Checkpoint(ORIGIN, entries, tree_root(hashes, entries)).to_text()
    note = sign_note(body, [keys.log, keys.log_pq])
    lines = [*split_note(note)[1], *(cosign(body, witness, NOW) for witness in keys.witnesses)]
    _write(folder / "vkeys", "".join(f"{key.vkey}\n" for key in keys.verifiers).encode())
    _write(folder / "checkpoint", with_signatures(body, lines))


def _roots(hashes: bytearray) -> Iterator[bytes]:
    for start in range(0, len(hashes) // (WIDTH * 32) * WIDTH * 32, WIDTH * 32):
        yield root_of(bytes(hashes[start : start + WIDTH * 32]))


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def floor_seconds(folder: Path, entries: int) -> float:
    """Read every bundle and hash every entry, then as many nodes."""
    started = time.perf_counter()
    for bundle in tiles_between(None, 0, entries):
        for entry in parse_bundle((folder / bundle.path).read_bytes()):
            sha256(b"\x00" + entry).digest()
    node = bytes(65)
    for _ in range(entries):
        sha256(node).digest()
    return time.perf_counter() - started


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, prog="python -m bench.verify_log")
    options.add_argument("--entries", type=int, default=1_000_000)
    given = options.parse_args()
    keys = DrillKeys.generate()
    with tempfile.TemporaryDirectory(prefix="verify-bench-") as made:
        folder = Path(made) / "log"
        write_log(folder, given.entries, keys)
        floor = floor_seconds(folder, given.entries)
        started = time.perf_counter()
        proven = verify_log(Folder(folder), Trust(keys.verifiers), NOW)
        seconds = time.perf_counter() - started
    assert proven.head.size == given.entries
    print(f"{given.entries:,} entries verified in {seconds:.1f} s, {seconds / floor:.2f}x reading and hashing once")
    OUT.mkdir(exist_ok=True)
    found = {"entries": given.entries, "seconds": seconds, "floor_seconds": floor}
    (OUT / "verify_log.json").write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
