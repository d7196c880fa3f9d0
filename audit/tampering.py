"""Ways to tamper with a published log, by name: each says which files of a copy it changes, and to what.

The list is closed and deterministic, so that a drill means the same everywhere. Nothing is verified here and nothing is
written: a change lies as an overlay over the untouched folder. What needs the log's own key (fork, rollback) or its
database is the drill's business (`drill.py`).

May touch: nothing (reads through the source it is given)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from audit.checkpoint import Checkpoint
from audit.errors import MissingError
from audit.note import split_note, with_signatures
from audit.signature_line import Signature
from audit.tiles import WIDTH, Tile, encode_bundle, parse_bundle
from audit.verifier.sources import Source

CHECKPOINT, VKEYS = "checkpoint", "vkeys"

Changes = Mapping[str, bytes | None]
"""New content of files, None for one that is gone."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """A source of which some files are replaced, added or gone; the log below stays as it is."""

    below: Source
    changes: Changes

    def read(self, path: str) -> bytes:
        if path not in self.changes:
            return self.below.read(path)
        data = self.changes[path]
        if data is None:
            raise MissingError(f"{path}: not there")
        return data

    def names(self) -> list[str] | None:
        names = self.below.names()
        if names is None:
            return None
        gone = {path for path, data in self.changes.items() if data is None}
        return sorted({*names, *self.changes} - gone)


@dataclass(frozen=True, slots=True)
class Published:
    """A log to tamper with: its files, and the size of its tree."""

    source: Source
    size: int

    def place(self, level: int | None, index: int) -> str:
        """Path of the tile or bundle at this place."""
        return Tile(level, index, min(WIDTH, (self.size >> 8 * (level or 0)) - index * WIDTH)).path

    @property
    def note(self) -> bytes:
        return self.source.read(CHECKPOINT)

    def rewritten(self, **parts: object) -> Changes:
        """The checkpoint with other contents under the same signatures."""
        text, lines = split_note(self.note)
        changed = replace(Checkpoint.parse(text), **parts)  # type: ignore[arg-type]
        return {CHECKPOINT: with_signatures(changed.to_text(), lines)}

    def signed_by(self, change: Callable[[list[Signature]], list[Signature]]) -> Changes:
        """The checkpoint with other signature lines."""
        text, lines = split_note(self.note)
        return {CHECKPOINT: with_signatures(text, change(lines))}

    def bundle(self, change: Callable[[list[bytes]], list[bytes]]) -> Changes:
        """The first bundle with other entries."""
        path = self.place(None, 0)
        return {path: encode_bundle(change(parse_bundle(self.source.read(path))))}

    def flipped(self, path: str, at: int = 0) -> Changes:
        """A file with one bit of one byte turned."""
        return {path: flip(self.source.read(path), at)}


def flip(data: bytes, at: int) -> bytes:
    """The bytes with the lowest bit of byte `at` turned."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _swapped(entries: list[bytes]) -> list[bytes]:
    return [*entries[1::-1], *entries[2:]]


def _other_payload(line: Signature, at: int) -> Signature:
    return replace(line, payload=flip(line.payload, at))


TAMPERINGS: Mapping[str, Callable[[Published], Changes]] = MappingProxyType(
    {
        "a byte of an entry": lambda log: log.bundle(lambda entries: [flip(entries[0], 9), *entries[1:]]),
        "two entries swapped": lambda log: log.bundle(_swapped),
        "a bundle cut short": lambda log: {log.place(None, 0): log.source.read(log.place(None, 0))[:-3]},
        "an entry left out": lambda log: log.bundle(lambda entries: entries[:-1]),
        "an entry added": lambda log: log.bundle(lambda entries: [*entries, entries[-1]]),
        "a hash of a level-0 tile": lambda log: log.flipped(log.place(0, 0), 3),
        "a hash of a level-1 tile": lambda log: log.flipped(log.place(1, 0), 3),
        "the size of the checkpoint": lambda log: log.rewritten(size=log.size - 1),
        "the root of the checkpoint": lambda log: log.rewritten(root=bytes(32)),
        "the origin of the checkpoint": lambda log: log.rewritten(origin="another.example/log"),
        "the log's signature": lambda log: log.signed_by(lambda lines: [_other_payload(lines[0], 12), *lines[1:]]),
        "the log's signature dropped": lambda log: log.signed_by(lambda lines: lines[1:]),
        "a witness dropped": lambda log: log.signed_by(lambda lines: lines[:-1]),
        "a witness's time": lambda log: log.signed_by(lambda lines: [*lines[:-1], _other_payload(lines[-1], 7)]),
        "a bundle deleted": lambda log: {log.place(None, 0): None},
        "a tile deleted": lambda log: {log.place(0, 0): None},
        "the checkpoint deleted": lambda log: {CHECKPOINT: None},
        "a file that is no part of a log": lambda log: {"tile/0/note.txt": b"x"},
        "an entry beyond the checkpoint": lambda log: {
            Tile(None, log.size // WIDTH + 1, 1).path: encode_bundle([b"{}"])
        },
        "another list of keys": lambda log: {VKEYS: log.source.read(VKEYS).partition(b"\n")[2] or b"x\n"},
    }
)
"""Every tampering that a folder of files shows, by what was done to it."""

NEEDS: Mapping[str, int] = MappingProxyType({"two entries swapped": 2, "a hash of a level-1 tile": WIDTH})
"""How many entries a log must have for a tampering to be one."""
